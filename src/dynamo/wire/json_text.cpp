// The texts of JSON that know no attribute values: strings, integers, base64; and the checksum of what is sent.
#include "dynamo/wire/base64.hpp"
#include "dynamo/wire/json_escape.hpp"
#include "gatehouse/dynamo/wire/encoding.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <libdeflate.h>

#include <charconv>

namespace gatehouse::dynamo {

void write_json_string(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const std::size_t clean = clean_prefix(text);
    to.append(text.substr(0, clean));
    text.remove_prefix(clean);
    if (text.empty()) break;
    char escape[kMaxEscape];
    to.append(escape, write_escape(escape, text.front()));
    text.remove_prefix(1);
  }
  to += '"';
}

void write_json_integer(std::string& to, std::int64_t value) {
  char digits[20];
  to.append(digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr);
}

std::string base64(std::string_view bytes) {
  std::string to;
  append_base64(to, bytes);
  return to;
}

void append_base64(std::string& to, std::string_view bytes) {
  const std::size_t before = to.size();
  to.resize(before + base64_size(bytes.size()));
  encode_base64(to.data() + before, bytes);
}

bool append_base64_decoded(std::string& to, std::string_view text) {
  const std::size_t before = to.size();
  to.resize(before + text.size() / 4 * 3);
  char* const begin = to.data() + before;
  char* const end = decode_base64(begin, text);
  to.resize(before + (end == nullptr ? 0 : static_cast<std::size_t>(end - begin)));
  return end != nullptr;
}

std::uint32_t crc32(std::string_view bytes) { return libdeflate_crc32(0, bytes.data(), bytes.size()); }

}  // namespace gatehouse::dynamo
