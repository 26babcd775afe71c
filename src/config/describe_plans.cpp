// usage_plans, usage, and the keys of an authorizer that are in a store.
#include "descriptions.hpp"
#include "web_texts.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::config {
namespace {

using plans::PeriodRule;
using plans::PlanSettings;
using plans::Quota;
using plans::Unit;
using plans::UsageSettings;

constexpr std::uint64_t kMostRequests = 1'000'000'000'000;
constexpr unsigned kLastWeekday = 6;
constexpr unsigned kLastMonthDay = 27;  // behind the 1st: every month has a 28th

std::string_view unit_name(Unit unit) { return unit == Unit::kDay ? "day" : unit == Unit::kWeek ? "week" : "month"; }

bool parse_quota(std::string_view text, Quota& value, Complaint& complaint) {
  const std::size_t slash = text.find('/');
  const auto limit = parse_u64(text.substr(0, slash));
  if (limit && slash == std::string_view::npos) complaint.fix = "say in what time: " + std::string(text) + "/day";
  if (!limit || slash == std::string_view::npos) return false;
  if (*limit == 0 || *limit > kMostRequests) {
    complaint.message = "a quota is from 1 to " + std::to_string(kMostRequests) + " requests, found " + in_quotes(text);
    return false;
  }
  const std::string_view per = text.substr(slash + 1);
  for (const Unit unit : {Unit::kDay, Unit::kWeek, Unit::kMonth}) {
    if (per != unit_name(unit)) continue;
    value = {*limit, {unit, 0}};
    return true;
  }
  complaint.fix = "quotas are per day, week or month; for shorter times there is rate";
  return false;
}

std::string print_quota(const Quota& quota) {
  return quota.limit == 0 ? std::string() : std::to_string(quota.limit) + "/" + std::string(unit_name(quota.per.unit));
}

constexpr Text<Quota> kQuotaText{
    "requests_per_period", "a quota such as 1000/day, 5000/week or 20000/month", "^[0-9]+/(day|week|month)$", {"1000/day", "20000/month"}, parse_quota, print_quota};

void describe_quota(Fields& f, Quota& s) {
  f.field("limit", s.limit, Integer<std::uint64_t>{1, kMostRequests}, "So many requests of a key may pass in a period.", Need::kRequired);
  f.field("per", s.per.unit, Words<Unit, 3>{{{{"day", Unit::kDay}, {"week", Unit::kWeek}, {"month", Unit::kMonth}}}},
          "The period, in UTC.");
  f.field("offset", s.per.offset, Integer<unsigned>{0, kLastMonthDay},
          "The day on which a period begins: of a week 0 (Sunday) to 6 (Saturday), of a month 0 (the 1st) to 27 (the 28th).");
  const unsigned most = s.per.unit == Unit::kDay ? 0 : s.per.unit == Unit::kWeek ? kLastWeekday : kLastMonthDay;
  if (f.reading() != nullptr && s.per.offset > most)
    f.reading()->problem_at("offset", "the offset of a " + std::string(unit_name(s.per.unit)) + " is at most " + std::to_string(most));
}
constexpr Object<Quota> kQuotaMap{"quota", "How many requests of a key may pass in a day, a week or a month.", "{limit: 5000, per: week, offset: 1}",
                                  describe_quota};

void describe_plan(Fields& f, PlanSettings& s) {
  std::optional<Rate> rate;
  f.field("rate", rate, kRate, "So many requests of a key may pass in the long run. Default: no bound.");
  if (rate) s.rate = *rate;
  std::optional<std::uint64_t> burst;
  f.field("burst", burst, Integer<std::uint64_t>{1, 1'000'000'000}, "So many may pass at once. Default: one second of the rate, at least 1.");
  s.burst = burst.value_or(0);
  f.field("quota", s.quota, TextOr<Text<Quota>, Object<Quota>>{kQuotaText, kQuotaMap},
          "So many requests of a key may pass in a day, a week or a month, counted in UTC. Default: no bound.");
  if (f.reading() == nullptr) return;
  if (burst && !rate) f.reading()->problem_at("burst", "a burst needs a rate", "add rate: 5/s");
  if (!f.given("rate") && !f.given("quota")) f.reading()->problem("the plan bounds nothing", "give a rate, a quota, or both");
}
constexpr Object<PlanSettings> kPlan{"usage_plan", "How much the keys that are bound to it may do, each for itself.",
                                     "{rate: 5/s, burst: 10, quota: 1000/day}", describe_plan};

void describe_usage(Fields& f, UsageSettings& s) {
  describe_store_choice(f, s.store);
  f.field("keep", s.keep, Ranged<Duration>{kAnyDuration, std::chrono::hours(24 * 32), std::chrono::hours(24 * 3660)},
          "How long the counts of a day are kept.");
}
constexpr Object<UsageSettings> kUsage{"usage", "Where it is kept what keys have used, in the table gatehouse.usage.", "{store: main, keep: 400d}",
                                       describe_usage};

// Quotas survive a restart, so they need a store: the one that can be meant.
void choose_usage_store(const Fields& f, Settings& s) {
  if (s.usage.kept) return;
  bool quotas = false;
  for (const PlanSettings& plan : s.usage_plans) quotas = quotas || plan.quota.limit > 0;
  if (!quotas) return;
  Reader& reader = f.reading()->reader();
  reader.needs_store = true;
  s.usage.kept = true;
  const auto& stores = reader.stores.declared();
  if (stores.size() == 1) {
    s.usage.store = stores.front();
  } else if (stores.size() > 1) {
    f.reading()->problem_at("usage_plans", "quotas need a store, and there are several", "add usage: {store: " + stores.front() + "}");
  }
}

}  // namespace

void describe_plans(Fields& f, Settings& s) {
  using PlanMap = Map<Object<PlanSettings>>;
  PlanMap::Value plans;
  f.field("usage_plans", plans, PlanMap{kName, kPlan, "{free: {rate: 5/s, burst: 10, quota: 1000/day}}"},
          "How much API keys may do, by name: a key is bound to a plan.");
  for (auto& [name, plan] : plans) {
    f.reading()->reader().usage_plans.declare(name);
    plan.name = std::move(name);
    s.usage_plans.push_back(std::move(plan));
  }
  f.field("usage", s.usage, kUsage, "Where it is kept what keys have used. Default: in the only store, once a plan has a quota.");
  if (f.reading() == nullptr) return;
  s.usage.kept = f.given("usage");
  choose_usage_store(f, s);
}

void describe_key_store(Fields& f, middleware::ApiKeySettings& s) {
  const bool given = f.field("store", s.store, NameOf{&Reader::stores, kName},
                             "A store with more keys, which `gatehouse keys` manages. Default: none.");
  f.field("refresh", s.refresh, Ranged<Duration>{kAnyDuration, std::chrono::seconds(1), std::chrono::hours(24)},
          "How often the store's keys are read again; what this gateway's own admin listener changes holds at once.");
  if (given && f.reading() != nullptr) f.reading()->reader().needs_store = true;
  if (f.reading() != nullptr && f.given("refresh") && !f.given("store"))
    f.reading()->problem_at("refresh", "there is no store to read keys from", "add store, or leave it out");
}

}  // namespace gatehouse::config
