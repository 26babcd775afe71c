#include "gateway/stores.hpp"

#include "gateway/metered_engine.hpp"

#include "gatehouse/gateway/compare_stores.hpp"
#include "gatehouse/gateway/open_engine.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/engine/declare.hpp"
#include "gatehouse/dynamo/engine/local_engine.hpp"
#include "gatehouse/dynamo/engine/remote_engine.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

namespace gatehouse::gateway {
namespace {

using dynamo::Engine;
using dynamo::EngineKind;
using dynamo::LocalEngine;
using dynamo::StoreSettings;

Error store_error(const StoreSettings& settings, const std::string& why) {
  return {ErrorKind::kUnavailable, ErrorSource::kGateway, "store_unavailable", "store '" + settings.name + "': " + why};
}

Result<std::unique_ptr<LocalEngine>> open_local(const StoreSettings& settings, const Clock& clock, net::BlockingPool& pool) {
  dynamo::LocalEngineOptions options;
  options.stream_retention = settings.embedded.stream_retention;
  if (settings.kind == EngineKind::kMemory)
    return LocalEngine::open(dynamo::open_memory(), settings.kind, std::move(options), clock, pool);
  auto storage = dynamo::open_rocks(settings.embedded);
  if (!storage) return storage.error();
  options.backup_folder = settings.embedded.path;
  return LocalEngine::open(std::move(*storage), settings.kind, std::move(options), clock, pool);
}

std::vector<dynamo::TableSettings> tables_of(std::string_view store, const std::vector<dynamo::TableSettings>& tables) {
  std::vector<dynamo::TableSettings> found;
  std::ranges::copy_if(tables, std::back_inserter(found), [store](const auto& table) { return table.store == store; });
  return found;
}

}  // namespace

Result<std::unique_ptr<Engine>> open_engine(const StoreSettings& settings, const Clock& clock, net::BlockingPool& pool) {
  if (settings.kind == EngineKind::kRemote) {
    auto remote = dynamo::RemoteEngine::open(settings.remote, clock);
    if (!remote) return store_error(settings, remote.error().message());
    return std::unique_ptr<Engine>(std::move(*remote));
  }
  auto local = open_local(settings, clock, pool);
  if (!local) return store_error(settings, local.error().message());
  return std::unique_ptr<Engine>(std::move(*local));
}

Stores::Stores(const Clock& clock, net::BlockingPool& pool, observe::Registry& registry)
    : clock_(clock), pool_(pool), registry_(registry) {}

Stores::~Stores() { close_all(); }

Result<StoresByName> Stores::open(const std::vector<StoreSettings>& settings) {
  StoresByName stores;
  for (const StoreSettings& store : settings) {
    auto engine = find_or_open(store);
    if (!engine) return engine.error();
    stores[store.name] = std::move(*engine);
  }
  return stores;
}

Result<std::shared_ptr<Engine>> Stores::find_or_open(const StoreSettings& settings) {
  for (const Open& open : open_) {
    if (open.settings == settings) return open.engine;
    const bool same_folder = open.settings.kind == EngineKind::kEmbedded && settings.kind == EngineKind::kEmbedded &&
                             open.settings.embedded.path == settings.embedded.path;
    if (same_folder)
      return store_error(settings, settings.embedded.path + " is open with other settings; they change at the next start");
  }
  auto opened = open_one(settings);
  if (!opened) return opened.error();
  log::info("store opened", {{"store", settings.name}, {"engine", opened->engine->kind()}});
  return open_.emplace_back(std::move(*opened)).engine;
}

Result<Stores::Open> Stores::open_one(const StoreSettings& settings) {
  Open open{settings, nullptr, {}};
  auto engine = open_engine(settings, clock_, pool_);
  if (!engine) return engine.error();
  auto* const local = dynamic_cast<LocalEngine*>(engine->get());
  open.engine = std::make_shared<MeteredEngine>(std::move(*engine), settings.name, registry_);
  if (local == nullptr) return open;
  for (const auto& [name, value] : local->storage().statistics()) {
    const auto read = [&storage = local->storage(), name = name] {
      for (const auto& [known, now] : storage.statistics())
        if (known == name) return static_cast<double>(now);
      return 0.0;
    };
    const auto kind = name.ends_with("_total") ? observe::Registry::Kind::kCounter : observe::Registry::Kind::kGauge;
    open.metrics.push_back(registry_.observe(kind, "gatehouse_store_" + name,
                                             "Of the embedded store: " + name + ".", {{"store", settings.name}}, read));
  }
  return open;
}

Result<void> Stores::declare(const StoresByName& stores, const std::vector<dynamo::TableSettings>& tables) {
  for (const auto& [name, engine] : stores) {
    const auto named = tables_of(name, tables);
    if (named.empty()) continue;
    if (auto declared = dynamo::declare_tables(*engine, named); !declared) return declared.error();
  }
  return {};
}

Result<std::vector<std::string>> compare_stores(const config::Settings& settings, const Clock& clock) {
  constexpr unsigned kThreads = 1;
  constexpr std::size_t kQueue = 64;
  net::BlockingPool pool(kThreads, kQueue);
  std::vector<std::string> differences;
  for (const StoreSettings& store : settings.stores) {
    // What is not there has nothing that could differ, and looking must not make it.
    if (store.kind == EngineKind::kEmbedded && !std::filesystem::exists(store.embedded.path)) continue;
    const auto named = tables_of(store.name, settings.tables);
    if (named.empty()) continue;
    auto engine = open_engine(store, clock, pool);
    if (!engine) return engine.error();
    std::ranges::copy(dynamo::compare_tables(**engine, named), std::back_inserter(differences));
    (*engine)->close();
  }
  return differences;
}

void Stores::close_unused(const std::vector<StoreSettings>& settings) {
  std::erase_if(open_, [&settings](Open& open) {
    if (std::ranges::find(settings, open.settings) != settings.end() || open.engine.use_count() > 1) return false;
    open.metrics.clear();
    open.engine->close();
    log::info("store closed", {{"store", open.settings.name}});
    return true;
  });
}

void Stores::close_all() {
  while (!open_.empty()) {
    open_.back().metrics.clear();
    open_.back().engine->close();
    open_.pop_back();
  }
}

}  // namespace gatehouse::gateway
