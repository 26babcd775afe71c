// What log and metrics hear of WebSocket connections. Thread-safe.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/integration/websocket.hpp"
#include "gatehouse/middleware/log_websocket.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/wsapi/api.hpp"

#include <memory>
#include <mutex>

namespace gatehouse::gateway {

class WebSocketBooks final : public integration::WebSocketObserver, public wsapi::SocketObserver {
 public:
  WebSocketBooks(observe::Registry& registry, const Clock& clock);
  // From now on lines go there; null: nowhere.
  void use(std::shared_ptr<observe::AccessLog> log);

  void on_websocket_opened(const net::Worker& worker) override;
  void on_websocket_closed(const net::Worker& worker, const integration::WebSocketSummary& summary) noexcept override;
  void on_socket_opened(const net::Worker& worker, std::string_view api) override;
  void on_socket_closed(const net::Worker& worker, const wsapi::SocketSummary& summary) noexcept override;

 private:
  std::shared_ptr<observe::AccessLog> log();
  void note_closed(const net::Worker& worker, const middleware::WebSocketLine& line) noexcept;

  observe::Registry& registry_;
  const Clock& clock_;
  observe::Counter& opened_;
  observe::Counter& messages_in_;
  observe::Counter& messages_out_;
  observe::Counter& bytes_in_;
  observe::Counter& bytes_out_;
  std::mutex mutex_;
  std::shared_ptr<observe::AccessLog> log_;
};

}  // namespace gatehouse::gateway
