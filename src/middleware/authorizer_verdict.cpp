#include "authorizer_verdict.hpp"

#include "gatehouse/base/json_text.hpp"
#include "gatehouse/middleware/policy_facts.hpp"

namespace gatehouse::middleware {
namespace {

using Kind = Verdict::Kind;
using Made = std::shared_ptr<Verdict>;

Made make(Kind kind, int status, std::string_view reason) {
  auto verdict = std::make_shared<Verdict>();
  verdict->kind = kind;
  verdict->status = status;
  verdict->reason = reason;
  return verdict;
}

VerdictPtr bad_answer(std::string detail) { return failed_verdict(500, "authorizer_bad_answer", std::move(detail)); }

// What both forms say by status alone; null: nothing yet.
VerdictPtr read_status(const upstream::HttpReply& reply) {
  if (reply.status == 401) {
    Made verdict = make(Kind::kUnauthorized, 401, "authorizer_unauthorized");
    verdict->challenge = reply.field("www-authenticate");
    return verdict;
  }
  if (reply.status == 403) return make(Kind::kDenied, 403, "authorizer_denied");
  if (reply.status >= 200 && reply.status < 300) return nullptr;
  std::string detail = "the authorizer answered with status " + std::to_string(reply.status);
  if (reply.status >= 500) return failed_verdict(503, "authorizer_unavailable", std::move(detail));
  return bad_answer(std::move(detail));
}

std::shared_ptr<const crypto::Claims> claims_of(const std::string& json) {
  auto tree = JsonTree::parse(json);
  return tree ? std::make_shared<const crypto::Claims>(std::move(*tree)) : nullptr;
}

// A member of the context as REST APIs have it: text, or a number or boolean as text. False for what they refuse.
bool add_as_text(std::string& to, JsonValue member) {
  switch (member.kind()) {
    case JsonKind::kString:
    case JsonKind::kNumber:
    case JsonKind::kTrue:
    case JsonKind::kFalse: append_json_string(to, member.text()); return true;
    case JsonKind::kNull:
    case JsonKind::kArray:
    case JsonKind::kObject: break;
  }
  return false;
}

// `context` and principalId as claims. False when the context is none.
bool read_context(JsonValue root, AuthorizerPayload payload, Verdict& verdict) {
  const JsonValue context = root.find("context");
  if (context && context.kind() != JsonKind::kNull && !context.is_object()) return false;
  std::string json = "{";
  const auto begin_member = [&json](std::string_view name) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
    json += ':';
  };
  if (context && context.is_object()) {
    for (const JsonValue member : context) {
      if (member.name() == "principalId") continue;
      begin_member(member.name());
      if (payload == AuthorizerPayload::kRequest2) {
        member.append_to(json);
      } else if (!add_as_text(json, member)) {
        return false;
      }
    }
  }
  if (!verdict.subject.empty()) {
    begin_member("principalId");
    append_json_string(json, verdict.subject);
  }
  json += '}';
  verdict.claims = claims_of(json);
  return verdict.claims != nullptr;
}

VerdictPtr read_policy_answer(JsonValue root, AuthorizerPayload payload, std::size_t bytes) {
  const JsonValue principal = root.find("principalId");
  if (!principal || !principal.is_string() || principal.text().empty()) return bad_answer("the authorizer's answer has no principalId");
  Made verdict = make(Kind::kPolicy, 200, {});
  verdict->bytes = bytes;
  verdict->subject = principal.text();
  auto policy = crypto::Policy::parse(root.find("policyDocument"), kPolicyKeys);
  if (!policy) return bad_answer("the authorizer's policyDocument: " + policy.error().message());
  verdict->policy = std::move(*policy);
  const JsonValue key = root.find("usageIdentifierKey");
  if (key && key.is_string()) verdict->api_key = key.text();
  if (!read_context(root, payload, *verdict)) return bad_answer("the authorizer's context must be an object of texts, numbers and booleans");
  return verdict;
}

}  // namespace

VerdictPtr failed_verdict(int status, std::string_view reason, std::string detail) {
  Made verdict = make(Kind::kFailed, status, reason);
  verdict->detail = std::move(detail);
  return verdict;
}

VerdictPtr read_simple_answer(const upstream::HttpReply& reply, const HttpAuthorizerSettings& settings) {
  if (auto said = read_status(reply)) return said;
  Made verdict = make(Kind::kAllowed, 200, {});
  if (!settings.subject.empty()) verdict->subject = reply.field(settings.subject);
  std::string claims = "{";
  for (const std::string& name : settings.response_headers) {
    const std::string_view value = reply.field(name);
    if (value.empty()) continue;
    verdict->fields.emplace_back(name, value);
    verdict->bytes += name.size() + value.size();
    if (claims.size() > 1) claims += ',';
    append_json_string(claims, name);
    claims += ':';
    append_json_string(claims, value);
  }
  verdict->claims = claims_of(claims + '}');
  return verdict;
}

VerdictPtr read_lambda_answer(const upstream::HttpReply& reply, AuthorizerPayload payload) {
  if (auto said = read_status(reply)) return said;
  const auto tree = JsonTree::parse(reply.body);
  if (!tree || !tree->root().is_object()) return bad_answer("the authorizer's answer is no JSON object");
  const JsonValue root = tree->root();
  // What the runtime of a function makes of an exception. This one text is the way to say 401.
  if (const JsonValue error = root.find("errorMessage")) {
    if (error.is_string() && error.text() == "Unauthorized") return make(Kind::kUnauthorized, 401, "authorizer_unauthorized");
    return bad_answer("the authorizer's function failed");
  }
  if (root.find("policyDocument")) return read_policy_answer(root, payload, reply.body.size());
  const JsonValue authorized = root.find("isAuthorized");
  const bool is_boolean = authorized && (authorized.kind() == JsonKind::kTrue || authorized.kind() == JsonKind::kFalse);
  if (payload != AuthorizerPayload::kRequest2 || !is_boolean)
    return bad_answer(payload == AuthorizerPayload::kRequest2 ? "the authorizer's answer has neither policyDocument nor isAuthorized"
                                                              : "the authorizer's answer has no policyDocument");
  const bool allowed = authorized.kind() == JsonKind::kTrue;
  Made verdict = make(allowed ? Kind::kAllowed : Kind::kDenied, 403, allowed ? "" : "authorizer_denied");
  verdict->bytes = reply.body.size();
  if (!read_context(root, payload, *verdict)) return bad_answer("the authorizer's context must be an object");
  return verdict;
}

}  // namespace gatehouse::middleware
