// JSON from encoded values. What nearly all items are made of, short names and texts without escapes, is copied in runs of a
// fixed length, longer than they are: what lies behind them is overwritten by what follows. A size that decides over branches
// would cost more than the copying.
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include "gatehouse/dynamo/wire/encoding.hpp"
#include "gatehouse/dynamo/wire/json_sink.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kRun = 32;           // bytes that are copied at once: of a name, number or element, of a text several times
constexpr std::size_t kLongestText = 128;  // that is copied so
// How far behind the beginning of an attribute that reads, and how far it writes.
constexpr std::size_t kReach = 1 + kRun + 3 + kLongestText;
constexpr std::size_t kTextRoom = 1 + kRun + 8 + kLongestText + 3;
constexpr std::size_t kSetRoom = 1 + kRun + 9 + kRun / 2 * 4 + kRun + 3;  // of elements of one byte each
static_assert(std::max(kTextRoom, kSetRoom) < JsonSink::kRoom && kLongestText % kRun == 0);

void copy_run(char* to, const char* from) { std::memcpy(to, from, kRun); }

template <std::size_t kSize>
char* copy_literal(char* to, const char (&text)[kSize]) {
  std::memcpy(to, text, kSize - 1);
  return to + kSize - 1;
}

// Of the head of a name or text: its length stands in one byte, and nothing in it needs an escape.
bool is_simple(unsigned char head) { return (head & 0x81) == 0; }

// Whether the size of what is written is counted along the way, as size_of() counts it.
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

void write_value(JsonSink& to, const char* value);

// A set from its opening bracket on; of numbers or strings, both of which are text.
void write_texts(JsonSink& to, const encoding::Container& elements) {
  char mark = '[';
  for (const char* at = elements.begin; at != elements.end(); mark = ',') {
    const encoding::Text element = encoding::text(at);
    at = element.end();
    to.put(mark);
    to.put('"');
    to.text(element);
    to.put('"');
  }
  to.put(']');
}

void write_binaries(JsonSink& to, const encoding::Container& elements) {
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

// Two of an attribute's value, with the quotation mark behind its name and a comma, if it is short and simple. They return its end and
// move `out` and `size`; otherwise nullptr, and nothing has happened. Up to `readable` bytes may be read.
template <class Size>
const char* write_simple_set(char*& out, const char* value, const char* readable, Size& size) {
  const encoding::Container elements = encoding::container(value + 1);
  if (elements.size > kRun || static_cast<std::size_t>(readable - elements.begin) < 2 * kRun) return nullptr;
  char* to = copy_literal(out, "\":{\"SS\":[");
  for (const char* at = elements.begin; at != elements.end();) {
    const auto head = static_cast<unsigned char>(*at);
    if (!is_simple(head)) return nullptr;
    const std::size_t bytes = head >> 1;
    *to++ = '"';
    copy_run(to, at + 1);
    to = copy_literal(to + bytes, "\",");
    at += 1 + bytes;
  }
  out = copy_literal(to - 1, "]},");
  size.add(elements.size - elements.count);
  return elements.end();
}

template <class Size>
[[gnu::always_inline]] inline const char* write_simple(char*& out, const char* value, const char* readable, Size& size) {
  const auto head = static_cast<unsigned char>(value[1]);
  switch (static_cast<encoding::Tag>(*value)) {
    case encoding::kTagString: {
      const encoding::Text text = encoding::text(value + 1);
      if (text.escape || text.size > kLongestText) return nullptr;
      char* const to = copy_literal(out, "\":{\"S\":\"");
      copy_run(to, text.begin);
      for (std::size_t done = kRun; done < text.size; done += kRun) copy_run(to + done, text.begin + done);
      out = copy_literal(to + text.size, "\"},");
      size.add(text.size);
      return text.end();
    }
    case encoding::kTagNumber: {
      if (head > kRun) return nullptr;
      char* const to = copy_literal(out, "\":{\"N\":\"");
      copy_run(to, value + 2);
      out = copy_literal(to + head, "\"},");
      size.add_number({value + 2, head});
      return value + 2 + head;
    }
    case encoding::kTagBool:
      out = head != 0 ? copy_literal(out, "\":{\"BOOL\":true},") : copy_literal(out, "\":{\"BOOL\":false},");
      size.add(1);
      return value + 2;
    case encoding::kTagNull:
      out = copy_literal(out, "\":{\"NULL\":true},");
      size.add(1);
      return value + 1;
    case encoding::kTagStringSet: return write_simple_set(out, value, readable, size);
    default: return nullptr;
  }
}

// Any attribute and a comma. Returns its end.
template <class Size>
[[gnu::noinline]] const char* write_attribute(JsonSink& to, const char* at, Size& size) {
  const encoding::Text name = encoding::text(at);
  const char* const value = name.end();
  size.add(name.size);
  size.add_value(value);
  to.put('"');
  to.text(name);
  to.literal("\":");
  write_value(to, value);
  to.put(',');
  return encoding::value_end(value);
}

// The attributes that begin before `stop`, which lies kReach before `readable` at least, a comma behind each. Returns the end of
// the last one.
template <class Size>
const char* write_run(JsonSink& to, const char* at, const char* stop, const char* readable, Size& size) {
  char* out = to.at();
  Size counted = size;
  while (at < stop) {
    if (to.is_short_of_room(out)) [[unlikely]] {
      to.wrote(out);
      to.flush();
      out = to.at();
    }
    *out = '"';
    const auto head = static_cast<unsigned char>(*at);
    const std::size_t name_size = head >> 1;
    copy_run(out + 1, at + 1);
    char* behind = out + 1 + name_size;
    const bool simple = is_simple(head) && name_size <= kRun;
    if (const char* const end = simple ? write_simple(behind, at + 1 + name_size, readable, counted) : nullptr) [[likely]] {
      counted.add(name_size);
      out = behind;
      at = end;
      continue;
    }
    to.wrote(out);
    size = counted;
    at = write_attribute(to, at, size);
    counted = size;
    out = to.at();
  }
  to.wrote(out);
  size = counted;
  return at;
}

template <class Size>
void write_attributes(JsonSink& to, const encoding::Container& attributes, Size& size) {
  if (attributes.size == 0) {
    to.literal("{}");
    return;
  }
  to.put('{');
  const char* at = attributes.begin;
  const char* const end = attributes.end();
  if (attributes.size > kReach) at = write_run(to, at, end - kReach, end, size);
  if (at != end) {
    // The last ones are written from where bytes behind them may be read.
    char last[2 * kReach];
    const auto rest = static_cast<std::size_t>(end - at);
    std::memcpy(last, at, rest);
    write_run(to, last, last + rest, last + sizeof last, size);
  }
  to.replace_last('}');
}

void write_list(JsonSink& to, const encoding::Container& list) {
  to.literal("{\"L\":[");
  for (const char* at = list.begin; at != list.end(); at = encoding::value_end(at)) {
    if (at != list.begin) to.put(',');
    write_value(to, at);
  }
  to.literal("]}");
}

void write_value(JsonSink& to, const char* value) {
  switch (static_cast<encoding::Tag>(*value)) {
    case encoding::kTagString:
      to.literal("{\"S\":\"");
      to.text(encoding::text(value + 1));
      to.literal("\"}");
      return;
    case encoding::kTagNumber:
      to.literal("{\"N\":\"");
      to.bytes(encoding::number(value));
      to.literal("\"}");
      return;
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

}  // namespace

void write_json_value(std::string& to, Value value) {
  JsonSink sink(to);
  write_value(sink, value.bytes().data());
}

void write_json_item(std::string& to, const Map& item) {
  JsonSink sink(to);
  Unsized unsized;
  write_attributes(sink, item.encoded(), unsized);
}

std::uint64_t write_json_item_sized(JsonSink& to, const Map& item) {
  Sized size;
  write_attributes(to, item.encoded(), size);
  return size.bytes;
}

}  // namespace gatehouse::dynamo
