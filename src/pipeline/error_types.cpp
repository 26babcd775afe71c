// The two tables: what Amazon answers for each type, and the type of each reason code. Where Amazon's HTTP APIs and REST APIs
// differ the HTTP API's status and text stand here, because routes behave as those do; what only REST APIs have (API keys,
// validation, quotas) is answered as REST APIs do.
#include "gatehouse/pipeline/error_types.hpp"

#include <algorithm>

namespace gatehouse::pipeline {
namespace {

// In the order of ErrorType.
constexpr std::array<AmazonAnswer, kErrorTypes> kAnswers = {{
    {"ACCESS_DENIED", 403, "Forbidden", "AccessDeniedException"},
    {"API_CONFIGURATION_ERROR", 500, "Internal Server Error", "InternalServerErrorException"},
    {"AUTHORIZER_CONFIGURATION_ERROR", 500, "Internal Server Error", "AuthorizerConfigurationException"},
    {"AUTHORIZER_FAILURE", 500, "Internal Server Error", "AuthorizerFailureException"},
    {"BAD_REQUEST_BODY", 400, "Invalid request body", "BadRequestException"},
    {"BAD_REQUEST_PARAMETERS", 400, "", "BadRequestException"},
    {"DEFAULT_4XX", 0, "", "BadRequestException"},
    {"DEFAULT_5XX", 0, "", "InternalServerErrorException"},
    {"EXPIRED_TOKEN", 403, "The security token included in the request is expired", "ExpiredTokenException"},
    {"INTEGRATION_FAILURE", 503, "Service Unavailable", "InternalServerErrorException"},
    {"INTEGRATION_TIMEOUT", 503, "Service Unavailable", "InternalServerErrorException"},
    {"INVALID_API_KEY", 403, "Forbidden", "ForbiddenException"},
    {"INVALID_SIGNATURE", 403,
     "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
     "signing method. Consult the service documentation for details.",
     "InvalidSignatureException"},
    {"MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException"},
    {"QUOTA_EXCEEDED", 429, "Limit Exceeded", "LimitExceededException"},
    {"REQUEST_TOO_LARGE", 413, "Request Entity Too Large", "RequestTooLargeException"},
    {"RESOURCE_NOT_FOUND", 404, "Not Found", "NotFoundException"},
    {"THROTTLED", 429, "Too Many Requests", "TooManyRequestsException"},
    {"UNAUTHORIZED", 401, "Unauthorized", "UnauthorizedException"},
    {"UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type", "BadRequestException"},
    {"WAF_FILTERED", 403, "Forbidden", "ForbiddenException"},
}};

enum class Rule : std::uint8_t {
  kType,     // this type
  kWords,    // this type, and the detail is Amazon's message
  kDefault,  // the default of its status
  kService,  // an integration's own words
  kAccess,   // by its status: 401 UNAUTHORIZED, 5xx AUTHORIZER_FAILURE, else ACCESS_DENIED
};

struct Reason {
  std::string_view code;  // ending with '_': all that begin so
  Rule rule;
  ErrorType type = ErrorType::kDefault4xx;  // of kType and kWords
  std::string_view exception = {};          // instead of the type's
};

// The first that fits.
constexpr std::array kReasons = {
    // What came could not be understood, or be found.
    Reason{"invalid_path", Rule::kDefault},
    Reason{"bad_path_value", Rule::kDefault},
    Reason{"route_not_found", Rule::kType, ErrorType::kResourceNotFound},
    Reason{"method_not_allowed", Rule::kType, ErrorType::kResourceNotFound},
    Reason{"file_not_found", Rule::kType, ErrorType::kResourceNotFound},
    Reason{"folder_redirect", Rule::kService},
    Reason{"body_too_large", Rule::kType, ErrorType::kRequestTooLarge},
    Reason{"body_timeout", Rule::kDefault},
    Reason{"body_malformed", Rule::kDefault},
    Reason{"body_incomplete", Rule::kDefault},
    Reason{"client_gone", Rule::kDefault},
    Reason{"send_timeout", Rule::kDefault},
    // Who may pass, and how often.
    Reason{"cors_origin_refused", Rule::kType, ErrorType::kAccessDenied},
    Reason{"cors_preflight", Rule::kService},
    Reason{"api_key_uncounted", Rule::kDefault},
    Reason{"api_key_", Rule::kType, ErrorType::kInvalidApiKey},
    Reason{"jwt_", Rule::kAccess},
    Reason{"basic_", Rule::kAccess},
    Reason{"scope_missing", Rule::kAccess},
    Reason{"claim_mismatch", Rule::kAccess},
    Reason{"claim_missing", Rule::kAccess},
    Reason{"authorizer_bad_answer", Rule::kType, ErrorType::kAuthorizerConfigurationError},
    Reason{"authorizer_explicit_deny", Rule::kWords, ErrorType::kAccessDenied},
    Reason{"authorizer_", Rule::kAccess},
    Reason{"sigv4_missing", Rule::kType, ErrorType::kMissingAuthenticationToken},
    Reason{"sigv4_body_too_large", Rule::kType, ErrorType::kRequestTooLarge},
    Reason{"sigv4_chunk_too_large", Rule::kType, ErrorType::kRequestTooLarge},
    Reason{"sigv4_incomplete", Rule::kWords, ErrorType::kInvalidSignature, "IncompleteSignatureException"},
    Reason{"sigv4_bad_date", Rule::kWords, ErrorType::kInvalidSignature, "IncompleteSignatureException"},
    Reason{"sigv4_expired", Rule::kWords, ErrorType::kInvalidSignature},
    Reason{"sigv4_not_yet_valid", Rule::kWords, ErrorType::kInvalidSignature},
    Reason{"sigv4_scope", Rule::kWords, ErrorType::kInvalidSignature},
    Reason{"sigv4_unsigned_header", Rule::kWords, ErrorType::kInvalidSignature},
    Reason{"sigv4_", Rule::kType, ErrorType::kInvalidSignature},
    Reason{"access_key_unknown", Rule::kWords, ErrorType::kInvalidSignature, "UnrecognizedClientException"},
    Reason{"access_key_", Rule::kWords, ErrorType::kAccessDenied},
    Reason{"ip_denied", Rule::kType, ErrorType::kAccessDenied},
    Reason{"policy_", Rule::kWords, ErrorType::kAccessDenied},
    Reason{"plan_unknown", Rule::kType, ErrorType::kInvalidApiKey},
    Reason{"quota_exceeded", Rule::kType, ErrorType::kQuotaExceeded},
    Reason{"throttled", Rule::kType, ErrorType::kThrottled},
    Reason{"throttle_unavailable", Rule::kDefault},
    Reason{"overloaded", Rule::kDefault},
    Reason{"too_many_in_flight", Rule::kDefault},
    Reason{"cache_invalidation_forbidden", Rule::kType, ErrorType::kAccessDenied},
    Reason{"cache_only_if_cached", Rule::kDefault},
    // What they may say.
    Reason{"parameters_missing", Rule::kType, ErrorType::kBadRequestParameters},
    Reason{"schema_violation", Rule::kType, ErrorType::kBadRequestBody},
    Reason{"content_type_unsupported", Rule::kType, ErrorType::kUnsupportedMediaType},
    // What lies behind.
    Reason{"upstream_first_byte_timeout", Rule::kType, ErrorType::kIntegrationTimeout},
    Reason{"upstream_total_timeout", Rule::kType, ErrorType::kIntegrationTimeout},
    Reason{"upstream_", Rule::kType, ErrorType::kIntegrationFailure},
    Reason{"dns_", Rule::kType, ErrorType::kIntegrationFailure},
    Reason{"no_socket_left", Rule::kType, ErrorType::kIntegrationFailure},
    Reason{"internal_error", Rule::kType, ErrorType::kApiConfigurationError},
    Reason{"file_", Rule::kType, ErrorType::kIntegrationFailure},
    // Tables answer in words of their own.
    Reason{"store_unavailable", Rule::kType, ErrorType::kIntegrationFailure},
    Reason{"store_failed", Rule::kType, ErrorType::kIntegrationFailure},
    Reason{"store_", Rule::kService},
    Reason{"item_", Rule::kService},
    Reason{"table_key_invalid", Rule::kService},
    Reason{"query_invalid", Rule::kService},
    Reason{"batch_invalid", Rule::kService},
    Reason{"field_not_allowed", Rule::kService},
    Reason{"field_missing", Rule::kService},
    Reason{"body_not_json", Rule::kService},
    Reason{"precondition_failed", Rule::kService},
    Reason{"ok", Rule::kService},
};

ErrorType default_of(int status) { return status >= 500 ? ErrorType::kDefault5xx : ErrorType::kDefault4xx; }

ErrorType access_of(int status) {
  if (status >= 500) return ErrorType::kAuthorizerFailure;
  return status == 401 ? ErrorType::kUnauthorized : ErrorType::kAccessDenied;
}

}  // namespace

const AmazonAnswer& amazon_answer(ErrorType type) { return kAnswers[static_cast<std::size_t>(type)]; }

std::optional<ErrorType> find_error_type(std::string_view name) {
  const auto found = std::ranges::find(kAnswers, name, &AmazonAnswer::name);
  if (found == kAnswers.end()) return std::nullopt;
  return static_cast<ErrorType>(found - kAnswers.begin());
}

std::array<std::string_view, kErrorTypes> error_type_names() {
  std::array<std::string_view, kErrorTypes> names;
  std::ranges::transform(kAnswers, names.begin(), &AmazonAnswer::name);
  return names;
}

ReasonKind kind_of_reason(std::string_view reason, int status) {
  const auto found = std::ranges::find_if(kReasons, [reason](const Reason& each) {
    return each.code.ends_with('_') ? reason.starts_with(each.code) : reason == each.code;
  });
  if (found == kReasons.end()) return {false, false, default_of(status)};
  switch (found->rule) {
    case Rule::kType: return {true, false, found->type};
    case Rule::kWords: return {true, false, found->type, true, found->exception};
    case Rule::kAccess: return {true, false, access_of(status)};
    case Rule::kService: return {true, true, default_of(status)};
    case Rule::kDefault: break;
  }
  return {true, false, default_of(status)};
}

}  // namespace gatehouse::pipeline
