// OpenSSL's plain functions for the reason that digest.cpp gives: EVP allocates for every digest.
#define OPENSSL_API_COMPAT 10101

#include "jws_hash.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

namespace gatehouse::crypto {
namespace {

constexpr std::size_t k256 = SHA256_DIGEST_LENGTH;
constexpr std::size_t k384 = SHA384_DIGEST_LENGTH;
constexpr std::size_t k512 = SHA512_DIGEST_LENGTH;

JwsDigest sha2(std::size_t size, std::string_view input) {
  JwsDigest digest;
  digest.size = size;
  if (size == k256) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, input.data(), input.size());
    SHA256_Final(digest.bytes.data(), &state);
    return digest;
  }
  SHA512_CTX state;
  size == k384 ? SHA384_Init(&state) : SHA512_Init(&state);
  SHA512_Update(&state, input.data(), input.size());
  SHA512_Final(digest.bytes.data(), &state);
  return digest;
}

template <std::size_t kBlock>
std::array<unsigned char, kBlock> padded(std::string_view secret, std::size_t digest_size, unsigned char pad) {
  std::array<unsigned char, kBlock> block{};
  if (secret.size() > kBlock) {
    const JwsDigest hashed = sha2(digest_size, secret);
    std::memcpy(block.data(), hashed.bytes.data(), hashed.size);
  } else if (!secret.empty()) {
    std::memcpy(block.data(), secret.data(), secret.size());
  }
  for (unsigned char& byte : block) byte ^= pad;
  return block;
}

constexpr unsigned char kInner = 0x36;
constexpr unsigned char kOuter = 0x5C;

void absorb(SHA256_CTX& state, std::string_view secret, unsigned char pad) {
  auto block = padded<SHA256_CBLOCK>(secret, k256, pad);
  SHA256_Init(&state);
  SHA256_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

void absorb(SHA512_CTX& state, std::string_view secret, std::size_t size, unsigned char pad) {
  auto block = padded<SHA512_CBLOCK>(secret, size, pad);
  size == k384 ? SHA384_Init(&state) : SHA512_Init(&state);
  SHA512_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

}  // namespace

std::size_t digest_size(JwsAlgorithm algorithm) {
  switch (algorithm) {
    case JwsAlgorithm::kRS256:
    case JwsAlgorithm::kPS256:
    case JwsAlgorithm::kES256:
    case JwsAlgorithm::kHS256: return k256;
    case JwsAlgorithm::kRS384:
    case JwsAlgorithm::kPS384:
    case JwsAlgorithm::kES384:
    case JwsAlgorithm::kHS384: return k384;
    default: return k512;
  }
}

JwsDigest digest(JwsAlgorithm algorithm, std::string_view input) { return sha2(digest_size(algorithm), input); }

HmacKey::HmacKey(JwsAlgorithm algorithm, std::string_view secret) : size_(digest_size(algorithm)) {
  if (size_ == k256) {
    auto& states = states_.emplace<States256>();
    absorb(states.inner, secret, kInner);
    absorb(states.outer, secret, kOuter);
  } else {
    auto& states = states_.emplace<States512>();
    absorb(states.inner, secret, size_, kInner);
    absorb(states.outer, secret, size_, kOuter);
  }
}

HmacKey::~HmacKey() { OPENSSL_cleanse(&states_, sizeof states_); }

JwsDigest HmacKey::sign(std::string_view input) const {
  JwsDigest digest;
  digest.size = size_;
  if (const auto* states = std::get_if<States256>(&states_)) {
    SHA256_CTX state = states->inner;
    SHA256_Update(&state, input.data(), input.size());
    SHA256_Final(digest.bytes.data(), &state);
    state = states->outer;
    SHA256_Update(&state, digest.bytes.data(), size_);
    SHA256_Final(digest.bytes.data(), &state);
    return digest;
  }
  const auto& states512 = *std::get_if<States512>(&states_);
  SHA512_CTX state = states512.inner;
  SHA512_Update(&state, input.data(), input.size());
  SHA512_Final(digest.bytes.data(), &state);
  state = states512.outer;
  SHA512_Update(&state, digest.bytes.data(), size_);
  SHA512_Final(digest.bytes.data(), &state);
  return digest;
}

}  // namespace gatehouse::crypto
