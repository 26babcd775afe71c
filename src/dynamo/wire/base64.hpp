// Base64 (RFC 4648, section 4) with padding, into memory that the caller provides. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace gatehouse::dynamo {

constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// `to` has room for base64_size(bytes.size()). Returns the end.
char* encode_base64(char* to, std::string_view bytes);

// `to` has room for text.size() / 4 * 3 bytes. Returns the end, or nullptr when `text` is not exactly what encode_base64
// makes of some bytes.
char* decode_base64(char* to, std::string_view text);

}  // namespace gatehouse::dynamo
