#include "basic_credentials.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::middleware {
namespace {

constexpr std::string_view kScheme = "basic ";
constexpr std::size_t kLongest = 2048;  // in base64

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// RFC 4648 section 4, padding required.
std::optional<std::string_view> decode(std::string_view text, Arena& arena) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  char* const decoded = static_cast<char*>(arena.allocate(text.size() / 4 * 3, 1));
  char* to = decoded;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const int value = pad ? 0 : value_of(text[i]);
    if (value < 0) return std::nullopt;
    word = word << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8) *to++ = static_cast<char>(word >> shift & 0xff);
    word = 0;
  }
  return std::string_view(decoded, static_cast<std::size_t>(to - decoded) - padding);
}

}  // namespace

bool is_basic(std::string_view authorization) {
  return authorization.size() >= kScheme.size() && iequals(authorization.substr(0, kScheme.size()), kScheme);
}

std::optional<BasicCredentials> read_basic(std::string_view authorization, Arena& arena) {
  const std::string_view encoded = trim(authorization.substr(kScheme.size()));
  if (encoded.size() > kLongest) return std::nullopt;
  const auto text = decode(encoded, arena);
  if (!text || std::ranges::any_of(*text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return BasicCredentials{text->substr(0, colon), text->substr(colon + 1)};
}

}  // namespace gatehouse::middleware
