// JSON from encoded values. Pieces gather in a buffer on the stack: appending each of them to the string would cost more than
// making them.
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include "dynamo/wire/base64.hpp"
#include "dynamo/wire/byte_copy.hpp"
#include "dynamo/wire/byte_scan.hpp"
#include "dynamo/wire/json_escape.hpp"
#include "gatehouse/dynamo/wire/encoding.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

namespace gatehouse::dynamo {
namespace {

// What stands between a name and the text of a string or number, and behind that.
constexpr char kStringHead[] = "\":{\"S\":\"";
constexpr char kNumberHead[] = "\":{\"N\":\"";
constexpr std::size_t kHead = sizeof kStringHead - 1;
static_assert(kHead == 8 && sizeof kNumberHead == sizeof kStringHead);

class Sink {
 public:
  explicit Sink(std::string& to) : to_(to) {}
  ~Sink() { flush(); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void put(char c) {
    reserve(1);
    *at_++ = c;
  }

  template <std::size_t kSize>
  void literal(const char (&text)[kSize]) {
    reserve(kSize - 1);
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
  }

  // `before` text `after`, where what stands around the text is short.
  template <std::size_t kBefore, std::size_t kAfter>
  void around(const char (&before)[kBefore], std::string_view text, const char (&after)[kAfter]) {
    literal(before);
    bytes(text);
    literal(after);
  }

  void bytes(std::string_view text) {
    if (!fits(text.size())) {
      flush();
      if (text.size() > sizeof buffer_) {
        to_.append(text);
        return;
      }
    }
    at_ = copy_bytes(at_, text.data(), text.size());
  }

  void escaped(std::string_view text) {
    while (true) {
      const std::size_t clean = clean_prefix(text);
      bytes(text.substr(0, clean));
      if (clean == text.size()) return;
      reserve(kMaxEscape);
      at_ = write_escape(at_, text[clean]);
      text.remove_prefix(clean + 1);
    }
  }

  // `mark` "name":{"S":"text"}, for texts that need no escapes, with one check for room. `readable`: bytes up to there may be
  // read. False, and nothing has happened, when it is too long for that.
  [[gnu::always_inline]] inline bool attribute(char mark, const encoding::Text& name, const char (&head)[kHead + 1],
                                               std::string_view text, const char* readable) {
    const std::size_t size = name.size + text.size() + kHead + 4 + kCopySlack;
    if (!fits(size)) [[unlikely]] {
      flush();
      if (size > sizeof buffer_) return false;
    }
    char* at = at_;
    *at++ = mark;
    *at++ = '"';
    at = copy_roomy(at, name.begin, name.size, readable);
    std::memcpy(at, head, kHead);
    at = copy_roomy(at + kHead, text.data(), text.size(), readable);
    std::memcpy(at, "\"}", 2);
    at_ = at + 2;
    return true;
  }

  // `mark` "name":, likewise.
  [[gnu::always_inline]] inline bool name(char mark, const encoding::Text& name, const char* readable) {
    const std::size_t size = name.size + 4 + kCopySlack;
    if (!fits(size)) [[unlikely]] {
      flush();
      if (size > sizeof buffer_) return false;
    }
    char* at = at_;
    *at++ = mark;
    *at++ = '"';
    at = copy_roomy(at, name.begin, name.size, readable);
    std::memcpy(at, "\":", 2);
    at_ = at + 2;
    return true;
  }

  // `mark` "text", likewise.
  bool element(char mark, const encoding::Text& text, const char* readable) {
    const std::size_t size = text.size + 3 + kCopySlack;
    if (!fits(size)) [[unlikely]] {
      flush();
      if (size > sizeof buffer_) return false;
    }
    char* at = at_;
    *at++ = mark;
    *at++ = '"';
    at = copy_roomy(at, text.begin, text.size, readable);
    *at++ = '"';
    at_ = at;
    return true;
  }

  void text(const encoding::Text& text) {
    if (text.escape) [[unlikely]] {
      escaped(text.view());
    } else {
      bytes(text.view());
    }
  }

  void base64(std::string_view bytes) {
    if (!fits(base64_size(bytes.size()))) {
      flush();
      if (base64_size(bytes.size()) > sizeof buffer_) {
        append_base64(to_, bytes);
        return;
      }
    }
    at_ = encode_base64(at_, bytes);
  }

 private:
  bool fits(std::size_t size) const { return size <= static_cast<std::size_t>(buffer_ + sizeof buffer_ - at_); }

  void reserve(std::size_t size) {
    if (!fits(size)) [[unlikely]]
      flush();
  }

  void flush() {
    to_.append(buffer_, static_cast<std::size_t>(at_ - buffer_));
    at_ = buffer_;
  }

  std::string& to_;
  char buffer_[1024];
  char* at_ = buffer_;
};

void write_value(Sink& to, const char* value);

// A set from its opening bracket on; of numbers or strings, both of which are text.
void write_texts(Sink& to, const encoding::Container& elements) {
  char mark = '[';
  for (const char* at = elements.begin; at != elements.end(); mark = ',') {
    const encoding::Text element = encoding::text(at);
    at = element.end();
    if (!element.escape && to.element(mark, element, elements.end())) [[likely]]
      continue;
    to.put(mark);
    to.put('"');
    to.text(element);
    to.put('"');
  }
  to.put(']');
}

void write_binaries(Sink& to, const encoding::Container& elements) {
  char mark = '[';
  for (const char* at = elements.begin; at != elements.end(); mark = ',') {
    const encoding::Text element = encoding::text(at);
    at = element.end();
    to.put(mark);
    to.put('"');
    to.base64(element.view());
    to.put('"');
  }
  to.put(']');
}

// Whether the size of what is written is counted along the way.
struct Sized {
  std::uint64_t bytes = 0;
  void add(std::size_t more) { bytes += more; }
  void add_number(std::string_view number) { bytes += number_size(number); }
  void add_value(const char* value) { bytes += size_of(Value::at(value)); }
};

struct Unsized {
  void add(std::size_t) {}
  void add_number(std::string_view) {}
  void add_value(const char*) {}
};

// Strings and numbers without escapes, as nearly all are, go the short way.
template <class Size>
void write_attributes(Sink& to, const encoding::Container& attributes, Size& size) {
  const char* const end = attributes.end();
  char mark = '{';
  for (const char* at = attributes.begin; at != end; mark = ',') {
    const encoding::Text name = encoding::text(at);
    const char* const value = name.end();
    size.add(name.size);
    if (*value == encoding::kTagString) {
      const encoding::Text text = encoding::text(value + 1);
      at = text.end();
      size.add(text.size);
      if (!(name.escape | text.escape) && to.attribute(mark, name, kStringHead, text.view(), end)) [[likely]]
        continue;
    } else if (*value == encoding::kTagNumber) {
      const std::string_view number = encoding::number(value);
      at = number.data() + number.size();
      size.add_number(number);
      if (!name.escape && to.attribute(mark, name, kNumberHead, number, end)) [[likely]]
        continue;
    } else {
      at = encoding::value_end(value);
      size.add_value(value);
    }
    if (name.escape || !to.name(mark, name, end)) [[unlikely]] {
      to.put(mark);
      to.put('"');
      to.text(name);
      to.literal("\":");
    }
    write_value(to, value);
  }
  if (attributes.size == 0) to.put('{');
  to.put('}');
}

void write_list(Sink& to, const encoding::Container& list) {
  to.literal("{\"L\":[");
  for (const char* at = list.begin; at != list.end(); at = encoding::value_end(at)) {
    if (at != list.begin) to.put(',');
    write_value(to, at);
  }
  to.literal("]}");
}

void write_value(Sink& to, const char* value) {
  switch (static_cast<encoding::Tag>(*value)) {
    case encoding::kTagString:
      to.literal("{\"S\":\"");
      to.text(encoding::text(value + 1));
      to.literal("\"}");
      return;
    case encoding::kTagNumber: to.around("{\"N\":\"", encoding::number(value), "\"}"); return;
    case encoding::kTagBinary:
      to.literal("{\"B\":\"");
      to.base64(encoding::text(value + 1).view());
      to.literal("\"}");
      return;
    case encoding::kTagBool:
      if (value[1] != 0) {
        to.literal("{\"BOOL\":true}");
      } else {
        to.literal("{\"BOOL\":false}");
      }
      return;
    case encoding::kTagNull: to.literal("{\"NULL\":true}"); return;
    case encoding::kTagStringSet:
      to.literal("{\"SS\":");
      write_texts(to, encoding::container(value + 1));
      to.put('}');
      return;
    case encoding::kTagNumberSet:
      to.literal("{\"NS\":");
      write_texts(to, encoding::container(value + 1));
      to.put('}');
      return;
    case encoding::kTagBinarySet:
      to.literal("{\"BS\":");
      write_binaries(to, encoding::container(value + 1));
      to.put('}');
      return;
    case encoding::kTagList: write_list(to, encoding::container(value + 1)); return;
    case encoding::kTagMap: {
      to.literal("{\"M\":");
      Unsized unsized;
      write_attributes(to, encoding::container(value + 1), unsized);
      to.put('}');
      return;
    }
  }
}

void write_plain(Sink& to, Value value);

void write_plain_map(Sink& to, const Map& map) {
  to.put('{');
  bool first = true;
  for (const Attribute& attribute : map) {
    if (!first) to.put(',');
    first = false;
    to.put('"');
    to.escaped(attribute.name);
    to.literal("\":");
    write_plain(to, attribute.value);
  }
  to.put('}');
}

void write_plain_numbers(Sink& to, Value set) {
  to.put('[');
  bool first = true;
  for (const std::string_view number : set.elements()) {
    if (!first) to.put(',');
    first = false;
    to.bytes(number);
  }
  to.put(']');
}

void write_plain_list(Sink& to, const List& list) {
  to.put('[');
  bool first = true;
  for (const Value value : list) {
    if (!first) to.put(',');
    first = false;
    write_plain(to, value);
  }
  to.put(']');
}

void write_plain(Sink& to, Value value) {
  switch (value.type()) {
    case Type::kString:
      to.put('"');
      to.escaped(value.text());
      to.put('"');
      return;
    case Type::kNumber: to.bytes(value.text()); return;
    case Type::kBinary:
      to.put('"');
      to.base64(value.text());
      to.put('"');
      return;
    case Type::kBool: to.bytes(value.boolean() ? "true" : "false"); return;
    case Type::kNull: to.literal("null"); return;
    case Type::kStringSet: write_texts(to, encoding::container(value.bytes().data() + 1)); return;
    case Type::kNumberSet: write_plain_numbers(to, value); return;
    case Type::kBinarySet: write_binaries(to, encoding::container(value.bytes().data() + 1)); return;
    case Type::kList: write_plain_list(to, value.list()); return;
    case Type::kMap: write_plain_map(to, value.map()); return;
  }
}

}  // namespace

void write_json_value(std::string& to, Value value) {
  Sink sink(to);
  write_value(sink, value.bytes().data());
}

void write_json_item(std::string& to, const Map& item) {
  Sink sink(to);
  Unsized unsized;
  write_attributes(sink, item.encoded(), unsized);
}

std::uint64_t write_json_item_sized(std::string& to, const Map& item) {
  Sink sink(to);
  Sized size;
  write_attributes(sink, item.encoded(), size);
  return size.bytes;
}

void write_plain_value(std::string& to, Value value) {
  Sink sink(to);
  write_plain(sink, value);
}

void write_plain_item(std::string& to, const Map& item) {
  Sink sink(to);
  write_plain_map(sink, item);
}

}  // namespace gatehouse::dynamo
