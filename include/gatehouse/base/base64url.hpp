// Base64url (RFC 4648, section 5) as JOSE uses it (RFC 7515, section 2). Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace gatehouse {

constexpr std::size_t base64url_decoded_size(std::size_t characters) { return characters / 4 * 3 + characters % 4 * 3 / 4; }

// `to` has room for base64url_decoded_size(text.size()) bytes. Returns how many were written, or nothing when `text` is not the
// only spelling of them: padding, spaces, another alphabet, or bits set behind the last byte.
std::optional<std::size_t> decode_base64url(char* to, std::string_view text);

}  // namespace gatehouse
