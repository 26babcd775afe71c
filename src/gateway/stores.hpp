// The stores by name: opened for a configuration, kept across reloads while their settings stay, closed when no snapshot uses
// them. Control plane only: opening and closing wait for the disk.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::gateway {

using StoresByName = std::map<std::string, std::shared_ptr<dynamo::Engine>>;

class Stores {
 public:
  // All outlive it.
  Stores(const Clock& clock, net::BlockingPool& pool, observe::Registry& registry);
  ~Stores();
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  // The engines of these stores: those in use, or opened now. The error names the store.
  Result<StoresByName> open(const std::vector<dynamo::StoreSettings>& settings);
  // Creates what is absent. The error names the table and its place in the file.
  static Result<void> declare(const StoresByName& stores, const std::vector<dynamo::TableSettings>& tables);
  // Closes what neither `settings` names nor a running request still uses.
  void close_unused(const std::vector<dynamo::StoreSettings>& settings);
  // REQUIRES: no call runs.
  void close_all();

 private:
  struct Open {
    dynamo::StoreSettings settings;
    std::shared_ptr<dynamo::Engine> engine;
    std::vector<observe::Registry::Handle> metrics;
  };

  Result<std::shared_ptr<dynamo::Engine>> find_or_open(const dynamo::StoreSettings& settings);
  Result<Open> open_one(const dynamo::StoreSettings& settings);

  const Clock& clock_;
  net::BlockingPool& pool_;
  observe::Registry& registry_;
  std::vector<Open> open_;
};

}  // namespace gatehouse::gateway
