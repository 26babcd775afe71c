// WebSocket connections that are passed through: what holds for them, those that are open, and who hears of them.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/net/worker.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::integration {

// Judged by frame headers only. 0: no bound.
struct WebSocketSettings {
  bool enabled = true;
  std::uint64_t frame = 0;    // bytes of payload on the wire; beyond it 1009
  std::uint64_t message = 0;  // of all its frames together
  Duration idle = std::chrono::minutes(10);  // without a byte either way; then 1001
  Duration lifetime{};                       // then 1001
  Duration ping{};                           // to the client; one that says nothing until the next is taken for dead
  std::uint32_t messages_per_second = 0;     // from the client; beyond it 1008
  bool operator==(const WebSocketSettings&) const = default;
};

// How one ended. Texts are valid during the call.
struct WebSocketSummary {
  std::string_view api, route, backend, request_id;
  IpAddress client;
  std::string_view reason;  // stable code: "websocket_closed", "websocket_idle_timeout"
  std::uint16_t code = 0;   // of the Close frame that decided, whoever sent it; 1006: there was none
  std::uint64_t messages_in = 0, messages_out = 0;  // from and to the client
  std::uint64_t bytes_in = 0, bytes_out = 0;
  Duration lasted{};
};

// On the worker's thread.
class WebSocketObserver {
 public:
  virtual ~WebSocketObserver() = default;
  virtual void on_websocket_opened(const net::Worker& worker) = 0;
  virtual void on_websocket_closed(const net::Worker& worker, const WebSocketSummary& summary) noexcept = 0;
};

// The open connections of all workers. They outlive the configuration that they began with.
class WebSocketRelays {
 public:
  WebSocketRelays(std::size_t workers, WebSocketObserver& observer);
  ~WebSocketRelays();

  // On the worker's thread. drain(): each is closed with 1001 at a random moment within `over`, so that clients do not come
  // back all at once. close_all(): at once, without a word.
  void drain(net::Worker& worker, Duration over);
  void close_all(const net::Worker& worker);
  // Any thread.
  std::uint64_t open() const;

  struct Shelf;
  Shelf& on(const net::Worker& worker) { return *shelves_[worker.index()]; }
  WebSocketObserver& observer() { return observer_; }

 private:
  WebSocketObserver& observer_;
  std::vector<std::shared_ptr<Shelf>> shelves_;
};

// What a route's upgrades need. Made once per configuration.
struct WebSocketPassage {
  WebSocketSettings settings;
  std::string api, route, backend;
  std::shared_ptr<WebSocketRelays> relays;
};

}  // namespace gatehouse::integration
