// The authorization step: whether what the caller proved about itself is enough for this route.
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/middleware/steps.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using crypto::Claims;
using crypto::ClaimPath;
using pipeline::Answer;
using pipeline::RequestContext;

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool is_one_of(JsonValue value, const std::vector<std::string>& any_of) {
  if (value.is_array() || value.is_object() || value.kind() == JsonKind::kNull) return false;
  return std::ranges::find(any_of, value.text()) != any_of.end();
}

class Condition {
 public:
  explicit Condition(ClaimCondition from) : from_(std::move(from)), detail_("the claim " + from_.claim.text() + " is not what the route asks for") {}

  // One element is enough where the claim is a list.
  bool holds(const Claims& claims) const {
    const JsonValue value = claims.find(from_.claim);
    if (!value) return false;
    if (!value.is_array()) return is_one_of(value, from_.any_of);
    return std::ranges::any_of(value, [this](JsonValue element) { return is_one_of(element, from_.any_of); });
  }
  std::string_view detail() const { return detail_; }

 private:
  ClaimCondition from_;
  std::string detail_;
};

class Need {
 public:
  explicit Need(ClaimPath claim) : claim_(std::move(claim)), detail_("the caller has no claim " + claim_.text()) {}

  bool holds(const Claims& claims) const {
    const JsonValue value = claims.find(claim_);
    if (!value || value.kind() == JsonKind::kNull) return false;
    return !value.is_string() || !value.text().empty();
  }
  std::string_view detail() const { return detail_; }

 private:
  ClaimPath claim_;
  std::string detail_;
};

class AuthorizeStep final : public pipeline::Middleware {
 public:
  explicit AuthorizeStep(AuthorizeSettings settings)
      : scopes_(std::move(settings.scopes)),
        challenge_("Bearer error=\"insufficient_scope\", scope=\"" + join(scopes_) + '"'),
        scope_detail_("the caller has none of the scopes " + join(scopes_)) {
    for (auto& claim : settings.needed) needs_.emplace_back(std::move(claim));
    for (auto& condition : settings.claims) conditions_.emplace_back(std::move(condition));
  }

  std::string_view name() const override { return "authorize"; }

  pipeline::Decision on_request(RequestContext& context) const override {
    const Claims* const claims = context.identity.claims;
    if (!scopes_.empty() && !(claims != nullptr && claims->has_scope(scopes_, context.identity.scope_claims))) {
      Answer answer = refuse(context, "scope_missing", scope_detail_);
      answer.fields.append(http::FieldId::kWwwAuthenticate, challenge_);
      return answer;
    }
    for (const Condition& condition : conditions_)
      if (claims == nullptr || !condition.holds(*claims)) return refuse(context, "claim_mismatch", condition.detail());
    for (const Need& need : needs_)
      if (claims == nullptr || !need.holds(*claims)) return refuse(context, "claim_missing", need.detail());
    return std::nullopt;
  }

 private:
  static Answer refuse(RequestContext& context, std::string_view reason, std::string_view detail) {
    context.detail = detail;
    return {context.arena(), 403, reason, "Forbidden"};
  }

  std::vector<std::string> scopes_;
  std::string challenge_;
  std::string scope_detail_;
  std::vector<Condition> conditions_;
  std::vector<Need> needs_;
};

}  // namespace

Step make_authorize(AuthorizeSettings settings) { return std::make_shared<AuthorizeStep>(std::move(settings)); }

}  // namespace gatehouse::middleware
