// Comparison and accounting of encoded values, and the writer.
#include "gatehouse/dynamo/wire/value.hpp"

#include "gatehouse/dynamo/wire/number.hpp"

#include <array>
#include <vector>

namespace gatehouse::dynamo {
namespace {

// Beyond so many attributes in different orders, names are sorted instead of looked up one by one.
constexpr std::uint32_t kMaxLookups = 32;

std::vector<Attribute> sorted(const Map& map) {
  std::vector<Attribute> attributes(map.begin(), map.end());
  std::sort(attributes.begin(), attributes.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  return attributes;
}

bool equal_in_any_order(const Map& a, const Map& b) {
  if (a.count() <= kMaxLookups) {
    for (const Attribute& attribute : a) {
      const Value other = b.find(attribute.name);
      if (!other || !equal(attribute.value, other)) return false;
    }
    return true;
  }
  const std::vector<Attribute> left = sorted(a);
  const std::vector<Attribute> right = sorted(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Attribute& x, const Attribute& y) { return x.name == y.name && equal(x.value, y.value); });
}

bool equal_lists(const List& a, const List& b) {
  if (a.count() != b.count()) return false;
  auto other = b.begin();
  for (const Value value : a) {
    if (!equal(value, *other)) return false;
    ++other;
  }
  return true;
}

std::uint64_t size_of_elements(Value set) {
  std::uint64_t size = 0;
  for (const std::string_view element : set.elements()) {
    size += set.type() == Type::kNumberSet ? number_size(element) : element.size();
  }
  return size;
}

}  // namespace

std::string_view type_name(Type type) {
  constexpr std::array<std::string_view, encoding::kTags> kNames = {"S",  "N",  "B",  "BOOL", "NULL",
                                                                    "SS", "NS", "BS", "L",    "M"};
  return kNames[static_cast<std::size_t>(type)];
}

Value List::at(std::uint32_t index) const {
  if (index >= count_) return {};
  const char* at = begin_;
  while (index-- > 0) at = encoding::value_end(at);
  return Value::at(at);
}

// Sets are canonical, so that for all but lists and maps equal content is equal bytes.
bool equal(Value a, Value b) {
  if (a.type() != b.type()) return false;
  if (a.bytes() == b.bytes()) return true;
  if (a.type() == Type::kList) return equal_lists(a.list(), b.list());
  return a.type() == Type::kMap && equal(a.map(), b.map());
}

bool equal(const Map& a, const Map& b) {
  if (a.count() != b.count()) return false;
  // The same order is by far the most common one.
  auto other = b.begin();
  bool same_order = true;
  for (const Attribute& attribute : a) {
    if (attribute.name != (*other).name) {
      same_order = false;
      break;
    }
    if (!equal(attribute.value, (*other).value)) return false;
    ++other;
  }
  return same_order || equal_in_any_order(a, b);
}

int compare(Value a, Value b) {
  if (a.type() == Type::kNumber) return compare_numbers(a.text(), b.text());
  return a.text().compare(b.text());
}

std::uint64_t size_of(Value value) {
  switch (value.type()) {
    case Type::kString:
    case Type::kBinary: return value.text().size();
    case Type::kNumber: return number_size(value.text());
    case Type::kBool:
    case Type::kNull: return 1;
    case Type::kStringSet:
    case Type::kNumberSet:
    case Type::kBinarySet: return size_of_elements(value);
    case Type::kList: break;
    case Type::kMap: return 3 + value.count() + size_of(value.map());
  }
  // Three bytes for a list or map, one more for each member.
  std::uint64_t size = 3;
  for (const Value element : value.list()) size += 1 + size_of(element);
  return size;
}

// Each head is read once: a Query asks for the size of every item it comes by.
std::uint64_t size_of(const Map& item) {
  const encoding::Container attributes = item.encoded();
  std::uint64_t size = 0;
  for (const char* at = attributes.begin; at != attributes.end();) {
    const encoding::Text name = encoding::text(at);
    const char* const value = name.end();
    size += name.size;
    if (*value == encoding::kTagString) {
      const encoding::Text text = encoding::text(value + 1);
      size += text.size;
      at = text.end();
    } else if (*value == encoding::kTagNumber) {
      const std::string_view number = encoding::number(value);
      size += number_size(number);
      at = number.data() + number.size();
    } else {
      size += size_of(Value::at(value));
      at = encoding::value_end(value);
    }
  }
  return size;
}

void ValueWriter::text(std::string_view bytes, bool escape) {
  char head[encoding::kMaxVarintBytes];
  const char* end = encoding::write_varint(head, static_cast<std::uint32_t>(bytes.size() << 1) | (escape ? 1U : 0U));
  to_.append(head, static_cast<std::size_t>(end - head));
  to_.append(bytes);
}

void ValueWriter::string(std::string_view bytes) {
  to_.push_back(static_cast<char>(encoding::kTagString));
  text(bytes, encoding::needs_escape(bytes));
}

void ValueWriter::number(std::string_view canonical) {
  to_.push_back(static_cast<char>(encoding::kTagNumber));
  to_.push_back(static_cast<char>(canonical.size()));
  to_.append(canonical);
}

void ValueWriter::binary(std::string_view bytes) {
  to_.push_back(static_cast<char>(encoding::kTagBinary));
  text(bytes, false);
}

void ValueWriter::boolean(bool value) {
  to_.push_back(static_cast<char>(encoding::kTagBool));
  to_.push_back(value ? '\1' : '\0');
}

void ValueWriter::null() { to_.push_back(static_cast<char>(encoding::kTagNull)); }

void ValueWriter::value(Value copied) { to_.append(copied.bytes()); }

ValueWriter::Open ValueWriter::begin_container() {
  const std::size_t at = to_.size();
  to_.append(encoding::kContainerHead, '\0');
  return {at};
}

void ValueWriter::end_container(const Open& open) {
  char* head = to_.data() + open.at;
  encoding::store_u32(head, static_cast<std::uint32_t>(to_.size() - open.at - encoding::kContainerHead));
  encoding::store_u32(head + 4, open.count);
}

ValueWriter::Open ValueWriter::begin_list() {
  to_.push_back(static_cast<char>(encoding::kTagList));
  return begin_container();
}

void ValueWriter::end_list(Open& open) { end_container(open); }

ValueWriter::Open ValueWriter::begin_map() {
  to_.push_back(static_cast<char>(encoding::kTagMap));
  return begin_container();
}

void ValueWriter::name(Open& open, std::string_view name) {
  ++open.count;
  text(name, encoding::needs_escape(name));
}

void ValueWriter::end_map(Open& open) { end_container(open); }

ValueWriter::Open ValueWriter::begin_set(Type type) {
  to_.push_back(static_cast<char>(type));
  Open open = begin_container();
  open.binary = type == Type::kBinarySet;
  return open;
}

void ValueWriter::set_element(Open& open, std::string_view element) {
  ++open.count;
  text(element, !open.binary && encoding::needs_escape(element));
}

void ValueWriter::end_set(Open& open) { end_container(open); }

ValueWriter::Open ValueWriter::begin_item() {
  to_.push_back(encoding::kItemVersion);
  return begin_container();
}

}  // namespace gatehouse::dynamo
