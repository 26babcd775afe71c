// The throttle step: several buckets, the tightest decides. A refused request costs nothing in the others.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/route.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;

// Whole seconds, rounded up: a client that waits as long as it is told must pass.
std::uint64_t seconds_up(Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

std::string_view decimal(Arena& arena, std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  char* const text = static_cast<char*>(arena.allocate(kDigits, 1));
  return {text, static_cast<std::size_t>(write_u64(text, value) - text)};
}

void remove_theirs(const http::Fields& fields, http::FieldEdits& edits) {
  constexpr std::string_view kPrefix = "ratelimit-";
  if (!fields.has(FieldId::kOther)) return;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (field.id == FieldId::kOther && iequals(field.name.substr(0, kPrefix.size()), kPrefix)) edits.remove(field.name);
  }
}

std::uint64_t default_burst(const Rate& rate) {
  const double per_second = rate.events / std::chrono::duration<double>(rate.per).count();
  return per_second > 1 ? static_cast<std::uint64_t>(per_second) : 1;
}

// A whole IPv6 network of 64 bits is one client: any host has that many addresses to itself.
std::uint64_t client_key(const IpAddress& client, std::uint64_t seed) {
  constexpr std::size_t kNetworkBytes = 8;
  const auto& bytes = client.bytes();
  return keyed_hash64({reinterpret_cast<const char*>(bytes.data()), client.is_v4() ? bytes.size() : kNetworkBytes}, seed);
}

class Rule {
 public:
  // The rate is part of the key: after a reload that changes it, times that the old one left would mean something else.
  Rule(const ThrottleSettings& settings, const std::string& api, const std::string& scope, std::uint64_t seed)
      : per_(settings.per),
        header_(settings.header),
        header_id_(http::field_id(settings.header)),
        rate_(settings.rate),
        burst_(settings.burst > 0 ? settings.burst : default_burst(settings.rate)),
        seed_(keyed_hash64(per_ == ThrottleKey::kApi || per_ == ThrottleKey::kRoute ? api : scope,
                     keyed_hash64(std::to_string(ThrottleTable::interval(rate_).count()) + header_,
                                  seed + static_cast<std::uint64_t>(per_)))) {}

  const Rate& rate() const { return rate_; }
  std::uint64_t burst() const { return burst_; }

  // Requests without the key or field that a rule counts by are counted by client.
  std::uint64_t key(const pipeline::RequestContext& context) const {
    switch (per_) {
      case ThrottleKey::kApi: return seed_;
      case ThrottleKey::kRoute: return keyed_hash64(context.route.label, seed_);
      case ThrottleKey::kApiKey:
        if (!context.identity.subject.empty()) return keyed_hash64(context.identity.subject, seed_);
        break;
      case ThrottleKey::kHeader:
        if (const auto value = header(context.request().fields)) return keyed_hash64(*value, seed_);
        break;
      case ThrottleKey::kClientIp: break;
    }
    return client_key(context.client, ~seed_);
  }

 private:
  std::optional<std::string_view> header(const http::Fields& fields) const {
    return header_id_ == FieldId::kOther ? fields.get(header_) : fields.get(header_id_);
  }

  ThrottleKey per_;
  std::string header_;
  FieldId header_id_;
  Rate rate_;
  std::uint64_t burst_;
  std::uint64_t seed_;
};

class ThrottleStep final : public pipeline::Middleware {
 public:
  ThrottleStep(const std::vector<ThrottleSettings>& settings, const std::string& api, const std::string& scope,
               std::shared_ptr<Buckets> table, const Clock& clock)
      : table_(std::move(table)), clock_(clock) {
    for (const auto& rule : settings) rules_.emplace_back(rule, api, scope, table_->seed());
  }

  std::string_view name() const override { return "throttle"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    const TimePoint now = clock_.now();
    const auto taken = context.arena().array<std::uint64_t>(rules_.size());
    Duration retry_after{};
    bool unknown = false;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const Rule& rule = rules_[i];
      const std::uint64_t key = rule.key(context);
      const auto verdict = table_->take(key, rule.rate(), rule.burst(), now);
      taken[i] = verdict.admitted ? key : 0;
      if (verdict.admitted ? retry_after == Duration::zero() && tighter(verdict, context.rate)
                           : verdict.retry_after > retry_after) {
        context.rate = {true, rule.burst(), verdict.remaining, seconds_up(verdict.reset)};
      }
      retry_after = std::max(retry_after, verdict.retry_after);
      unknown |= verdict.unknown;
    }
    if (retry_after == Duration::zero()) return std::nullopt;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (taken[i] != 0) table_->give_back(taken[i], rules_[i].rate());
    }
    pipeline::Answer refusal = unknown ? pipeline::Answer(context.arena(), 503, "throttle_unavailable", "Service Unavailable")
                                       : pipeline::Answer(context.arena(), 429, "throttled", "Too Many Requests");
    refusal.fields.set(FieldId::kRetryAfter, decimal(context.arena(), seconds_up(retry_after)));
    return refusal;
  }

  // The names of draft-ietf-httpapi-ratelimit-headers-06, which clients know. A backend's own are replaced.
  void on_response(pipeline::RequestContext& context, http::ResponseHead& head) const override {
    const pipeline::RateState& rate = context.rate;
    if (!rate.measured) return;
    if (head.base != nullptr) remove_theirs(*head.base, head.edits);
    head.edits.append("RateLimit-Limit", decimal(context.arena(), rate.limit));
    head.edits.append("RateLimit-Remaining", decimal(context.arena(), rate.remaining));
    head.edits.append("RateLimit-Reset", decimal(context.arena(), rate.reset_seconds));
  }

 private:
  static bool tighter(const Buckets::Verdict& verdict, const pipeline::RateState& than) {
    return !than.measured || verdict.remaining < than.remaining;
  }

  std::vector<Rule> rules_;
  std::shared_ptr<Buckets> table_;
  const Clock& clock_;
};

}  // namespace

Step make_throttle(std::vector<ThrottleSettings> settings, std::string api, std::string scope,
                   std::shared_ptr<Buckets> table, const Clock& clock) {
  return std::make_shared<ThrottleStep>(settings, api, scope, std::move(table), clock);
}

}  // namespace gatehouse::middleware
