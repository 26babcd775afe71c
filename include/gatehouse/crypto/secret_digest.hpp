// SHA-256 under a key that only this object knows: names for what clients send, in tables that clients must not be able to aim
// at, and that tell nothing when they are read. Immutable; any thread.
#pragma once

#include "gatehouse/crypto/digest.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>

namespace gatehouse::crypto {

class SecretDigest {
 public:
  // Throws std::runtime_error when the system has no randomness.
  SecretDigest();
  // Of the parts, each with its length: ("a", "bc") is not ("ab", "c").
  Sha256 operator()(std::span<const std::string_view> parts) const;
  Sha256 operator()(std::initializer_list<std::string_view> parts) const { return (*this)(std::span(parts.begin(), parts.size())); }

 private:
  std::array<std::uint8_t, 32> key_;
};

// For tables keyed by such a digest, which is random already.
struct DigestHash {
  std::size_t operator()(const Sha256& digest) const {
    std::size_t word;
    std::memcpy(&word, digest.data(), sizeof word);
    return word;
  }
};

}  // namespace gatehouse::crypto
