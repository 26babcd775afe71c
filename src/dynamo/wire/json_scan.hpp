// The grammar of JSON (RFC 8259) below values: white space, numbers, escapes. Pure functions over [at, end).
#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse::dynamo {

inline const char* skip_space(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

// The end of the number that begins at `at`, or nullptr.
const char* scan_number(const char* at, const char* end);

// The quotation mark that ends the string whose text begins at `at`, or nullptr. Finds control characters, judges no escapes.
const char* scan_string(const char* at, const char* end);

// Writes what `text`, the inside of a string, stands for; `to` has room for text.size() bytes. `escape` becomes true when
// the outcome holds something that JSON must escape. Returns the end, or nullptr for a malformed escape or half a surrogate pair.
char* unescape(char* to, std::string_view text, bool& escape);

}  // namespace gatehouse::dynamo
