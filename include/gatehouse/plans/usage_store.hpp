// The table gatehouse.usage of a store: requests for each key and day. A partition is a month's sixteenth of all keys, so that what a
// period needs is read in few requests and no partition takes all writes.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/plans/ledger.hpp"
#include "gatehouse/plans/period.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::plans {

struct UsageRow {
  std::string key;
  Day day;
  std::uint64_t requests;
};

// On `worker`'s thread, which is a background one; both outlive it.
class UsageStore {
 public:
  static constexpr unsigned kShards = 16;
  static dynamo::TableSettings table(std::string store);
  static unsigned shard_of(std::string_view key);

  UsageStore(std::shared_ptr<dynamo::Engine> engine, net::Worker& worker, Duration keep)
      : engine_(std::move(engine)), worker_(&worker), keep_(keep) {}

  // Adds to what is there; several gateways may. The sum as it is afterwards.
  net::Task<Result<std::uint64_t>> add(std::string key, Unwritten unwritten) const;
  // The same on a thread that may wait.
  Result<std::uint64_t> add_blocking(const std::string& key, Unwritten unwritten) const;
  // What this store's gateway is called: chosen the first time. Where each gateway has a store of its own.
  net::Task<Result<std::string>> gateway_name() const;
  // All rows of these days, of keys in these shards, in no order.
  net::Task<Result<std::vector<UsageRow>>> read(Day first, Day last, std::set<unsigned> shards) const;

 private:
  net::Task<Result<void>> read_partition(Day first, Day last, unsigned shard, std::vector<UsageRow>* rows) const;
  std::string addition(std::string_view key, Unwritten unwritten) const;

  std::shared_ptr<dynamo::Engine> engine_;
  net::Worker* worker_;
  Duration keep_;
};

}  // namespace gatehouse::plans
