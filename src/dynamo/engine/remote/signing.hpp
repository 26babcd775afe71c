// The header fields of a signed request to a store. Pure functions.
#pragma once

#include "credentials.hpp"
#include "gatehouse/upstream/http_call.hpp"

#include "gatehouse/crypto/sigv4.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// All but Host and Content-Length. Owns what its views show.
class SignedFields {
 public:
  SignedFields(std::string target, std::string session_token, crypto::SigV4Signature signature);
  SignedFields(const SignedFields&) = delete;
  SignedFields& operator=(const SignedFields&) = delete;
  std::span<const upstream::HttpField> span() const { return std::span(fields_).first(count_); }

 private:
  std::string target_, session_token_;
  crypto::SigV4Signature signature_;
  std::array<upstream::HttpField, 5> fields_;
  std::size_t count_ = 0;
};

// Keeps its own copy of the credentials: they may be renewed while it is used.
class RequestSigner {
 public:
  RequestSigner(const Credentials& credentials, const std::string& region);
  SignedFields sign(Operation operation, std::string_view host, std::string_view body, crypto::WallTime now) const;

 private:
  crypto::SigV4Signer signer_;
};

}  // namespace gatehouse::dynamo
