// OpenSSL's plain SHA-256 rather than EVP: in OpenSSL 3.0 EVP allocates for every digest, also with the algorithm fetched
// once and the context kept, and an API key is hashed per request. The plain functions are deprecated, not gone.
#define OPENSSL_API_COMPAT 10101

#include "gatehouse/crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace gatehouse::crypto {

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &state);
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * Sha256().size());
  for (const std::uint8_t byte : sha256(bytes)) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool constant_time_equal(const Sha256& a, const Sha256& b) {
  using Words = std::array<std::uint64_t, 4>;
  const auto x = std::bit_cast<Words>(a);
  const auto y = std::bit_cast<Words>(b);
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < x.size(); ++i) difference |= x[i] ^ y[i];
  return difference == 0;
}

}  // namespace gatehouse::crypto
