#include "gateway/websocket_books.hpp"

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
  note_closed(worker, line);
}

void WebSocketBooks::on_socket_opened(const net::Worker& worker, std::string_view) { opened_.add(worker.index()); }

void WebSocketBooks::on_socket_closed(const net::Worker& worker, const wsapi::SocketSummary& summary) noexcept {
  middleware::WebSocketLine line;
  line.api = summary.api;
  line.route = summary.route;
  line.request_id = summary.request_id;
  line.connection_id = summary.connection_id;
  line.client = summary.client;
  line.reason = summary.ending.reason;
  line.code = summary.ending.code;
  line.messages_in = summary.ending.counts.messages_in;
  line.messages_out = summary.ending.counts.messages_out;
  line.bytes_in = summary.ending.counts.bytes_in;
  line.bytes_out = summary.ending.counts.bytes_out;
  line.lasted = summary.ending.lasted;
  note_closed(worker, line);
}

void WebSocketBooks::note_closed(const net::Worker& worker, const middleware::WebSocketLine& line) noexcept {
  const unsigned index = worker.index();
  messages_in_.add(index, line.messages_in);
  messages_out_.add(index, line.messages_out);
  bytes_in_.add(index, line.bytes_in);
  bytes_out_.add(index, line.bytes_out);
  registry_
      .counter("gatehouse_websocket_closed_total", "WebSocket connections that ended, by the reason that the access log gives.",
               {{"reason", std::string(line.reason)}})
      .add(index);
  if (const auto open = log()) middleware::log_websocket(*open, index, clock_, line);
}

}  // namespace gatehouse::gateway
