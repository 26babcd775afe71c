#include "plan_measure.hpp"

#include "gatehouse/pipeline/answer_fields.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gatehouse::middleware {
namespace {

using Wall = std::chrono::system_clock::time_point;

}  // namespace

PlanMeasure::PlanMeasure(PlanUse use, const Clock& clock) : use_(std::move(use)), clock_(clock) {
  if (use_.book != nullptr && !use_.otherwise.empty()) otherwise_ = use_.book->find(use_.otherwise);
}

const plans::Plan* PlanMeasure::plan_of(const pipeline::Identity& identity) const {
  if (use_.book == nullptr) return nullptr;
  return identity.plan.empty() ? otherwise_ : use_.book->find(identity.plan);
}

// Looked up again every second at the latest: the wall clock may be set.
plans::Day PlanMeasure::today(TimePoint now) const {
  if (now.time_since_epoch().count() < day_until_.load(std::memory_order_acquire)) return day_.load(std::memory_order_relaxed);
  const Wall wall = clock_.wall();
  const plans::Day day = plans::day_of(wall);
  const Duration left = std::min(Duration(plans::beginning_of(day + 1) - wall), Duration(std::chrono::seconds(1)));
  day_.store(day, std::memory_order_relaxed);
  day_until_.store((now + left).time_since_epoch().count(), std::memory_order_release);
  return day;
}

std::optional<pipeline::Answer> PlanMeasure::count(pipeline::RequestContext& context, const plans::Plan* plan, TimePoint now) const {
  if (use_.book == nullptr || use_.book->ledger() == nullptr || context.identity.api_key.empty()) return std::nullopt;
  const bool limited = plan != nullptr && plan->settings.quota.limit > 0;
  const plans::PeriodRule rule = limited ? plan->settings.quota.per : plans::PeriodRule{};
  const unsigned worker = context.exchange.worker().index();
  plans::Account* const account = use_.book->ledger()->find(worker, context.identity.api_key, rule);
  if (account == nullptr) {
    if (!limited) return std::nullopt;
    return pipeline::Answer(context.arena(), 403, "api_key_uncounted", "Forbidden");
  }
  if (limited && !use_.book->may_admit()) return refuse_unknown(context);
  const plans::Day day = today(now);
  const auto verdict = account->take(limited ? plan->settings.quota.limit : plans::Account::kUnlimited, day);
  if (!limited) return std::nullopt;
  (verdict.admitted ? plan->admitted : plan->exhausted)->add(worker);
  const bool tightest = !context.rate.measured || verdict.remaining < context.rate.remaining;
  if (verdict.admitted && !tightest) return std::nullopt;
  const Duration left = plans::beginning_of(plans::next_period(rule, day)) - clock_.wall();
  context.rate = {true, plan->quota_text, verdict.remaining, pipeline::seconds_up(left)};
  return verdict.admitted ? std::nullopt : refuse(context, *plan, left);
}

std::optional<pipeline::Answer> PlanMeasure::refuse_unknown(pipeline::RequestContext& context) {
  context.detail = "what the key has used in the fleet is not known: Redis is away";
  pipeline::Answer refusal(context.arena(), 503, "throttle_unavailable", "Service Unavailable");
  pipeline::set_retry_after(refusal, context.arena(), std::chrono::seconds(1));
  return refusal;
}

std::optional<pipeline::Answer> PlanMeasure::refuse(pipeline::RequestContext& context, const plans::Plan& plan, Duration left) const {
  context.detail = context.arena().concat({"the quota of the plan ", plan.settings.name, " is used up"});
  pipeline::Answer refusal(context.arena(), 429, "quota_exceeded", "Limit Exceeded");
  pipeline::set_retry_after(refusal, context.arena(), left);
  return refusal;
}

}  // namespace gatehouse::middleware
