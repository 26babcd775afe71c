#include "signing.hpp"

#include "gatehouse/crypto/digest.hpp"

#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";

}  // namespace

SignedFields::SignedFields(std::string target, std::string session_token, crypto::SigV4Signature signature)
    : target_(std::move(target)), session_token_(std::move(session_token)), signature_(std::move(signature)) {
  fields_[count_++] = {"content-type", kContentType};
  fields_[count_++] = {"x-amz-target", target_};
  fields_[count_++] = {"x-amz-date", signature_.time};
  fields_[count_++] = {"authorization", signature_.authorization};
  if (!session_token_.empty()) fields_[count_++] = {"x-amz-security-token", session_token_};
}

RequestSigner::RequestSigner(const Credentials& credentials, const std::string& region)
    : signer_{credentials.access_key, credentials.secret_key, credentials.session_token, region, "dynamodb"} {}

SignedFields RequestSigner::sign(Operation operation, std::string_view host, std::string_view body, crypto::WallTime now) const {
  std::string target(is_streams_operation(operation) ? "DynamoDBStreams_20120810." : "DynamoDB_20120810.");
  target += operation_name(operation);
  const crypto::SigV4Header headers[] = {{"content-type", kContentType}, {"host", host}, {"x-amz-target", target}};
  crypto::SigV4Signature signature;
  signer_.sign("POST", "/", {}, headers, crypto::sha256_hex(body), now, signature);
  return {std::move(target), signer_.session_token, std::move(signature)};
}

}  // namespace gatehouse::dynamo
