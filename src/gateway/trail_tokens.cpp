#include "gateway/trail_tokens.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/crypto/digest.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t kSecretSize = 32;
constexpr std::size_t kMacSize = 64;
constexpr std::size_t kMostDigits = 16;

std::string make_secret() {
  std::string secret(kSecretSize, '\0');
  fill_random(secret.data(), secret.size());
  return secret;
}

std::string_view bytes_of(const crypto::Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

}  // namespace

TrailTokens::TrailTokens() : secret_(make_secret()) {}

// The digest within is keyed, and what is signed is never longer than one of its blocks: NMAC, which HMAC is made of.
std::string TrailTokens::sign(std::string_view expires) const {
  const crypto::Sha256 inner = crypto::sha256(secret_ + "trail" + std::string(expires));
  return crypto::sha256_hex(secret_ + std::string(bytes_of(inner)));
}

std::string TrailTokens::issue(TimePoint expires) const {
  char digits[kMostDigits];
  const auto ticks = static_cast<std::uint64_t>(expires.time_since_epoch().count());
  const auto end = std::to_chars(digits, digits + sizeof digits, ticks, 16).ptr;
  const std::string text(digits, end);
  return text + '.' + sign(text);
}

bool TrailTokens::accepts(std::string_view token, TimePoint now) const {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > kMostDigits || token.size() != dot + 1 + kMacSize) return false;
  const std::string_view text = token.substr(0, dot);
  if (!crypto::constant_time_equal(token.substr(dot + 1), sign(text))) return false;
  std::uint64_t ticks = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), ticks, 16);
  return read.ec == std::errc() && now < TimePoint(Duration(static_cast<Duration::rep>(ticks)));
}

}  // namespace gatehouse::gateway
