#include "gatehouse/middleware/remote_keys.hpp"

#include "key_fetch.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/net/alarm.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

constexpr Duration kFirstBackOff = std::chrono::seconds(1);
constexpr Duration kLongestBackOff = std::chrono::seconds(60);

// Gateways that were started together do not ask together.
Duration with_jitter(Duration duration) {
  static thread_local std::minstd_rand random{std::random_device()()};
  return std::chrono::duration_cast<Duration>(duration * std::uniform_real_distribution<>(0.8, 1.0)(random));
}

// Names of keys that a fetch was made for in vain: tokens that name them again are refused without another. Old ones make room.
class UnknownKeys {
 public:
  bool has(std::uint64_t key, TimePoint now, Duration lifetime) const {
    return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.key == key && now < entry.at + lifetime; });
  }
  void add(std::uint64_t key, TimePoint now) {
    entries_[next_] = {key, now};
    next_ = (next_ + 1) % entries_.size();
  }

 private:
  struct Entry {
    std::uint64_t key = 0;
    TimePoint at{};
  };
  std::array<Entry, 64> entries_;
  std::size_t next_ = 0;
};

}  // namespace

struct RemoteKeys::State {
  State(const JwksSettings& of, const Clock& with, net::BackgroundWorker& on) : settings(of), clock(with), background(on) {}

  const JwksSettings settings;
  const Clock& clock;
  net::BackgroundWorker& background;
  const std::shared_ptr<Counters> counters = std::make_shared<Counters>();
  std::atomic<std::uint64_t> generation{0};

  mutable std::mutex mutex;  // of all below
  std::shared_ptr<const crypto::KeySet> keys;
  std::string text;          // what the keys were read from
  std::vector<net::RemoteWake::Handle> waiting;
  UnknownKeys unknown;
  std::uint64_t begun = 0;   // fetches
  std::uint64_t over = 0;
  bool wanted = false;       // a request asked for one that has not begun
  bool last_failed = false;
  std::uint32_t failures = 0;  // in a row
  TimePoint next{};            // when the next begins by itself
  TimePoint on_demand_from{};  // when one may begin on demand
  bool stopped = false;

  net::Waiter* sleeper = nullptr;  // the task's, on its thread

  TimePoint due() const {
    const std::lock_guard lock(mutex);
    if (stopped) return TimePoint::min();
    return wanted ? std::min(next, on_demand_from) : next;
  }
  bool ended() const {
    const std::lock_guard lock(mutex);
    return stopped;
  }
  void begin();
  void take(Result<std::string> fetched);
  void wake_waiting();
  void wake_task(const std::shared_ptr<State>& self) {
    background.post([self] {
      if (self->sleeper != nullptr) self->sleeper->wake();
    });
  }

 private:
  bool adopt(std::string fetched);
  void plan(bool good);
};

void RemoteKeys::State::begin() {
  const std::lock_guard lock(mutex);
  ++begun;
  // The first fetch is nobody's demand: an unknown key right after it is looked for at once.
  if (std::exchange(wanted, false) && begun > 1) on_demand_from = clock.now() + settings.refetch;
}

// What is no set of usable keys changes nothing.
bool RemoteKeys::State::adopt(std::string fetched) {
  const std::string source = settings.url.empty() ? settings.issuer : settings.url;
  {
    const std::lock_guard lock(mutex);
    if (keys && text == fetched) return true;
  }
  auto parsed = crypto::KeySet::parse(fetched);
  if (!parsed || parsed->size() == 0) {
    log::warn("jwt_keys_unusable", {{"source", source}, {"error", parsed ? "no usable key in it" : parsed.error().message()}});
    return false;
  }
  for (const std::string& problem : parsed->problems()) log::warn("jwt_key_left_out", {{"source", source}, {"problem", problem}});
  log::info("jwt_keys_fetched", {{"source", source}, {"keys", static_cast<std::uint64_t>(parsed->size())}});
  auto made = std::make_shared<const crypto::KeySet>(std::move(*parsed));
  const std::lock_guard lock(mutex);
  keys = std::move(made);
  text = std::move(fetched);
  generation.fetch_add(1, std::memory_order_release);
  return true;
}

void RemoteKeys::State::plan(bool good) {
  const TimePoint now = clock.now();
  const std::lock_guard lock(mutex);
  ++over;
  last_failed = !good;
  failures = good ? 0 : failures + 1;
  if (good) {
    next = now + with_jitter(settings.refresh);
    return;
  }
  const Duration doubled = kFirstBackOff * (1 << std::min(failures - 1, 6U));
  const Duration pause = with_jitter(std::min({doubled, kLongestBackOff, settings.refresh}));
  next = now + pause;
  on_demand_from = now + std::min(pause, settings.refetch);
}

void RemoteKeys::State::take(Result<std::string> fetched) {
  if (!fetched) log::warn("jwt_keys_fetch_failed", {{"reason", fetched.error().reason()}, {"error", fetched.error().message()}});
  const bool good = fetched.has_value() && adopt(std::move(*fetched));
  (good ? counters->fetched : counters->failed).fetch_add(1, std::memory_order_relaxed);
  if (good) counters->last_good_ns.store(clock.now().time_since_epoch().count(), std::memory_order_relaxed);
  plan(good);
  wake_waiting();
}

void RemoteKeys::State::wake_waiting() {
  std::vector<net::RemoteWake::Handle> woken;
  {
    const std::lock_guard lock(mutex);
    woken.swap(waiting);
  }
  for (const auto& waiter : woken) waiter.wake();
}

RemoteKeys::RemoteKeys(const JwksSettings& settings, const Clock& clock, net::BackgroundWorker& background)
    : state_(std::make_shared<State>(settings, clock, background)) {
  background.spawn("jwt keys", [state = state_] { return run_fetching(state); });
}

RemoteKeys::~RemoteKeys() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
  }
  state_->wake_task(state_);
}

net::Task<void> RemoteKeys::run_fetching(std::shared_ptr<State> state) {
  net::Worker& worker = state->background.worker();
  net::Waiter waiter(worker.ready());
  struct Sleeper {
    State& state;
    ~Sleeper() { state.sleeper = nullptr; }
  } const sleeper{*state};
  state->sleeper = &waiter;
  KeyFetch fetch(state->background, state->settings, state->clock);
  while (!state->ended()) {
    state->begin();
    net::Task<Result<std::string>> fetching = fetch.run();
    Result<std::string> fetched = co_await fetching;
    state->take(std::move(fetched));
    for (TimePoint due = state->due(); state->clock.now() < due; due = state->due()) {
      const net::Alarm alarm(worker, waiter, due);
      co_await waiter;
    }
  }
}

std::uint64_t RemoteKeys::generation() const { return state_->generation.load(std::memory_order_acquire); }

RemoteKeys::View RemoteKeys::view() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->generation.load(std::memory_order_relaxed), state_->keys};
}

RemoteKeys::Outlook RemoteKeys::outlook(std::uint64_t key) const {
  const TimePoint now = state_->clock.now();
  const std::lock_guard lock(state_->mutex);
  if (state_->keys && state_->unknown.has(key, now, state_->settings.refetch)) return {Outlook::Kind::kUnknown, {}};
  const bool resting = state_->last_failed && state_->begun == state_->over && now < state_->on_demand_from;
  if (resting) return {Outlook::Kind::kUnavailable, state_->on_demand_from - now};
  return {};
}

void RemoteKeys::remember_unknown(std::uint64_t key) {
  const std::lock_guard lock(state_->mutex);
  state_->unknown.add(key, state_->clock.now());
}

std::uint64_t RemoteKeys::ask(const net::RemoteWake::Handle& waiter) {
  bool wake = false;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= kMaxWaiting) return 0;
    state_->waiting.push_back(waiter);
    if (state_->begun == state_->over) wake = !std::exchange(state_->wanted, true);
    number = state_->over + 1;
  }
  if (wake) state_->wake_task(state_);
  return number;
}

bool RemoteKeys::is_over(std::uint64_t number) const {
  const std::lock_guard lock(state_->mutex);
  return state_->over >= number;
}

Duration RemoteKeys::longest_wait() const { return state_->settings.timeout + state_->settings.refetch; }

std::shared_ptr<const RemoteKeys::Counters> RemoteKeys::counters() const { return state_->counters; }

}  // namespace gatehouse::middleware
