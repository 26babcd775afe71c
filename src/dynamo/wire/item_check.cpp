// Checks bytes that come from a disk before views go over them.
#include "gatehouse/dynamo/wire/encoding.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/number.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <vector>

namespace gatehouse::dynamo {
namespace {

// Reads forward; every take_… returns false when the bytes do not hold what is asked for.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  bool take(std::size_t size, std::string_view& to) {
    if (size > rest_.size()) return false;
    to = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool take_byte(unsigned& to) {
    std::string_view byte;
    if (!take(1, byte)) return false;
    to = static_cast<unsigned char>(byte[0]);
    return true;
  }

  // The shortest form only: equal values are to be equal bytes.
  bool take_varint(std::uint32_t& to) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 7 * encoding::kMaxVarintBytes; shift += 7) {
      unsigned byte = 0;
      if (!take_byte(byte)) return false;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte >= 0x80) continue;
      to = static_cast<std::uint32_t>(value);
      return value <= UINT32_MAX && (byte != 0 || shift == 0);
    }
    return false;
  }

  bool take_bytes(std::string_view& to, bool& escape) {
    std::uint32_t head = 0;
    if (!take_varint(head)) return false;
    escape = (head & 1) != 0;
    return take(head >> 1, to);
  }

  bool take_text(std::string_view& to) {
    bool escape = false;
    return take_bytes(to, escape) && escape == encoding::needs_escape(to) && is_valid_utf8(to);
  }

  bool take_binary(std::string_view& to) {
    bool escape = false;
    return take_bytes(to, escape) && !escape;
  }

  bool take_container(std::string_view& content, std::uint32_t& count) {
    std::string_view head;
    if (!take(encoding::kContainerHead, head)) return false;
    count = encoding::load_u32(head.data() + 4);
    return take(encoding::load_u32(head.data()), content);
  }

 private:
  std::string_view rest_;
};

bool is_canonical(std::string_view number) {
  NumberText text;
  return canonical_number(number, text) == NumberProblem::kNone && text.view() == number;
}

bool check_set(Cursor& from, Type type) {
  std::string_view content;
  std::uint32_t count = 0;
  if (!from.take_container(content, count) || count == 0) return false;
  Cursor elements(content);
  std::string_view previous;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view element;
    if (!(type == Type::kBinarySet ? elements.take_binary(element) : elements.take_text(element))) return false;
    if (type == Type::kNumberSet && !is_canonical(element)) return false;
    if (i > 0 && (type == Type::kNumberSet ? compare_numbers(previous, element) : previous.compare(element)) >= 0) {
      return false;
    }
    previous = element;
  }
  return elements.at_end();
}

// `level`: one more than the number of lists and maps that the value lies in.
bool check_value(Cursor& from, std::uint32_t level);

// Of both: that of the values in it.
bool check_list(Cursor& from, std::uint32_t level) {
  std::string_view content;
  std::uint32_t count = 0;
  if (!from.take_container(content, count)) return false;
  Cursor values(content);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!check_value(values, level)) return false;
  }
  return values.at_end();
}

bool check_map(Cursor& from, std::uint32_t level) {
  std::string_view content;
  std::uint32_t count = 0;
  if (!from.take_container(content, count)) return false;
  Cursor attributes(content);
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view name;
    if (!attributes.take_text(name) || !check_value(attributes, level)) return false;
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return attributes.at_end() && std::adjacent_find(names.begin(), names.end()) == names.end();
}

bool check_number(Cursor& from) {
  unsigned size = 0;
  std::string_view number;
  return from.take_byte(size) && from.take(size, number) && is_canonical(number);
}

bool check_value(Cursor& from, std::uint32_t level) {
  unsigned tag = 0;
  if (level > kMaxNesting || !from.take_byte(tag) || tag >= encoding::kTags) return false;
  std::string_view bytes;
  unsigned byte = 0;
  switch (static_cast<Type>(tag)) {
    case Type::kString: return from.take_text(bytes);
    case Type::kNumber: return check_number(from);
    case Type::kBinary: return from.take_binary(bytes);
    case Type::kBool: return from.take_byte(byte) && byte <= 1;
    case Type::kNull: return true;
    case Type::kStringSet:
    case Type::kNumberSet:
    case Type::kBinarySet: return check_set(from, static_cast<Type>(tag));
    case Type::kList: return check_list(from, level + 1);
    case Type::kMap: return check_map(from, level + 1);
  }
  return false;
}

}  // namespace

bool is_valid_item(std::string_view bytes) {
  Cursor from(bytes);
  unsigned version = 0;
  return from.take_byte(version) && version == encoding::kItemVersion && check_map(from, 1) && from.at_end();
}

}  // namespace gatehouse::dynamo
