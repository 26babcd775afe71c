// Sixteen bytes at a time where the machine can.
#include "dynamo/wire/json_escape.hpp"

#include "dynamo/wire/byte_scan.hpp"
#include "gatehouse/dynamo/wire/encoding.hpp"

namespace gatehouse::dynamo {

std::size_t clean_prefix(std::string_view text) {
  return static_cast<std::size_t>(find_special(text.data(), text.data() + text.size()) - text.data());
}

bool encoding::needs_escape(std::string_view text) { return clean_prefix(text) != text.size(); }

char* write_escape(char* to, char c) {
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\': *to++ = c; return to;
    case '\b': *to++ = 'b'; return to;
    case '\f': *to++ = 'f'; return to;
    case '\n': *to++ = 'n'; return to;
    case '\r': *to++ = 'r'; return to;
    case '\t': *to++ = 't'; return to;
    default: break;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char digit : {'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]}) *to++ = digit;
  return to;
}

}  // namespace gatehouse::dynamo
