// An asymmetric key that signatures are checked with. Any thread, several at once.
#pragma once

#include "gatehouse/crypto/jwk.hpp"

#include <openssl/evp.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {

struct OpensslFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, OpensslFree>;

// Big-endian numbers and points as JWK gives them. Nothing when OpenSSL does not take the key.
EvpKey make_rsa_key(std::string_view n, std::string_view e);
EvpKey make_ec_key(const char* group, std::string_view x, std::string_view y);
EvpKey make_ed25519_key(std::string_view x);

class PublicKey {
 public:
  explicit PublicKey(EvpKey key) : key_(std::move(key)) {}

  // REQUIRES: an algorithm of the key's type.
  bool verify(JwsAlgorithm algorithm, std::string_view input, std::string_view signature) const;

 private:
  using Context = std::unique_ptr<EVP_PKEY_CTX, OpensslFree>;
  struct Idle {
    JwsAlgorithm algorithm;
    Context context;
  };

  Context take_context(JwsAlgorithm algorithm) const;
  bool verify_digest(JwsAlgorithm algorithm, std::string_view input, std::string_view signature) const;
  bool verify_eddsa(std::string_view input, std::string_view signature) const;

  EvpKey key_;
  // Contexts ready for the next check, at most one for each thread that ever checked at the same time: to set one up takes
  // several look-ups in OpenSSL's tables, behind locks.
  mutable std::mutex mutex_;
  mutable std::vector<Idle> idle_;
};

}  // namespace gatehouse::crypto
