// What a fleet needs of the registry: to hear of all connections, to look through them, and to end some.
#include "shelf.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {

std::uint64_t Shelf::visit(std::uint64_t from, std::size_t most, const std::function<void(const Connection&)>& look) const {
  const std::uint64_t end = std::min<std::uint64_t>(slots_.size(), from + most);
  for (std::uint64_t slot = from; slot < end; ++slot)
    if (const auto& connection = slots_[slot]; connection && !connection->over_) look(*connection);
  return end < slots_.size() ? end : Registry::kNoMore;
}

void Shelf::expel(const ConnectionId& id, std::string_view text, std::string_view reason) {
  if (id.slot() >= slots_.size() || !slots_[id.slot()] || slots_[id.slot()]->id() != id) return;
  slots_[id.slot()]->close(http::websocket::CloseCode::kServiceRestart, text, reason);
}

void Registry::watch(std::shared_ptr<RegistryWatcher> watcher) {
  for (const auto& shelf : shelves_) shelf->worker().post([&shelf = *shelf, watcher] { shelf.watch(watcher); });
}

void Registry::unwatch(const RegistryWatcher* watcher) {
  for (const auto& shelf : shelves_) shelf->worker().post([&shelf = *shelf, watcher] { shelf.unwatch(watcher); });
}

void Registry::visit(unsigned worker, std::uint64_t from, std::size_t most, std::function<void(const Connection&)> look,
                     Done<std::uint64_t> next) {
  Shelf& shelf = *shelves_[worker];
  shelf.worker().post([&shelf, from, most, look = std::move(look), next = std::move(next)] { next(shelf.visit(from, most, look)); });
}

void Registry::expel(const std::vector<ConnectionId>& ids, const std::string& text, std::string_view reason) {
  for (const ConnectionId& id : ids) {
    Shelf* const shelf = shelf_of(id);
    if (shelf != nullptr) shelf->worker().post([shelf, id, text, reason] { shelf->expel(id, text, reason); });
  }
}

}  // namespace gatehouse::wsapi
