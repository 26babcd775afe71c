// What an engine has beside tables, made in the order in which they need each other.
#include "backups.hpp"
#include "counters.hpp"
#include "index_build.hpp"
#include "maintenance.hpp"
#include "stream_log.hpp"
#include "table_drop.hpp"
#include "transfers.hpp"

#include "gatehouse/base/log.hpp"

namespace gatehouse::dynamo {

Result<void> open_services(LocalState& state) {
  state.streams = std::make_shared<StreamLog>(*state.storage, state.catalogue, state.clock, state.options.stream_retention);
  state.maintenance = std::make_unique<Maintenance>(state);
  state.backups = std::make_shared<Backups>(state);
  state.transfers = std::make_shared<Transfers>(state);
  if (Result<void> loaded = state.streams->load(); !loaded) return loaded;
  if (Result<void> loaded = load_counters(state); !loaded) return loaded;
  if (Result<void> found = find_orphans(state); !found) return found;
  enqueue_unfinished_builds(state);
  if (Result<void> loaded = state.backups->load(); !loaded) return loaded;
  if (Result<void> loaded = state.transfers->load(); !loaded) return loaded;
  state.maintenance->start();
  return {};
}

void close_services(LocalState& state) {
  if (!state.maintenance) return;
  state.maintenance->stop();
  if (Result<void> kept = keep_counters(state); !kept) log::warn("store_counters_lost", {{"error", kept.error().message()}});
  // Their snapshots must be gone before the storage is closed.
  state.maintenance.reset();
}

}  // namespace gatehouse::dynamo
