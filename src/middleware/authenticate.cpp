// The authentication step: asks the authorizers of a route, any group of which may accept.
#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"

#include <optional>
#include <utility>

namespace gatehouse::middleware {
namespace {

using pipeline::Answer;
using pipeline::Decision;
using pipeline::Identity;
using pipeline::RequestContext;

std::string_view message(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 408: return "Request Timeout";
    case 413: return "Payload Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Forbidden";
  }
}

void add_facts(Identity& identity, const Identity& more) {
  const bool allowed_by_policy = identity.allowed_by_policy || more.allowed_by_policy;
  if (identity.method.empty()) identity = more;
  identity.allowed_by_policy = allowed_by_policy;
  if (identity.api_key.empty()) {
    identity.api_key = more.api_key;
    identity.plan = more.plan;
  }
  if (!identity.claims) {
    identity.claims = more.claims;
    identity.scope_claims = more.scope_claims;
  }
}

// Collects what the groups say until one accepts.
class Hearing {
 public:
  // True: the authorizer stands in nobody's way.
  bool hear(const Authorizer& authorizer, const Finding& finding) {
    if (finding.kind == Finding::Kind::kAccepted) {
      if (!identity_.claims && finding.identity.claims) claims_from_ = &authorizer;
      add_facts(identity_, finding.identity);
      return true;
    }
    const bool first_refusal = finding.kind == Finding::Kind::kRefused && !(refusal_ && refusal_->kind == Finding::Kind::kRefused);
    if (!refusal_ || first_refusal) refusal_ = finding;
    if (!finding.challenge.empty()) challenges_.push_back(finding.challenge);
    return false;
  }
  void next_group() {
    identity_ = {};
    claims_from_ = nullptr;
  }

  void accept(RequestContext& context) const { context.identity = identity_; }
  // Who found the claims of the identity; may be nobody.
  const Authorizer* claims_from() const { return claims_from_; }

  // What was shown and refused says more than what was not shown at all.
  Answer refuse(RequestContext& context) const {
    const Finding& why = *refusal_;
    context.detail = why.detail;
    Answer answer(context.arena(), why.status, why.reason, message(why.status));
    if (why.retry_after > Duration::zero()) pipeline::set_retry_after(answer, context.arena(), why.retry_after);
    if (why.kind == Finding::Kind::kRefused) {
      if (!why.challenge.empty()) answer.fields.append(http::FieldId::kWwwAuthenticate, why.challenge);
      return answer;
    }
    for (const std::string_view challenge : challenges_) answer.fields.append(http::FieldId::kWwwAuthenticate, challenge);
    return answer;
  }

 private:
  Identity identity_;
  const Authorizer* claims_from_ = nullptr;
  std::optional<Finding> refusal_;
  std::vector<std::string_view> challenges_;
};

class AuthenticateStep final : public pipeline::Middleware {
 public:
  explicit AuthenticateStep(std::vector<AuthorizerGroup> groups) : groups_(std::move(groups)) {}

  std::string_view name() const override { return "authenticate"; }

  Decision on_request(RequestContext& context) const override {
    Hearing hearing;
    for (const AuthorizerGroup& group : groups_) {
      hearing.next_group();
      bool accepted = true;
      for (const auto& authorizer : group) {
        const Finding finding = authorizer->check(context);
        if (finding.kind == Finding::Kind::kWait) return Decision::wait();
        if (!(accepted = hearing.hear(*authorizer, finding))) break;
      }
      if (accepted) return admit(context, hearing);
    }
    return hearing.refuse(context);
  }

  net::Task<std::optional<Answer>> wait(RequestContext& context) const override {
    Hearing hearing;
    for (const AuthorizerGroup& group : groups_) {
      hearing.next_group();
      bool accepted = true;
      for (const auto& authorizer : group) {
        Finding finding = authorizer->check(context);
        if (finding.kind == Finding::Kind::kWait) {
          net::Task<Finding> waiting = authorizer->wait(context);
          finding = co_await waiting;
        }
        if (!(accepted = hearing.hear(*authorizer, finding))) break;
      }
      if (accepted) co_return admit(context, hearing);
    }
    co_return hearing.refuse(context);
  }

 private:
  std::optional<Answer> admit(RequestContext& context, const Hearing& hearing) const {
    hearing.accept(context);
    for (const AuthorizerGroup& group : groups_)
      for (const auto& authorizer : group) authorizer->prepare_forwarding(context);
    if (hearing.claims_from() != nullptr) hearing.claims_from()->forward_claims(context);
    return std::nullopt;
  }

  std::vector<AuthorizerGroup> groups_;
};

}  // namespace

Step make_authenticate(std::vector<AuthorizerGroup> groups) { return std::make_shared<AuthenticateStep>(std::move(groups)); }

}  // namespace gatehouse::middleware
