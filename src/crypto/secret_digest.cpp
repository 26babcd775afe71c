// The plain SHA-256 for the reason that digest.cpp gives. A key in front needs no HMAC here: digests are never shown.
#define OPENSSL_API_COMPAT 10101

#include "gatehouse/crypto/secret_digest.hpp"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdexcept>

namespace gatehouse::crypto {

SecretDigest::SecretDigest() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) throw std::runtime_error("the system gives no random bytes");
}

Sha256 SecretDigest::operator()(std::span<const std::string_view> parts) const {
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, key_.data(), key_.size());
  for (const std::string_view part : parts) {
    const std::uint64_t size = part.size();
    SHA256_Update(&state, &size, sizeof size);
    SHA256_Update(&state, part.data(), part.size());
  }
  Sha256 digest;
  SHA256_Final(digest.data(), &state);
  return digest;
}

}  // namespace gatehouse::crypto
