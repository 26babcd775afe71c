// The throttle step: several buckets, the tightest decides. A refused request costs nothing in the others.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/socket_facts.hpp"
#include "plan_measure.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <span>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;

void remove_theirs(const http::Fields& fields, http::FieldEdits& edits) {
  constexpr std::string_view kPrefix = "ratelimit-";
  if (!fields.has(FieldId::kOther)) return;
  for (const http::FieldRef& ref : fields.refs()) {
    if (ref.id != FieldId::kOther) continue;
    const std::string_view name = fields.name(ref);
    if (name.size() < kPrefix.size() || name[kPrefix.size() - 1] != '-') continue;
    if (iequals(name.substr(0, kPrefix.size()), kPrefix)) edits.remove(ref.id, name);
  }
}

std::uint64_t burst_of(const ThrottleSettings& settings) { return settings.burst > 0 ? settings.burst : default_burst(settings.rate); }

// A whole IPv6 network of 64 bits is one client: any host has that many addresses to itself.
std::uint64_t client_key(const IpAddress& client, std::uint64_t seed) {
  constexpr std::size_t kNetworkBytes = 8;
  const auto& bytes = client.bytes();
  return keyed_hash64({reinterpret_cast<const char*>(bytes.data()), client.is_v4() ? bytes.size() : kNetworkBytes}, seed);
}

// Whoever calls: the key, whoever else was found, the client.
std::uint64_t caller_key(const pipeline::RequestContext& context, std::uint64_t seed) {
  const pipeline::Identity& identity = context.identity;
  const std::string_view who = identity.api_key.empty() ? identity.subject : identity.api_key;
  return who.empty() ? client_key(context.client, ~seed) : keyed_hash64(who, seed);
}

const std::string& scope_of(ThrottleKey per, const ThrottleScopes& scopes) {
  switch (per) {
    case ThrottleKey::kApi: return scopes.api;
    case ThrottleKey::kStage:
    case ThrottleKey::kRoute: return scopes.stage;
    default: return scopes.written;
  }
}

class Rule {
 public:
  // The rate is part of the key: after a reload that changes it, times that the old one left would mean something else.
  Rule(const ThrottleSettings& settings, const ThrottleScopes& scopes, std::uint64_t seed)
      : per_(settings.per),
        header_(settings.header),
        header_id_(http::field_id(settings.header)),
        claim_(read_claim(settings)),
        size_(settings.rate, burst_of(settings)),
        limit_(std::to_string(burst_of(settings))),
        seed_(keyed_hash64(scope_of(settings.per, scopes),
                           keyed_hash64(std::to_string(size_.interval.count()) + header_ + settings.claim,
                                        seed + static_cast<std::uint64_t>(per_)))) {}

  const BucketSize& size() const { return size_; }
  // For RateLimit-Limit.
  std::string_view limit() const { return limit_; }

  // Requests without the key, field or claim that a rule counts by are counted by client.
  std::uint64_t key(pipeline::RequestContext& context) const {
    switch (per_) {
      case ThrottleKey::kApi:
      case ThrottleKey::kStage: return seed_;
      case ThrottleKey::kRoute: return keyed_hash64(context.route.label, seed_);
      case ThrottleKey::kApiKey: return caller_key(context, seed_);
      case ThrottleKey::kHeader:
        if (const auto value = header(context.request().fields)) return keyed_hash64(*value, seed_);
        break;
      case ThrottleKey::kClaim:
        if (const auto value = claim(context)) return keyed_hash64(*value, seed_);
        break;
      case ThrottleKey::kConnection:
        if (context.socket != nullptr) return keyed_hash64(context.socket->connection_id, seed_);
        break;
      case ThrottleKey::kClientIp: break;
    }
    return client_key(context.client, ~seed_);
  }

 private:
  static crypto::ClaimPath read_claim(const ThrottleSettings& settings) {
    if (settings.per != ThrottleKey::kClaim) return {};
    auto path = crypto::ClaimPath::parse(settings.claim);
    if (!path) throw std::invalid_argument(path.error().message());
    return std::move(*path);
  }

  std::optional<std::string_view> claim(pipeline::RequestContext& context) const {
    if (!context.identity.claims) return std::nullopt;
    return context.identity.claims->text(claim_, context.arena());
  }

  std::optional<std::string_view> header(const http::Fields& fields) const {
    return header_id_ == FieldId::kOther ? fields.get(header_) : fields.get(header_id_);
  }

  ThrottleKey per_;
  std::string header_;
  FieldId header_id_;
  crypto::ClaimPath claim_;
  BucketSize size_;
  std::string limit_;
  std::uint64_t seed_;
};

// The buckets that one request takes a token of: all of them, or in the end none.
class Taking {
 public:
  Taking(Buckets& table, pipeline::RequestContext& context, std::size_t most, TimePoint now)
      : table_(table), context_(context), taken_(context.arena().array<Token>(most)), now_(now) {}

  void take(std::uint64_t key, const BucketSize& size, std::string_view limit) {
    const auto verdict = table_.take(key, size, now_);
    if (verdict.admitted) taken_[count_++] = {key, &size};
    if (verdict.admitted ? admitted() && tighter(verdict) : verdict.retry_after > retry_after_)
      context_.rate = {true, limit, verdict.remaining, pipeline::seconds_up(verdict.reset)};
    retry_after_ = std::max(retry_after_, verdict.retry_after);
    unknown_ |= verdict.unknown;
  }
  bool admitted() const { return retry_after_ == Duration::zero(); }
  Duration retry_after() const { return retry_after_; }
  // Nobody can tell what the fleet took.
  bool unknown() const { return unknown_; }
  void give_back() {
    for (std::size_t i = 0; i < count_; ++i) table_.give_back(taken_[i].key, *taken_[i].size);
  }

 private:
  struct Token {
    std::uint64_t key;
    const BucketSize* size;
  };
  bool tighter(const Buckets::Verdict& verdict) const {
    return !context_.rate.measured || verdict.remaining < context_.rate.remaining;
  }

  Buckets& table_;
  pipeline::RequestContext& context_;
  std::span<Token> taken_;
  std::size_t count_ = 0;
  TimePoint now_;
  Duration retry_after_{};
  bool unknown_ = false;
};

class ThrottleStep final : public pipeline::Middleware {
 public:
  ThrottleStep(const std::vector<ThrottleSettings>& settings, const ThrottleScopes& scopes, std::shared_ptr<Buckets> table, const Clock& clock,
               PlanUse plans)
      : plans_(std::move(plans), clock), table_(std::move(table)), clock_(clock) {
    for (const auto& rule : settings) rules_.emplace_back(rule, scopes, table_->seed());
  }

  std::string_view name() const override { return "throttle"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    const plans::Plan* const plan = plans_.plan_of(context.identity);
    if (plans_.is_lost(context.identity, plan)) return pipeline::Answer(context.arena(), 403, "plan_unknown", "Forbidden");
    const TimePoint now = clock_.now();
    Taking taking(*table_, context, rules_.size() + 1, now);
    for (const Rule& rule : rules_) taking.take(rule.key(context), rule.size(), rule.limit());
    if (plan != nullptr && plan->bucket) taking.take(caller_key(context, plan->seed + table_->seed()), *plan->bucket, plan->burst_text);
    if (!taking.admitted()) {
      taking.give_back();
      return refuse(context, taking);
    }
    auto refusal = plans_.count(context, plan, now);
    if (refusal) taking.give_back();
    return refusal;
  }

  // The names of draft-ietf-httpapi-ratelimit-headers-06, which clients know. A backend's own are replaced.
  void on_response(pipeline::RequestContext& context, http::ResponseHead& head) const override {
    const pipeline::RateState& rate = context.rate;
    if (!rate.measured || pipeline::as_amazon(context.route)) return;  // Amazon says nothing of limits
    if (head.base != nullptr) remove_theirs(*head.base, head.edits);
    Arena& arena = context.arena();
    head.edits.append_valid("RateLimit-Limit", rate.limit);
    head.edits.append_valid("RateLimit-Remaining", pipeline::decimal(arena, rate.remaining));
    head.edits.append_valid("RateLimit-Reset", pipeline::decimal(arena, rate.reset_seconds));
  }

 private:
  static pipeline::Answer refuse(pipeline::RequestContext& context, const Taking& taking) {
    pipeline::Answer refusal = taking.unknown()
                                   ? pipeline::Answer(context.arena(), 503, "throttle_unavailable", "Service Unavailable")
                                   : pipeline::Answer(context.arena(), 429, "throttled", "Too Many Requests");
    pipeline::set_retry_after(refusal, context.arena(), taking.retry_after());
    return refusal;
  }

  PlanMeasure plans_;
  std::vector<Rule> rules_;
  std::shared_ptr<Buckets> table_;
  const Clock& clock_;
};

}  // namespace

Step make_throttle(std::vector<ThrottleSettings> settings, const ThrottleScopes& scopes, std::shared_ptr<Buckets> table, const Clock& clock,
                   PlanUse plans) {
  return std::make_shared<ThrottleStep>(settings, scopes, std::move(table), clock, std::move(plans));
}

}  // namespace gatehouse::middleware
