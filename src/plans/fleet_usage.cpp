#include "gatehouse/plans/fleet_usage.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/net/tls.hpp"
#include "gatehouse/redis/client.hpp"
#include "gatehouse/redis/subscriber.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

namespace gatehouse::plans {

struct FleetUsage::State {
  State(FleetSettings settings_, std::string gateway_, std::shared_ptr<const Ledger> ledger_, const Clock& clock_,
        net::BackgroundWorker& background_)
      : settings(std::move(settings_)), gateway(std::move(gateway_)), ledger(std::move(ledger_)), clock(clock_), background(background_) {}
  const FleetSettings settings;
  std::string gateway;  // the background worker's
  const std::shared_ptr<const Ledger> ledger;
  const Clock& clock;
  net::BackgroundWorker& background;
  std::shared_ptr<const net::TlsClientContext> tls;
  std::atomic<bool> connected{false}, stopped{false};
  std::atomic<std::uint64_t> reports{0}, failures{0};
};

namespace {

using StatePtr = std::shared_ptr<FleetUsage::State>;
using Accounts = std::shared_ptr<const std::vector<AccountPtr>>;

constexpr std::size_t kMostReports = 512;         // in one round trip
constexpr auto kQuiet = std::chrono::seconds(1);  // then Redis is asked whether it is still there
constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(5);
constexpr Duration kTellPatience = std::chrono::seconds(3);  // of tell(), which something waits for
constexpr Duration kStepPatience = std::chrono::seconds(1);  // of each of its steps
constexpr auto kKeptAfterwards = std::chrono::hours(24);     // clocks differ, and a gateway may be late

// A key holds the numbers of one period by gateway. One's own never falls: what Redis has more of was told before a crash.
constexpr std::string_view kScript = R"(
local ours = math.max(tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0), tonumber(ARGV[2]))
if ours > 0 then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', ours))
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
local sum = 0
for _, number in ipairs(redis.call('HVALS', KEYS[1])) do sum = sum + tonumber(number) end
return {ours, sum - ours}
)";

struct Report {
  Account* account;
  Account::Own own;
};

// "gatehouse:quota:shop-app:month+14:2026-11-15"
std::string redis_key(const std::string& prefix, const Account& account, Day period) {
  constexpr std::array<std::string_view, 3> kUnits{"day", "week", "month"};
  const PeriodRule rule = account.rule();
  std::string key = prefix + "quota:" + account.id() + ':' + std::string(kUnits[static_cast<std::size_t>(rule.unit)]);
  if (rule.offset > 0) key += '+' + std::to_string(rule.offset);
  return key + ':' + date_text(period);
}

void append_report(redis::Client& client, const std::string& script, const FleetUsage::State& state, const Report& report) {
  const auto ends = beginning_of(next_period(report.account->rule(), report.own.period)) + kKeptAfterwards;
  const auto left = std::chrono::ceil<std::chrono::seconds>(ends - state.clock.wall()).count();
  const std::string key = redis_key(state.settings.prefix, *report.account, report.own.period);
  const std::string requests = std::to_string(report.own.requests);
  const std::string expires = std::to_string(std::max<std::int64_t>(left, 1));
  const std::array<std::string_view, 7> words{"EVALSHA", script, "1", key, state.gateway, requests, expires};
  client.append(words);
}

enum class Heard : std::uint8_t { kNumbers, kNonsense, kSomebodyElse };

Heard apply(const redis::Reply& reply, const Report& report) {
  using Kind = redis::Reply::Kind;
  if (reply.kind != Kind::kList || reply.items.size() != 2) return Heard::kNonsense;
  const auto is_count = [](const redis::Reply& item) { return item.kind == Kind::kInteger && item.integer >= 0; };
  if (!std::ranges::all_of(reply.items, is_count)) return Heard::kNonsense;
  const bool ours = report.account->heard(report.own, static_cast<std::uint64_t>(reply.items[0].integer),
                                          static_cast<std::uint64_t>(reply.items[1].integer));
  return ours ? Heard::kNumbers : Heard::kSomebodyElse;
}

// Two gateways that tell one number would count as one. All is told again under a name of this run: too much rather than too little.
Error take_another_name(FleetUsage::State& state) {
  log::error("quota_fleet_name_taken", {{"gateway", state.gateway}, {"fix", "begin each gateway with an empty store, not with a copy"}});
  state.gateway = make_ulid();
  return {ErrorKind::kProtocol, ErrorSource::kUpstream, "redis_refused", "another gateway has the same name"};
}

// An error ends the connection. What was not answered is still untold.
net::Task<Result<void>> exchange(StatePtr state, redis::Client& client, const std::string& script, std::vector<Report>& reports) {
  for (const Report& report : reports) append_report(client, script, *state, report);
  net::Task<Result<redis::Replies>> asking = client.exchange();
  const Result<redis::Replies> replies = co_await asking;
  if (!replies) co_return replies.error();
  Result<void> outcome;
  bool taken = false;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const Heard heard = apply((*replies)[i], reports[i]);
    taken = taken || heard == Heard::kSomebodyElse;
    if (heard == Heard::kNonsense)
      outcome = Error(ErrorKind::kProtocol, ErrorSource::kUpstream, "redis_refused", "the script: " + (*replies)[i].text);
  }
  if (taken) outcome = take_another_name(*state);
  state->reports.fetch_add(reports.size(), std::memory_order_relaxed);
  reports.clear();
  co_return outcome;
}

enum class Which : std::uint8_t { kUntold, kAll };

// How many were told.
net::Task<Result<std::size_t>> tell(StatePtr state, redis::Client& client, const std::string& script, Accounts accounts, Which which,
                                    TimePoint until) {
  std::size_t told = 0;
  std::vector<Report> reports;
  for (std::size_t i = 0; i < accounts->size(); ++i) {
    Account& account = *(*accounts)[i];
    if (which == Which::kAll || account.untold()) reports.push_back({&account, account.own(day_of(state->clock.wall()))});
    const bool full = reports.size() == kMostReports || i + 1 == accounts->size();
    if (!full || reports.empty()) continue;
    if (state->background.worker().now() > until)
      co_return Error(ErrorKind::kTimeout, ErrorSource::kUpstream, "redis_timeout", "telling what was used took too long");
    told += reports.size();
    net::Task<Result<void>> exchanging = exchange(state, client, script, reports);
    const Result<void> exchanged = co_await exchanging;
    if (!exchanged) co_return exchanged.error();
  }
  co_return told;
}

// One command, whose error is one.
net::Task<Result<std::string>> ask(redis::Client& client, std::vector<std::string_view> words) {
  client.append(words);
  net::Task<Result<redis::Replies>> asking = client.exchange();
  const Result<redis::Replies> replies = co_await asking;
  if (!replies) co_return replies.error();
  if (replies->front().kind == redis::Reply::Kind::kText) co_return replies->front().text;
  co_return Error(ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", std::string(words.front()) + ": " + replies->front().text);
}

// Connects; the name by which Redis knows the script.
net::Task<Result<std::string>> begin(redis::Client& client) {
  net::Task<Result<void>> connecting = client.connect();
  const Result<void> connected = co_await connecting;
  if (!connected) co_return connected.error();
  std::vector<std::string_view> words{"SCRIPT", "LOAD", kScript};
  net::Task<Result<std::string>> loading = ask(client, std::move(words));
  co_return co_await loading;
}

// As long as the connection holds. The first round tells of everything: Redis may have lost it.
net::Task<Result<void>> keep_in_step(StatePtr state, redis::Client& client, net::Worker& worker) {
  net::Task<Result<std::string>> beginning = begin(client);
  const Result<std::string> script = co_await beginning;
  if (!script) co_return script.error();
  TimePoint heard = worker.now();
  for (Which which = Which::kAll; !state->stopped; which = Which::kUntold) {
    net::Task<Result<std::size_t>> telling = tell(state, client, *script, state->ledger->current(), which, TimePoint::max());
    const Result<std::size_t> told = co_await telling;
    if (!told) co_return told.error();
    if (which == Which::kAll) {
      state->connected = true;
      log::info("quota_fleet_connected", {{"redis", state->settings.redis.host}});
    }
    if (*told > 0) heard = worker.now();
    if (worker.now() - heard > kQuiet) {
      std::vector<std::string_view> words{"PING"};
      net::Task<Result<std::string>> asking = ask(client, std::move(words));
      const Result<std::string> answered = co_await asking;
      if (!answered) co_return answered.error();
      heard = worker.now();
    }
    co_await net::sleep_for(worker, state->settings.every);
  }
  co_return Result<void>();
}

net::Task<void> run_fleet_usage(StatePtr state) {
  net::Worker& worker = state->background.worker();
  redis::Pause pause(kFirstPause, kLongestPause);
  bool said = false;
  while (!state->stopped) {
    redis::Client client(worker, state->background.resolver(), state->settings.redis, state->tls);
    net::Task<Result<void>> keeping = keep_in_step(state, client, worker);
    const Result<void> ended = co_await keeping;
    const bool was_there = state->connected.exchange(false);
    client.close();
    if (ended) break;
    state->failures.fetch_add(1, std::memory_order_relaxed);
    if (was_there) pause.reset();
    if (was_there || !std::exchange(said, true)) {
      const Error error = ended.error();
      log::warn("quota_fleet_unavailable",
                {{"redis", state->settings.redis.host}, {"reason", error.reason()}, {"problem", error.message()}});
    }
    co_await net::sleep_for(worker, pause.take());
  }
}

net::Task<void> tell_at_once(StatePtr state, Accounts accounts) {
  net::Worker& worker = state->background.worker();
  const TimePoint until = worker.now() + kTellPatience;
  redis::Settings settings = state->settings.redis;
  settings.timeout = std::min(settings.timeout, kStepPatience);
  redis::Client client(worker, state->background.resolver(), std::move(settings), state->tls);
  net::Task<Result<std::string>> beginning = begin(client);
  const Result<std::string> script = co_await beginning;
  if (!script) co_return void(state->failures.fetch_add(1, std::memory_order_relaxed));
  net::Task<Result<std::size_t>> telling = tell(state, client, *script, std::move(accounts), Which::kUntold, until);
  const Result<std::size_t> told = co_await telling;
  if (!told) state->failures.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Result<std::shared_ptr<FleetUsage>> FleetUsage::start(FleetSettings settings, std::string gateway, std::shared_ptr<const Ledger> ledger,
                                                      const Clock& clock, net::BackgroundWorker& background, observe::Registry& registry) {
  auto state = std::make_shared<State>(std::move(settings), std::move(gateway), std::move(ledger), clock, background);
  if (state->settings.redis.tls) {
    auto made = net::make_tls_client_context(state->settings.redis.tls_settings);
    if (!made) return made.error();
    state->tls = *made;
  }
  std::shared_ptr<FleetUsage> usage(new FleetUsage(state, state->gateway));
  usage->observe_itself(registry);
  background.spawn("quota fleet", [state] { return run_fleet_usage(state); });
  return usage;
}

FleetUsage::~FleetUsage() { stop(); }
void FleetUsage::stop() { state_->stopped = true; }

const FleetSettings& FleetUsage::settings() const { return state_->settings; }
bool FleetUsage::connected() const { return state_->connected.load(std::memory_order_relaxed); }
bool FleetUsage::may_admit() const { return !state_->settings.closed || connected(); }

net::Task<void> FleetUsage::tell(std::vector<AccountPtr> accounts) const {
  return tell_at_once(state_, std::make_shared<const std::vector<AccountPtr>>(std::move(accounts)));
}

void FleetUsage::observe_itself(observe::Registry& registry) {
  using Kind = observe::Registry::Kind;
  const auto add = [&](Kind kind, std::string_view name, std::string_view help, std::function<double()> read) {
    metrics_.push_back(registry.observe(kind, name, help, {}, std::move(read)));
  };
  add(Kind::kGauge, "gatehouse_quota_fleet_connected", "1 while the quotas of the fleet are counted together.",
      [state = state_] { return state->connected ? 1.0 : 0.0; });
  add(Kind::kCounter, "gatehouse_quota_fleet_reports_total", "Times that the fleet's Redis was told what a key has used here.",
      [state = state_] { return static_cast<double>(state->reports.load(std::memory_order_relaxed)); });
  add(Kind::kCounter, "gatehouse_quota_fleet_failures_total", "Connections to the fleet's Redis for quotas that failed or broke.",
      [state = state_] { return static_cast<double>(state->failures.load(std::memory_order_relaxed)); });
}

}  // namespace gatehouse::plans
