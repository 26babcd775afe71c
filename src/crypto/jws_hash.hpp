// SHA-2 and HMAC for JOSE, without an allocation per use. Pure; any thread.
#pragma once

#include "gatehouse/crypto/jwk.hpp"

#include <openssl/sha.h>

#include <array>
#include <string_view>
#include <variant>

namespace gatehouse::crypto {

struct JwsDigest {
  std::array<unsigned char, SHA512_DIGEST_LENGTH> bytes;
  std::size_t size = 0;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};

// 32, 48 or 64. REQUIRES: not kEdDSA.
std::size_t digest_size(JwsAlgorithm algorithm);
JwsDigest digest(JwsAlgorithm algorithm, std::string_view input);

// HMAC (RFC 2104) with the key already taken in.
class HmacKey {
 public:
  HmacKey(JwsAlgorithm algorithm, std::string_view secret);
  ~HmacKey();
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;

  JwsDigest sign(std::string_view input) const;

 private:
  struct States256 {
    SHA256_CTX inner, outer;
  };
  struct States512 {
    SHA512_CTX inner, outer;
  };
  std::size_t size_;  // of the digest
  std::variant<States256, States512> states_;
};

}  // namespace gatehouse::crypto
