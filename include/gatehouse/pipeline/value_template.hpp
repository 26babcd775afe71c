// Text with variables, compiled when the configuration is loaded: "/internal/{id}", "$header.x-user|nobody",
// "user=$path.id". Evaluates into the request's arena. Immutable, shared by workers.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::pipeline {

// $path.x $query.x $header.x $context.x $claims.x $uuid $ulid $now, each with |default; $$ is a dollar sign.
// $response.header.x, where an answer is there: its field of that name.
// $context: request_id, client_ip, method, path, host, scheme, api, stage, route, identity; of connections of a WebSocket API
//   connection_id, event, message_id, connected_at, disconnect_code, disconnect_reason; and Amazon's names of the same:
//   requestId, identity.sourceIp, httpMethod, domainName, routeKey, authorizer.claims.x, … (amazon_names.hpp).
// - $claims.x.y[0] looks into what the authorizer says of the caller; ${claims.cognito:groups} for names with other characters
//   (crypto::ClaimPath). Text is inserted plain, anything else as JSON.
// - A name is letters, digits, '-' and '_'; a default is the same plus '.'. ${query.filter[name]|any text}
//   delimits: there the name ends at '|' or '}' and the default at '}'.
// $body.x.y[0], where it is known: a member of a JSON body, as with claims; null is none; $body: all of it. Amazon's names are
// $request.body.x.y[0] and $request.body.
// - The default stands for what is absent or empty; without one it is the empty string.
// - $query.x is form-decoded; of several $query.x or $header.x the first counts. $now is 2025-01-31T08:30:00.123Z.
// - Values may hold any byte; the serialiser refuses control bytes in fields, a body must be quoted by who writes it.
class ValueTemplate {
 public:
  // kDecoded: a path variable's value without its escapes. kEncoded is for paths: the values of path variables and
  // $context.path are inserted as they stood, all others percent-encoded, so that no value adds a slash or an escape.
  // (What no encoding can hide is a value of "." or "..": whoever builds a path checks for dot segments.)
  // kErrorText and kErrorJson, for refusals, know $context.error.message, .messageString, .responseType and
  // .validationErrorString besides; in kErrorJson every value is escaped as the inside of a JSON string is, and messageString
  // brings its quotes.
  enum class PathValues : unsigned char { kEncoded, kDecoded, kErrorText, kErrorJson };

  // Whether $body is known: somebody reads the body before the template is evaluated.
  enum class BodyValues : unsigned char { kUnknown, kKnown };

  ValueTemplate() = default;
  // `path_variables`: the names a route's path has; another $path.x or {x} is an error. With `braces`, {x} and {x+} are
  // $path.x, and the text is a path: it begins with '/' or $context.path and holds no query.
  // The error's message names the variable and the nearest valid one.
  static Result<ValueTemplate> parse(std::string_view text, const std::vector<std::string>& path_variables,
                                     PathValues values = PathValues::kDecoded, bool braces = false,
                                     BodyValues body = BodyValues::kUnknown);

  // Lives in the request's arena or longer. Allocates nothing when the text is literal.
  std::string_view evaluate(RequestContext& context) const;
  const std::string& text() const { return text_; }
  bool is_literal() const;
  bool uses_claims() const;
  bool uses_body() const;
  // Adds the claims that it says nothing without: those that have no default.
  void append_needed_claims(std::vector<crypto::ClaimPath>& to) const;
  bool operator==(const ValueTemplate& other) const { return text_ == other.text_ && values_ == other.values_; }

 private:
  friend class ValueTemplateParser;
  enum class Source : unsigned char { kText, kPath, kQuery, kHeader, kContext, kClaims, kResponse, kBody, kUuid, kUlid, kNow };
  enum class ContextValue : unsigned char {
    kRequestId,
    kClientIp,
    kMethod,
    kPath,
    kHost,
    kScheme,
    kApi,
    kStage,
    kRoute,
    kIdentity,
    kConnectionId,
    kEvent,
    kMessageId,
    kConnectedAt,
    kDisconnectCode,
    kDisconnectReason,
    kErrorMessage,
    kErrorMessageString,
    kErrorType,
    kErrorValidation,
    kCount
  };
  struct Part {
    Source source;
    ContextValue which = ContextValue::kCount;  // of kContext
    std::string text;                           // the text, or the variable's name
    std::string fallback;
    std::shared_ptr<const crypto::ClaimPath> claim;  // of kClaims and kBody; none: the whole body
  };
  std::string_view insert(const Part& part, RequestContext& context) const;
  std::string_view context_value(ContextValue which, RequestContext& context) const;
  static std::string_view socket_value(ContextValue which, RequestContext& context);

  std::string text_;
  std::vector<Part> parts_;
  PathValues values_ = PathValues::kDecoded;
};

}  // namespace gatehouse::pipeline
