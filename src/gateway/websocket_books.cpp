#include "gateway/websocket_books.hpp"

#include "gatehouse/middleware/log_websocket.hpp"

#include <utility>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kMessages = "gatehouse_websocket_messages_total";
constexpr std::string_view kMessagesHelp = "Messages of connections that have ended, by direction.";
constexpr std::string_view kBytes = "gatehouse_websocket_bytes_total";
constexpr std::string_view kBytesHelp = "Bytes of connections that have ended, by direction, frame headers included.";

}  // namespace

WebSocketBooks::WebSocketBooks(observe::Registry& registry, const Clock& clock)
    : registry_(registry),
      clock_(clock),
      opened_(registry.counter("gatehouse_websocket_opened_total", "WebSocket connections that were opened.")),
      messages_in_(registry.counter(kMessages, kMessagesHelp, {{"direction", "in"}})),
      messages_out_(registry.counter(kMessages, kMessagesHelp, {{"direction", "out"}})),
      bytes_in_(registry.counter(kBytes, kBytesHelp, {{"direction", "in"}})),
      bytes_out_(registry.counter(kBytes, kBytesHelp, {{"direction", "out"}})) {}

void WebSocketBooks::use(std::shared_ptr<observe::AccessLog> log) {
  const std::lock_guard lock(mutex_);
  log_ = std::move(log);
}

std::shared_ptr<observe::AccessLog> WebSocketBooks::log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

void WebSocketBooks::on_websocket_opened(const net::Worker& worker) { opened_.add(worker.index()); }

void WebSocketBooks::on_websocket_closed(const net::Worker& worker, const integration::WebSocketSummary& summary) noexcept {
  const unsigned index = worker.index();
  messages_in_.add(index, summary.messages_in);
  messages_out_.add(index, summary.messages_out);
  bytes_in_.add(index, summary.bytes_in);
  bytes_out_.add(index, summary.bytes_out);
  registry_
      .counter("gatehouse_websocket_closed_total", "WebSocket connections that ended, by the reason that the access log gives.",
               {{"reason", std::string(summary.reason)}})
      .add(index);
  middleware::WebSocketLine line;
  line.api = summary.api;
  line.route = summary.route;
  line.backend = summary.backend;
  line.request_id = summary.request_id;
  line.client = summary.client;
  line.reason = summary.reason;
  line.code = summary.code;
  line.messages_in = summary.messages_in;
  line.messages_out = summary.messages_out;
  line.bytes_in = summary.bytes_in;
  line.bytes_out = summary.bytes_out;
  line.lasted = summary.lasted;
  if (const auto open = log()) middleware::log_websocket(*open, index, clock_, line);
}

}  // namespace gatehouse::gateway
