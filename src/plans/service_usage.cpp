// What keys have used: read when they are first known, written behind.
#include "gatehouse/base/log.hpp"
#include "gatehouse/plans/service.hpp"
#include "wait_for.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace gatehouse::plans {
namespace {

constexpr std::size_t kLanes = 32;          // writes at a time: those that wait for the disk together are one
constexpr std::size_t kJobsForALane = 8;
constexpr Duration kPruneEvery = std::chrono::seconds(30);

}  // namespace

// Counts on their way to the store. What does not get there is counted as unwritten again.
struct PlanService::Flush {
  struct Job {
    AccountPtr account;
    Unwritten unwritten;
    bool done = false;
  };
  Flush(UsageStore to, net::Worker& worker) : store(std::move(to)), ended(worker.ready()) {}
  ~Flush() {
    for (const Job& job : jobs)
      if (!job.done) job.account->put_back(job.unwritten);
  }

  UsageStore store;
  std::vector<Job> jobs;
  std::size_t next = 0;
  std::size_t failed = 0;
  std::size_t lanes = 0;
  std::string cause;
  net::Waiter ended;
};

net::Task<void> PlanService::run_lane(std::shared_ptr<Flush> flush) {
  ++flush->lanes;
  while (flush->next < flush->jobs.size()) {
    Flush::Job& job = flush->jobs[flush->next++];
    net::Task<Result<std::uint64_t>> adding = flush->store.add(job.account->id(), job.unwritten);
    const Result<std::uint64_t> total = co_await adding;
    if (total) {
      job.account->written(job.unwritten, *total);
      job.done = true;
    } else {
      ++flush->failed;
      flush->cause = total.error().message();
    }
  }
  --flush->lanes;
  flush->ended.wake();
}

net::Task<Result<bool>> PlanService::run_write() {
  net::Task<Turns::Turn> queueing = flushes_.take(&background_.worker());
  const Turns::Turn turn = co_await queueing;
  if (!setup_.usage.kept) co_return true;
  const TimePoint began = clock_.now();
  auto flush = std::make_shared<Flush>(UsageStore(setup_.usage_engine, background_.worker(), setup_.usage.keep), background_.worker());
  for (const AccountPtr& account : ledger_->accounts()) {
    for (const Unwritten& unwritten : account->collect()) flush->jobs.push_back({account, unwritten});
  }
  for (std::size_t lane = 1; lane < std::min(kLanes, flush->jobs.size() / kJobsForALane); ++lane)
    background_.spawn("usage", [this, flush] { return run_lane(flush); });
  net::Task<void> lane = run_lane(flush);
  co_await lane;
  while (flush->lanes > 0) co_await flush->ended;

  writes_.add(registry_.workers(), flush->jobs.size() - flush->failed);
  write_failures_.add(registry_.workers(), flush->failed);
  const bool failed = flush->failed > 0;
  if (failed && !write_failed_) log::error("usage_not_written", {{"counts", std::uint64_t(flush->failed)}, {"cause", flush->cause}});
  if (!failed && write_failed_) log::info("usage written again");
  write_failed_ = failed;
  if (!failed) written_until_.store(began.time_since_epoch().count(), std::memory_order_relaxed);
  co_return !failed;
}

net::Task<Result<bool>> PlanService::run_last_write() {
  net::Task<Result<bool>> writing = run_write();
  const Result<bool> written = co_await writing;
  const FleetPtr fleet = fleet_;
  if (fleet != nullptr && fleet->connected()) {
    net::Task<void> telling = fleet->tell(ledger_->accounts());
    co_await telling;
  }
  if (!written) co_return written.error();
  co_return *written;
}

net::Task<void> PlanService::run_forever() {
  while (true) {
    co_await net::sleep_for(background_.worker(), kWriteEvery);
    net::Task<Result<bool>> writing = run_write();
    co_await writing;
    net::Task<Turns::Turn> queueing = changes_.take(&background_.worker());
    const Turns::Turn turn = co_await queueing;
    const TimePoint now = clock_.now();
    for (auto& [store, ring] : rings_) {
      if (now < ring.due) continue;
      ring.due = now + ring.setup.refresh;
      net::Task<Result<bool>> reading = read_keys(&ring);
      const Result<bool> read = co_await reading;
      if (!read) log::error("keys_not_refreshed", {{"cause", read.error().message()}});
    }
    if (now < prune_due_) continue;
    prune_due_ = now + kPruneEvery;
    ledger_->publish(wanted(setup_, current_rings()), {});
  }
}

// The one in use, where nothing is new.
net::Task<Result<PlanService::FleetPtr>> PlanService::fleet_of(PlanSetup setup) {
  if (!setup.fleet) co_return nullptr;
  const UsageStore store(setup.usage_engine, background_.worker(), setup.usage.keep);
  net::Task<Result<std::string>> naming = store.gateway_name();
  const Result<std::string> name = co_await naming;
  if (!name) co_return name.error();
  if (FleetPtr latest = latest_fleet_.lock(); latest != nullptr && latest->settings() == *setup.fleet && latest->gateway() == *name)
    co_return latest;
  Result<FleetPtr> made = FleetUsage::start(*setup.fleet, *name, ledger_, clock_, background_, registry_);
  if (made) latest_fleet_ = *made;
  co_return made;
}

// What these accounts' keys have used in their periods, today included.
net::Task<Result<bool>> PlanService::load(std::vector<AccountPtr> accounts, UsageSettings usage, EnginePtr engine, FleetPtr fleet) {
  if (accounts.empty()) co_return true;
  // A key that is counted by another period now: what its former account has not written would be missed.
  net::Task<Result<bool>> writing = run_write();
  co_await writing;
  const Day now = today();
  Day first = now;
  std::set<unsigned> shards;
  std::unordered_multimap<std::string_view, std::size_t> by_id;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    first = std::min(first, period_start(accounts[i]->rule(), now));
    shards.insert(UsageStore::shard_of(accounts[i]->id()));
    by_id.emplace(accounts[i]->id(), i);
  }
  const UsageStore store(std::move(engine), background_.worker(), usage.keep);
  net::Task<Result<std::vector<UsageRow>>> reading = store.read(first, now, std::move(shards));
  const Result<std::vector<UsageRow>> rows = co_await reading;
  if (!rows) co_return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "usage_unreadable",
                             "store '" + usage.store + "': table gatehouse.usage: " + rows.error().message());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sums(accounts.size());  // of the period, of today
  for (const UsageRow& row : *rows) {
    const auto [from, to] = by_id.equal_range(row.key);
    for (auto found = from; found != to; ++found) {
      auto& [of_period, of_today] = sums[found->second];
      if (row.day >= period_start(accounts[found->second]->rule(), now)) of_period += row.requests;
      if (row.day == now) of_today += row.requests;
    }
  }
  for (std::size_t i = 0; i < accounts.size(); ++i) accounts[i]->load(now, sums[i].first, sums[i].second);
  if (fleet == nullptr) co_return true;
  net::Task<void> telling = fleet->tell(std::move(accounts));
  co_await telling;
  co_return true;
}

net::Task<Result<std::vector<UsageRow>>> PlanService::run_usage(std::string key, Day first, Day last) {
  if (!setup_.usage.kept)
    co_return Error(ErrorKind::kInvalid, ErrorSource::kGateway, "usage_not_kept",
                    "no usage is kept: give a usage plan a quota, or say `usage: {store: …}`");
  net::Task<Result<bool>> writing = run_write();
  const Result<bool> all_written = co_await writing;
  if (!all_written) co_return all_written.error();
  std::set<unsigned> shards;
  if (!key.empty()) shards.insert(UsageStore::shard_of(key));
  for (unsigned shard = 0; key.empty() && shard < UsageStore::kShards; ++shard) shards.insert(shard);
  const UsageStore store(setup_.usage_engine, background_.worker(), setup_.usage.keep);
  net::Task<Result<std::vector<UsageRow>>> reading = store.read(first, last, std::move(shards));
  Result<std::vector<UsageRow>> rows = co_await reading;
  if (!rows) co_return rows.error();
  if (!key.empty()) std::erase_if(*rows, [&key](const UsageRow& row) { return row.key != key; });
  std::ranges::sort(*rows, [](const UsageRow& a, const UsageRow& b) { return std::tie(a.key, a.day) < std::tie(b.key, b.day); });
  co_return std::move(*rows);
}

Result<std::vector<UsageRow>> PlanService::usage(std::string key, Day first, Day last) {
  return wait_for<std::vector<UsageRow>>([this, key, first, last] { return run_usage(key, first, last); });
}

Result<bool> PlanService::write() {
  if (!started_) return true;
  return wait_for<bool>([this] { return run_last_write(); });
}

void PlanService::close() {
  if (!setup_.usage.kept) return;
  const UsageStore store(setup_.usage_engine, background_.worker(), setup_.usage.keep);
  for (const AccountPtr& account : ledger_->accounts()) {
    for (const Unwritten& unwritten : account->collect()) {
      if (const auto added = store.add_blocking(account->id(), unwritten); !added)
        log::error("usage_not_written", {{"key", account->id()}, {"requests", unwritten.requests}, {"cause", added.error().message()}});
    }
  }
  setup_ = {};
  fleet_.reset();
  rings_.clear();
}

void PlanService::observe_itself() {
  using Kind = observe::Registry::Kind;
  metrics_.push_back(registry_.observe(Kind::kGauge, "gatehouse_quota_keys", "Keys whose requests are counted, once for each kind of period.",
                                       {}, [ledger = ledger_] { return static_cast<double>(ledger->accounts().size()); }));
  metrics_.push_back(registry_.observe(
      Kind::kGauge, "gatehouse_quota_write_lag_seconds", "Since when what was counted may not be in the store. 0: nothing is counted.", {}, [this] {
        const std::int64_t until = written_until_.load(std::memory_order_relaxed);
        return until == 0 ? 0.0 : static_cast<double>(clock_.now().time_since_epoch().count() - until) / 1e9;
      }));
}

}  // namespace gatehouse::plans
