// The causes for which the gateway refuses a request, under the names that Amazon's gateway responses have
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html), and which reason code
// belongs to which. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

enum class ErrorType : std::uint8_t {
  kAccessDenied,
  kApiConfigurationError,
  kAuthorizerConfigurationError,
  kAuthorizerFailure,
  kBadRequestBody,
  kBadRequestParameters,
  kDefault4xx,
  kDefault5xx,
  kExpiredToken,
  kIntegrationFailure,
  kIntegrationTimeout,
  kInvalidApiKey,
  kInvalidSignature,
  kMissingAuthenticationToken,
  kQuotaExceeded,
  kRequestTooLarge,
  kResourceNotFound,
  kThrottled,
  kUnauthorized,
  kUnsupportedMediaType,
  kWafFiltered,
};
inline constexpr std::size_t kErrorTypes = 21;

// What Amazon answers with. A status of 0 or an empty message: those of the answer at hand.
struct AmazonAnswer {
  std::string_view name;  // "THROTTLED"
  int status;
  std::string_view message;
  std::string_view exception;  // x-amzn-ErrorType
};
const AmazonAnswer& amazon_answer(ErrorType type);
std::optional<ErrorType> find_error_type(std::string_view name);
std::array<std::string_view, kErrorTypes> error_type_names();

// Where a reason code belongs.
struct ReasonKind {
  bool known = false;      // in the table; otherwise `type` is a default
  bool of_service = false; // an integration says it in its own words, which nobody replaces
  ErrorType type = ErrorType::kDefault5xx;
  bool in_amazons_words = false;   // the detail of the refusal is what Amazon answers, instead of the type's message
  std::string_view exception = {}; // instead of the type's
};
ReasonKind kind_of_reason(std::string_view reason, int status);

}  // namespace gatehouse::pipeline
