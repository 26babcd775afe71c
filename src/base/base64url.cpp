#include "gatehouse/base/base64url.hpp"

#include <array>
#include <cstdint>

namespace gatehouse {
namespace {

constexpr std::uint32_t kNone = 0xFF000000;

using Table = std::array<std::uint32_t, 256>;

// The value of each character, moved to where the character stands in a group of four.
constexpr Table table(unsigned shift) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  Table values{};
  values.fill(kNone);
  for (std::uint32_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<unsigned char>(kAlphabet[i])] = i << shift;
  return values;
}

constexpr Table kFirst = table(18);
constexpr Table kSecond = table(12);
constexpr Table kThird = table(6);
constexpr Table kFourth = table(0);

}  // namespace

std::optional<std::size_t> decode_base64url(char* to, std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t left = text.size() % 4;
  char* out = to;
  std::uint32_t seen = 0;  // no branch for each group: what is wrong is found at the end
  for (const unsigned char* end = at + (text.size() - left); at != end; at += 4) {
    const std::uint32_t bits = kFirst[at[0]] | kSecond[at[1]] | kThird[at[2]] | kFourth[at[3]];
    seen |= bits;
    *out++ = static_cast<char>(bits >> 16);
    *out++ = static_cast<char>(bits >> 8);
    *out++ = static_cast<char>(bits);
  }
  if (left == 1) return std::nullopt;
  if (left >= 2) {
    const std::uint32_t bits = kFirst[at[0]] | kSecond[at[1]] | (left == 3 ? kThird[at[2]] : 0);
    seen |= bits;
    *out++ = static_cast<char>(bits >> 16);
    if (left == 3) *out++ = static_cast<char>(bits >> 8);
    if ((bits & (left == 3 ? 0xFFU : 0xFFFFU)) != 0) return std::nullopt;
  }
  if ((seen & kNone) != 0) return std::nullopt;
  return static_cast<std::size_t>(out - to);
}

}  // namespace gatehouse
