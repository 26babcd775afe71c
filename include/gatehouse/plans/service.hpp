// Keys and usage between memory and the stores: loads both when a configuration begins, reads keys again now and then, writes usage
// behind, and does what operators ask. Its work runs on the background worker; none of it is on a request's way.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/plans/fleet_usage.hpp"
#include "gatehouse/plans/key_ring.hpp"
#include "gatehouse/plans/key_store.hpp"
#include "gatehouse/plans/ledger.hpp"
#include "gatehouse/plans/plan_book.hpp"
#include "gatehouse/plans/settings.hpp"
#include "gatehouse/plans/turn.hpp"
#include "gatehouse/plans/usage_store.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::plans {

using EnginePtr = std::shared_ptr<dynamo::Engine>;

// A store that holds keys.
struct KeyStoreSetup {
  std::string store;
  EnginePtr engine;
  Duration refresh;
};

// What one configuration says about keys and plans.
struct PlanSetup {
  std::vector<PlanSettings> plans;
  std::vector<std::pair<std::string, std::string>> written_keys;  // id and plan of those in the file
  std::vector<std::string> defaults;                              // plans of keys that have none
  std::vector<KeyStoreSetup> key_stores;
  UsageSettings usage;
  EnginePtr usage_engine;
  std::optional<FleetSettings> fleet;  // where quotas are common to gateways with stores of their own
};

struct CreateKey {
  std::string store;  // empty: where there is only one
  std::string id;     // empty: one is made
  std::string plan;
  std::string name;
  Duration lives{};  // 0: until it is revoked
};
struct CreatedKey {
  StoredKey stored;
  std::string key;  // the only time that anybody sees it
};

class PlanService {
 public:
  static constexpr Duration kWriteEvery = std::chrono::milliseconds(500);

  // All outlive it. The background worker is stopped, and close() called, before the stores close.
  PlanService(const Clock& clock, net::BackgroundWorker& background, observe::Registry& registry);
  ~PlanService();

  // Makes tables, reads keys and what was used: what a snapshot needs before it takes requests. On the control plane's thread. Nothing
  // that serves now is changed.
  struct Prepared {
    std::map<std::string, std::shared_ptr<const KeyRing>> rings;  // by store
    std::shared_ptr<const PlanBook> book;
  };
  Result<Prepared> prepare(const PlanSetup& setup);
  // `setup`, prepared before, is the one from now on.
  void adopt(PlanSetup setup);
  // Writes what is unwritten; nothing is counted any more. After the background worker has stopped.
  void close();

  // For operators: any thread but the background worker's. They wait for the store.
  Result<CreatedKey> create_key(CreateKey wish);
  Result<std::vector<StoredKey>> list_keys(std::string store);
  Result<void> revoke_key(std::string store, std::string id);
  // Up to now. `key` empty: of all keys. Sorted by key and day.
  Result<std::vector<UsageRow>> usage(std::string key, Day first, Day last);
  // Writes what is unwritten, and tells the fleet; false when something could not be written.
  Result<bool> write();

 private:
  struct Ring {
    KeyStoreSetup setup;
    std::shared_ptr<KeyRing> keys;
    TimePoint due{};
    std::vector<observe::Registry::Handle> metrics;
  };
  struct Flush;

  template <class T>
  Result<T> wait_for(std::function<net::Task<Result<T>>()> make);

  // All below on the background worker.
  net::Task<Result<Prepared>> run_prepare(PlanSetup setup);
  net::Task<Result<bool>> run_adopt(PlanSetup setup);
  net::Task<Result<CreatedKey>> run_create(CreateKey wish);
  net::Task<Result<std::vector<StoredKey>>> run_list(std::string store);
  net::Task<Result<bool>> run_revoke(std::string store, std::string id);
  net::Task<Result<std::vector<UsageRow>>> run_usage(std::string key, Day first, Day last);
  net::Task<Result<bool>> run_write();
  net::Task<Result<bool>> run_last_write();
  net::Task<void> run_forever();
  net::Task<void> run_lane(std::shared_ptr<Flush> flush);

  net::Task<Result<bool>> read_keys(Ring* ring);
  using FleetPtr = std::shared_ptr<FleetUsage>;
  net::Task<Result<FleetPtr>> fleet_of(PlanSetup setup);
  net::Task<Result<bool>> load(std::vector<AccountPtr> accounts, UsageSettings usage, EnginePtr engine, FleetPtr fleet);
  net::Task<Result<bool>> open_accounts(Ledger::Wanted wanted);
  Result<Ring*> ring_of(const std::string& store);
  Result<void> check_wish(const CreateKey& wish, const Ring& ring) const;
  void wanted_of(const PlanSetup& setup, const std::string& id, const std::string& plan, Ledger::Wanted& to) const;
  Ledger::Wanted wanted(const PlanSetup& setup, const std::vector<std::shared_ptr<KeyRing>>& rings) const;
  std::vector<std::shared_ptr<KeyRing>> current_rings() const;
  Day today() const { return day_of(clock_.wall()); }
  std::int64_t now_seconds() const;
  void observe_itself();

  const Clock& clock_;
  net::BackgroundWorker& background_;
  observe::Registry& registry_;
  const std::shared_ptr<Ledger> ledger_;
  observe::Counter& writes_;
  observe::Counter& write_failures_;
  std::vector<observe::Registry::Handle> metrics_;
  std::atomic<std::int64_t> written_until_{0};  // steady clock: all that was counted before is written
  bool started_ = false;                        // control plane

  // The background worker's.
  PlanSetup setup_;
  FleetPtr fleet_;                          // of setup_
  std::weak_ptr<FleetUsage> latest_fleet_;  // of what was prepared last
  std::map<std::string, Ring> rings_;
  Turns changes_;  // of keys, rings and accounts
  Turns flushes_;
  TimePoint prune_due_{};
  bool write_failed_ = false;
};

}  // namespace gatehouse::plans
