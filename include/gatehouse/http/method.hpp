// Request methods (RFC 9110 section 9). Plain values.
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kConnect, kOptions, kTrace, kPatch, kOther };

Method parse_method(std::string_view text);  // case-sensitive; kOther for any other token
std::string_view to_string(Method method);   // empty for kOther
// RFC 9110 section 9.2.2: sending it twice does what sending it once does.
bool is_idempotent(Method method);

enum class Version : std::uint8_t { kHttp10, kHttp11, kHttp2 };

// "OK" for 200; empty when the registry has none.
std::string_view reason_phrase(int status);

}  // namespace gatehouse::http
