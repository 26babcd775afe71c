// The canonical form of a request, hashed while it is written: nothing of it is kept. One thread.
//
// OpenSSL's plain SHA-256 rather than EVP, as digest.cpp does and for the same reason; it also lets a keyed state be copied.
#pragma once

#define OPENSSL_API_COMPAT 10101

#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/crypto/sigv4.hpp"

#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <string_view>

namespace gatehouse::crypto::sigv4 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// Collects small pieces, so that SHA-256 sees few large ones.
class Hashing {
 public:
  Hashing() { SHA256_Init(&state_); }

  void add(char c) {
    if (used_ == buffer_.size()) flush();
    buffer_[used_++] = c;
  }
  void add(std::string_view text) {
    if (text.size() > buffer_.size() - used_) {
      flush();
      if (text.size() > buffer_.size()) {
        SHA256_Update(&state_, text.data(), text.size());
        return;
      }
    }
    if (!text.empty()) std::memcpy(buffer_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }
  Sha256 finish() {
    flush();
    Sha256 digest;
    SHA256_Final(digest.data(), &state_);
    return digest;
  }

 private:
  void flush() {
    SHA256_Update(&state_, buffer_.data(), used_);
    used_ = 0;
  }

  SHA256_CTX state_;
  std::size_t used_ = 0;
  std::array<char, 1024> buffer_;
};

using Hex = std::array<char, 64>;
Hex to_hex(const Sha256& digest);
inline std::string_view view(const Hex& hex) { return {hex.data(), hex.size()}; }

void add_path(Hashing& to, std::string_view path, SigV4Path style);
// Sorted, each part decoded and escaped once, without X-Amz-Signature.
void add_query(Hashing& to, std::string_view query);
// "name:value\n" of every header called `name` (lower case), values joined by ','. False when there is none.
bool add_header(Hashing& to, std::string_view name, std::span<const SigV4Header> headers);

// HMAC-SHA-256 of `text` with the key that secret, date, region and service give; `scope` is "date/region/service/aws4_request".
Sha256 keyed_hash(std::string_view secret_key, std::string_view scope, std::string_view text);

// The signature of a canonical request with this hash.
Hex signature(std::string_view secret_key, std::string_view time, std::string_view scope, const Sha256& canonical_request);

}  // namespace gatehouse::crypto::sigv4
