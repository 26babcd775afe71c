#include "public_key.hpp"

#include "jws_hash.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace gatehouse::crypto {
namespace {

struct BuildFree {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM_BLD* build) const { OSSL_PARAM_BLD_free(build); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
};
template <class T>
using Built = std::unique_ptr<T, BuildFree>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// OpenSSL's list of errors belongs to the thread, and TLS looks into it: what failed here must not stay there.
template <class T>
T without_errors(T result) {
  if (!result) ERR_clear_error();
  return result;
}

EvpKey from_params(const char* type, OSSL_PARAM_BLD* build) {
  const Built<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(build));
  const std::unique_ptr<EVP_PKEY_CTX, OpensslFree> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

// The largest is two numbers of 66 bytes, each with a zero before it.
constexpr std::size_t kMostDerBytes = 3 + 2 * (2 + 67);

// JOSE's r||s as the SEQUENCE of two INTEGERs that OpenSSL takes.
struct DerSignature {
  std::array<unsigned char, kMostDerBytes> bytes;
  std::size_t size = 0;

  explicit DerSignature(std::string_view raw) {
    const std::string_view r = number(raw.substr(0, raw.size() / 2));
    const std::string_view s = number(raw.substr(raw.size() / 2));
    const std::size_t content = encoded_size(r) + encoded_size(s);
    put(0x30);
    if (content > 127) put(0x81);
    put(content);
    put_integer(r);
    put_integer(s);
  }

 private:
  static std::string_view number(std::string_view digits) {
    while (digits.size() > 1 && digits.front() == 0) digits.remove_prefix(1);
    return digits;
  }
  static bool needs_zero(std::string_view digits) { return (digits.front() & 0x80) != 0; }
  static std::size_t encoded_size(std::string_view digits) { return 2 + (needs_zero(digits) ? 1 : 0) + digits.size(); }
  void put(std::size_t byte) { bytes[size++] = static_cast<unsigned char>(byte); }
  void put_integer(std::string_view digits) {
    put(0x02);
    put(encoded_size(digits) - 2);
    if (needs_zero(digits)) put(0);
    std::memcpy(bytes.data() + size, digits.data(), digits.size());
    size += digits.size();
  }
};

// Bytes of r and of s (RFC 7518, section 3.4); 0: no ECDSA.
std::size_t ecdsa_number_size(JwsAlgorithm algorithm) {
  switch (algorithm) {
    case JwsAlgorithm::kES256: return 32;
    case JwsAlgorithm::kES384: return 48;
    case JwsAlgorithm::kES512: return 66;
    default: return 0;
  }
}

bool is_pss(JwsAlgorithm algorithm) {
  return algorithm == JwsAlgorithm::kPS256 || algorithm == JwsAlgorithm::kPS384 || algorithm == JwsAlgorithm::kPS512;
}

const EVP_MD* digest_method(JwsAlgorithm algorithm) {
  switch (digest_size(algorithm)) {
    case SHA256_DIGEST_LENGTH: return EVP_sha256();
    case SHA384_DIGEST_LENGTH: return EVP_sha384();
    default: return EVP_sha512();
  }
}

bool prepare(EVP_PKEY_CTX* context, JwsAlgorithm algorithm) {
  if (EVP_PKEY_verify_init(context) != 1) return false;
  if (ecdsa_number_size(algorithm) == 0) {
    const int padding = is_pss(algorithm) ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
    if (EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1) return false;
  }
  if (EVP_PKEY_CTX_set_signature_md(context, digest_method(algorithm)) != 1) return false;
  // RFC 7518, section 3.5: the salt is as long as the digest, MGF1 uses the same hash.
  return !is_pss(algorithm) || (EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest_method(algorithm)) == 1 &&
                                EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

}  // namespace

EvpKey make_rsa_key(std::string_view n, std::string_view e) {
  const Built<BIGNUM> modulus(BN_bin2bn(bytes(n), static_cast<int>(n.size()), nullptr));
  const Built<BIGNUM> exponent(BN_bin2bn(bytes(e), static_cast<int>(e.size()), nullptr));
  const Built<OSSL_PARAM_BLD> build(OSSL_PARAM_BLD_new());
  if (modulus == nullptr || exponent == nullptr || build == nullptr ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return without_errors(EvpKey());
  }
  return without_errors(from_params("RSA", build.get()));
}

EvpKey make_ec_key(const char* group, std::string_view x, std::string_view y) {
  std::string point("\x04");  // uncompressed; that it lies on the curve is checked by OpenSSL
  point.append(x).append(y);
  const Built<OSSL_PARAM_BLD> build(OSSL_PARAM_BLD_new());
  if (build == nullptr || OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return without_errors(EvpKey());
  }
  return without_errors(from_params("EC", build.get()));
}

EvpKey make_ed25519_key(std::string_view x) {
  return without_errors(EvpKey(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes(x), x.size())));
}

PublicKey::Context PublicKey::take_context(JwsAlgorithm algorithm) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(idle_, algorithm, &Idle::algorithm);
    if (found != idle_.end()) {
      Context context = std::move(found->context);
      *found = std::move(idle_.back());
      idle_.pop_back();
      return context;
    }
  }
  Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  if (context == nullptr || !prepare(context.get(), algorithm)) return nullptr;
  return context;
}

bool PublicKey::verify_digest(JwsAlgorithm algorithm, std::string_view input, std::string_view signature) const {
  Context context = take_context(algorithm);
  if (context == nullptr) return false;
  const JwsDigest hashed = digest(algorithm, input);
  bool verified = false;
  if (const std::size_t number = ecdsa_number_size(algorithm); number == 0) {
    verified = EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), hashed.bytes.data(), hashed.size) == 1;
  } else if (signature.size() == 2 * number) {
    const DerSignature der(signature);
    verified = EVP_PKEY_verify(context.get(), der.bytes.data(), der.size, hashed.bytes.data(), hashed.size) == 1;
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back({algorithm, std::move(context)});
  return verified;
}

bool PublicKey::verify_eddsa(std::string_view input, std::string_view signature) const {
  const std::unique_ptr<EVP_MD_CTX, OpensslFree> context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key_.get(), nullptr) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(input), input.size()) == 1;
}

bool PublicKey::verify(JwsAlgorithm algorithm, std::string_view input, std::string_view signature) const {
  return without_errors(algorithm == JwsAlgorithm::kEdDSA ? verify_eddsa(input, signature)
                                                          : verify_digest(algorithm, input, signature));
}

}  // namespace gatehouse::crypto
