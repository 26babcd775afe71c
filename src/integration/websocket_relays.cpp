// The open relays of all workers.
#include "gatehouse/base/ids.hpp"
#include "websocket_relay.hpp"

#include <utility>

namespace gatehouse::integration {

void WebSocketRelays::Shelf::add(std::unique_ptr<WebSocketRelay> relay) {
  WebSocketRelay& added = *open.emplace_back(std::move(relay));
  count.store(open.size(), std::memory_order_relaxed);
  added.start();
}

void WebSocketRelays::Shelf::bury_after_turn(net::Worker& worker) {
  worker.after_turn([shelf = shared_from_this()] {
    shelf->open.remove_if([](const auto& relay) { return relay->over(); });
    shelf->count.store(shelf->open.size(), std::memory_order_relaxed);
  });
}

WebSocketRelays::WebSocketRelays(std::size_t workers, WebSocketObserver& observer) : observer_(observer) {
  for (std::size_t i = 0; i < workers; ++i) shelves_.push_back(std::make_shared<Shelf>());
}

WebSocketRelays::~WebSocketRelays() = default;

void WebSocketRelays::drain(net::Worker& worker, Duration over) {
  for (const auto& relay : on(worker).open) {
    const auto share = static_cast<double>(random_u64() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
    relay->drain_at(worker.now() + std::chrono::duration_cast<Duration>(over * share));
  }
}

void WebSocketRelays::close_all(const net::Worker& worker) {
  Shelf& shelf = on(worker);
  shelf.open.clear();
  shelf.count.store(0, std::memory_order_relaxed);
}

std::uint64_t WebSocketRelays::open() const {
  std::uint64_t sum = 0;
  for (const auto& shelf : shelves_) sum += shelf->count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace gatehouse::integration
