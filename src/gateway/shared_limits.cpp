#include "gateway/shared_limits.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/redis/subscriber.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::gateway {
namespace {

using middleware::SharedBuckets;
using State = std::shared_ptr<SharedLimitsState>;

constexpr std::size_t kMostReports = 512;  // in one round trip
constexpr auto kQuiet = std::chrono::seconds(1);  // then Redis is asked whether it is still there
constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(5);

// GCRA by the clock of Redis, in microseconds since an epoch that leaves fractions some bits of a double. A key holds when its
// bucket will be full. `spent` tokens were taken already and may put the bucket in debt; `want` more are granted as long as
// there are any, but never more than half of them, so that another gateway finds some too.
constexpr std::string_view kScript = R"(
local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1600000000) * 1000000 + tonumber(time[2])
local step, burst, spent, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + spent * step
full_at = math.max(full_at, now)
local room = math.max(math.floor((now + burst * step - full_at) / step + 0.001), 0)
local granted = math.min(want, math.ceil(room / 2))
full_at = full_at + granted * step
local wait = full_at - now
if wait > 0 then
  redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', string.format('%.0f', math.ceil(wait / 1000) + 1000))
else
  redis.call('DEL', KEYS[1])
end
return {granted, room - granted, string.format('%.3f', wait)}
)";

// The same in all gateways that use the same keys, and unknown to whoever does not know the password.
std::uint64_t fleet_seed(const config::SharedSettings& settings) {
  const auto digest = crypto::sha256(settings.redis.password + '\n' + settings.prefix);
  std::uint64_t seed = 0;
  std::memcpy(&seed, digest.data(), sizeof seed);
  return seed;
}

double number(const redis::Reply& reply) {
  if (reply.kind == redis::Reply::Kind::kInteger) return static_cast<double>(reply.integer);
  double value = -1;
  const char* const end = reply.text.data() + reply.text.size();
  const auto [stopped, error] = std::from_chars(reply.text.data(), end, value);
  return error == std::errc() && stopped == end ? value : -1;
}

// False: this is no answer of the script.
bool read_grant(const redis::Reply& reply, SharedBuckets::Grant& grant) {
  if (reply.kind != redis::Reply::Kind::kList || reply.items.size() != 3) return false;
  const double tokens = number(reply.items[0]);
  const double left = number(reply.items[1]);
  const double wait = number(reply.items[2]);
  if (tokens < 0 || left < 0 || wait < 0 || tokens > 1e18 || left > 1e18) return false;
  grant = {static_cast<std::uint64_t>(tokens), static_cast<std::uint64_t>(left), Duration(static_cast<std::int64_t>(std::min(wait, 3e15) * 1000))};
  return true;
}

std::string decimal(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 3).ptr};
}

void append_report(redis::Client& client, const std::string& script, const std::string& prefix, const SharedBuckets::Report& report) {
  char hex[16];
  const char* const end = std::to_chars(hex, hex + sizeof hex, report.key, 16).ptr;
  const std::string key = prefix + "throttle:" + std::string(hex, static_cast<std::size_t>(end - hex));
  const std::string step = decimal(static_cast<double>(report.interval.count()) / 1000);
  const std::string burst = std::to_string(report.burst);
  const std::string spent = std::to_string(report.spent);
  const std::string want = std::to_string(report.want);
  const std::array<std::string_view, 8> words{"EVALSHA", script, "1", key, step, burst, spent, want};
  client.append(words);
}

// One round: what was collected is told, and what is answered applied. An error ends the connection.
net::Task<Result<void>> tell(State state, redis::Client& client, const std::string& script, std::vector<SharedBuckets::Report>& reports) {
  for (const auto& report : reports) append_report(client, script, state->settings.prefix, report);
  net::Task<Result<redis::Replies>> asking = client.exchange();
  const Result<redis::Replies> replies = co_await asking;
  Result<void> outcome;
  if (!replies) outcome = replies.error();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    SharedBuckets::Grant grant{};
    if (replies && read_grant((*replies)[i], grant)) {
      state->buckets.apply(reports[i], grant, state->clock.now());
      state->tokens.fetch_add(grant.tokens, std::memory_order_relaxed);
      continue;
    }
    state->buckets.failed(reports[i]);
    if (replies) outcome = Error(ErrorKind::kProtocol, ErrorSource::kUpstream, "redis_refused", "the script: " + (*replies)[i].text);
  }
  state->round_trips.fetch_add(1, std::memory_order_relaxed);
  state->reports.fetch_add(reports.size(), std::memory_order_relaxed);
  co_return outcome;
}

// The name by which Redis knows the script.
net::Task<Result<std::string>> load_script(redis::Client& client) {
  const std::array<std::string_view, 3> words{"SCRIPT", "LOAD", kScript};
  client.append(words);
  net::Task<Result<redis::Replies>> asking = client.exchange();
  const Result<redis::Replies> replies = co_await asking;
  if (!replies) co_return replies.error();
  if (replies->front().kind == redis::Reply::Kind::kText) co_return replies->front().text;
  co_return Error(ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", "SCRIPT LOAD: " + replies->front().text);
}

net::Task<Result<void>> ask_whether_there(redis::Client& client) {
  const std::array<std::string_view, 1> words{"PING"};
  client.append(words);
  net::Task<Result<redis::Replies>> asking = client.exchange();
  const Result<redis::Replies> replies = co_await asking;
  if (!replies) co_return replies.error();
  co_return Result<void>();
}

// As long as the connection holds.
net::Task<Result<void>> keep_in_step(State state, redis::Client& client, net::Worker& worker, std::string script) {
  std::vector<SharedBuckets::Report> reports;
  TimePoint heard = worker.now();
  while (!state->stopped) {
    reports.clear();
    state->buckets.collect(state->clock.now(), kMostReports, reports);
    Result<void> outcome;
    if (!reports.empty()) {
      net::Task<Result<void>> telling = tell(state, client, script, reports);
      outcome = co_await telling;
      heard = worker.now();
    } else if (worker.now() - heard > kQuiet) {
      net::Task<Result<void>> asking = ask_whether_there(client);
      outcome = co_await asking;
      heard = worker.now();
    }
    if (!outcome) co_return outcome;
    co_await net::sleep_for(worker, state->settings.every);
  }
  co_return Result<void>();
}

net::Task<Result<void>> live(State state, redis::Client& client, net::Worker& worker) {
  net::Task<Result<void>> connecting = client.connect();
  const Result<void> connected = co_await connecting;
  if (!connected) co_return connected;
  net::Task<Result<std::string>> loading = load_script(client);
  const Result<std::string> script = co_await loading;
  if (!script) co_return script.error();
  state->buckets.set_connected(true);
  log::info("shared_connected", {{"redis", state->settings.redis.host}});
  net::Task<Result<void>> keeping = keep_in_step(state, client, worker, *script);
  const Result<void> ended = co_await keeping;
  state->buckets.set_connected(false);
  co_return ended;
}

net::Task<void> run_shared_limits(State state, net::BackgroundWorker& background, std::shared_ptr<const net::TlsClientContext> tls) {
  net::Worker& worker = background.worker();
  redis::Pause pause(kFirstPause, kLongestPause);
  bool said = false;
  while (!state->stopped) {
    redis::Client client(worker, background.resolver(), state->settings.redis, tls);
    const std::uint64_t before = state->round_trips;
    net::Task<Result<void>> living = live(state, client, worker);
    const Result<void> ended = co_await living;
    client.close();
    if (ended) break;
    state->failures.fetch_add(1, std::memory_order_relaxed);
    const bool was_there = state->round_trips != before;
    if (was_there) pause.reset();
    if (was_there || !std::exchange(said, true)) {
      const Error error = ended.error();
      log::warn("shared_unavailable", {{"redis", state->settings.redis.host}, {"reason", error.reason()}, {"problem", error.message()}});
    }
    co_await net::sleep_for(worker, pause.take());
  }
}

}  // namespace

Result<std::shared_ptr<SharedLimits>> SharedLimits::start(const config::SharedSettings& settings, const Clock& clock,
                                                          net::BackgroundWorker& background, observe::Registry& registry) {
  std::shared_ptr<const net::TlsClientContext> tls;
  if (settings.redis.tls) {
    auto made = net::make_tls_client_context(settings.redis.tls_settings);
    if (!made) return made.error();
    tls = *made;
  }
  auto state = std::make_shared<SharedLimitsState>(settings, clock, fleet_seed(settings));
  std::shared_ptr<SharedLimits> limits(new SharedLimits(state));
  limits->register_metrics(registry);
  background.spawn("shared limits", [state, &background, tls] { return run_shared_limits(state, background, tls); });
  return limits;
}

void SharedLimits::register_metrics(observe::Registry& registry) {
  using Kind = observe::Registry::Kind;
  const auto add = [&](Kind kind, std::string_view name, std::string_view help, std::function<double()> read) {
    metrics_.push_back(registry.observe(kind, name, help, {}, std::move(read)));
  };
  const auto count = [&](std::string_view name, std::string_view help, std::atomic<std::uint64_t> SharedLimitsState::*value) {
    add(Kind::kCounter, name, help, [state = state_, value] { return static_cast<double>(((*state).*value).load(std::memory_order_relaxed)); });
  };
  add(Kind::kGauge, "gatehouse_shared_connected", "1 while the fleet's Redis answers.",
      [state = state_] { return state->buckets.connected() ? 1.0 : 0.0; });
  add(Kind::kGauge, "gatehouse_shared_active_buckets", "Buckets that were used lately and are kept in step.",
      [state = state_] { return static_cast<double>(state->buckets.active()); });
  count("gatehouse_shared_round_trips_total", "Exchanges with the fleet's Redis.", &SharedLimitsState::round_trips);
  count("gatehouse_shared_failures_total", "Connections to the fleet's Redis that failed or broke.", &SharedLimitsState::failures);
  count("gatehouse_shared_reports_total", "What was told of single buckets.", &SharedLimitsState::reports);
  count("gatehouse_shared_tokens_total", "Tokens fetched in advance.", &SharedLimitsState::tokens);
}

}  // namespace gatehouse::gateway
