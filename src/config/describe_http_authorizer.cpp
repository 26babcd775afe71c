#include "describe_access.hpp"
#include "gatehouse/middleware/http_authorizer.hpp"
#include "gatehouse/middleware/protected_fields.hpp"
#include "web_texts.hpp"

#include <optional>

namespace gatehouse::config {
namespace {

using middleware::AuthorizerForm;
using middleware::AuthorizerPayload;
using middleware::HttpAuthorizerSettings;
using middleware::OnAuthorizerFailure;

// As Amazon does where nothing else is said, for Lambda authorizers of REST APIs.
constexpr Duration kLambdaCache = std::chrono::seconds(300);
constexpr Duration kLongestCache = std::chrono::hours(1);

bool parse_pattern(std::string_view text, std::string& value, Complaint& complaint) {
  if (const auto problem = middleware::token_pattern_problem(text)) {
    complaint.message = "this is no regular expression (RE2): " + *problem;
    return false;
  }
  value = std::string(text);
  return !text.empty();
}
constexpr Text<std::string> kPattern{"pattern", "a regular expression (RE2)", "", {"Bearer [A-Za-z0-9._-]+"}, parse_pattern, print_text};

constexpr Words<AuthorizerForm, 2> kForm{{{{"simple", AuthorizerForm::kSimple}, {"lambda", AuthorizerForm::kLambda}}}};
constexpr Words<AuthorizerPayload, 3> kPayload{{{{"TOKEN", AuthorizerPayload::kToken},
                                                 {"1.0", AuthorizerPayload::kRequest1},
                                                 {"2.0", AuthorizerPayload::kRequest2}}}};
constexpr Words<OnAuthorizerFailure, 2> kOnFailure{{{{"deny", OnAuthorizerFailure::kDeny}, {"allow", OnAuthorizerFailure::kAllow}}}};

void refuse_protected(const Cursor& at, std::string_view key, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!middleware::is_protected_field(name)) continue;
    at.problem_at(key, in_quotes(name) + " is written by the gateway and cannot be named here", "leave it out");
  }
}

// The keys of one form are not those of the other.
void check_form(const Cursor& at, const HttpAuthorizerSettings& s) {
  const bool lambda = s.form == AuthorizerForm::kLambda;
  const std::vector<std::string_view> others = lambda ? std::vector<std::string_view>{"method", "headers", "response_headers", "subject"}
                                                      : std::vector<std::string_view>{"payload", "token"};
  for (const std::string_view key : others) {
    if (at.node().find(key) == nullptr) continue;
    at.problem_at(key, in_quotes(key) + " says nothing in the " + (lambda ? "lambda" : "simple") + " form",
                  lambda ? "leave it out" : "add form: lambda, or leave it out");
  }
  if (lambda && s.payload == AuthorizerPayload::kToken && s.identity.size() > 1)
    at.problem_at("identity", "with payload TOKEN there is one identity source: the token", "name the header that carries it");
  if (s.cache > Duration() && s.identity.empty())
    at.problem_at("cache", "an answer can be kept only for those whom `identity` tells apart",
                  "add identity: [$header.authorization], or leave cache out");
}

void describe_http_authorizer(Fields& f, HttpAuthorizerSettings& s) {
  f.field("backend", s.backend, NameOf{&Reader::backends, kName}, "The service to ask, by the name of a backend.", Need::kRequired);
  f.field("path", s.path, kUrlPath, "The path to ask it at.");
  f.field("form", s.form, kForm,
          "simple: the request's headers go in, 2xx lets it on, 401 and 403 refuse it. lambda: Amazon's event and answer of Lambda "
          "authorizers, as JSON.");
  f.field("payload", s.payload, kPayload, "The event's format, of the form lambda.");
  f.field("identity", s.identity, list_of(kFieldValue, "[$header.authorization]"),
          "What the answer depends on. A request that lacks one of these is refused with 401, and the service not asked.");
  f.field("token", s.token, kPattern, "What the whole of the first identity source must match, else 401 without asking.");
  std::optional<Duration> cache;
  f.field("cache", cache, Ranged<Duration>{kAnyDuration, Duration(0), kLongestCache},
          "How long an answer holds for requests with the same identity; a policy for all routes, evaluated for each, everything else for "
          "one route and method. 0s: not at all. Default: 0s, in the form lambda 300s.");
  f.field("timeout", s.timeout, Ranged<Duration>{kAnyDuration, std::chrono::milliseconds(1), std::chrono::seconds(60)},
          "How long the service may take, connecting included.");
  f.field("answer", s.answer, Ranged<std::uint64_t>{kAnySize, 1, kMiB}, "The largest answer that is understood.");
  f.field("on_failure", s.on_failure, kOnFailure,
          "When the service cannot be reached, is late or says what cannot be understood. deny: 503, or 500 for a bad answer. allow: "
          "the request goes on, and nobody knows whose it is.");
  f.field("method", s.method, kMethod, "The method to ask with, of the form simple.");
  f.field("headers", s.headers, maybe_empty_list_of(kFieldName, "[authorization, cookie]"),
          "Headers of the request that the service is shown, of the form simple. Default: authorization and cookie.");
  f.field("response_headers", s.response_headers, list_of(kFieldName, "[x-user]"),
          "Headers of its answer that the backend is sent, of the form simple; copies that the client sent are removed. $claims.x-user has "
          "them too.");
  f.field("subject", s.subject, kFieldName, "The header of its answer that says who it is: for logs, metrics and throttles.");
  if (f.reading() == nullptr) return;
  const bool lambda = s.form == AuthorizerForm::kLambda;
  if (lambda && s.payload == AuthorizerPayload::kToken && s.identity.empty())
    if (auto source = pipeline::ValueTemplate::parse("$header.authorization", {})) s.identity.push_back(std::move(*source));
  s.cache = cache.value_or(lambda && !s.identity.empty() ? kLambdaCache : Duration());
  check_form(*f.reading(), s);
  refuse_protected(*f.reading(), "headers", s.headers);
  refuse_protected(*f.reading(), "response_headers", s.response_headers);
}

}  // namespace

constexpr Object<HttpAuthorizerSettings> kHttpAuthorizer{"http_authorizer", "Another service says who calls.",
                                                         "{backend: auth, path: /check}", describe_http_authorizer};

}  // namespace gatehouse::config
