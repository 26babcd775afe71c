#include "gatehouse/wsapi/connection.hpp"

#include "shelf.hpp"

#include "gatehouse/base/log.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using http::websocket::CloseCode;
using http::websocket::Opcode;
using TextSize = std::uint16_t;
constexpr std::size_t kTexts = 9;

// The texts of the facts, one behind the other: their sizes, then their bytes. Longer ones are cut.
std::unique_ptr<char[]> packed(const std::array<std::string_view, kTexts>& texts) {
  std::array<TextSize, kTexts> sizes{};
  std::size_t total = sizeof(sizes);
  for (std::size_t i = 0; i < kTexts; ++i) {
    sizes[i] = static_cast<TextSize>(std::min<std::size_t>(texts[i].size(), std::numeric_limits<TextSize>::max()));
    total += sizes[i];
  }
  std::unique_ptr<char[]> all(new char[total]);
  std::memcpy(all.get(), sizes.data(), sizeof(sizes));
  char* at = all.get() + sizeof(sizes);
  for (std::size_t i = 0; i < kTexts; ++i) at += texts[i].copy(at, sizes[i]);
  return all;
}

std::array<std::string_view, kTexts> unpacked(const char* all) {
  std::array<TextSize, kTexts> sizes{};
  std::memcpy(sizes.data(), all, sizeof(sizes));
  std::array<std::string_view, kTexts> texts;
  const char* at = all + sizeof(sizes);
  for (std::size_t i = 0; i < kTexts; ++i) {
    texts[i] = {at, sizes[i]};
    at += sizes[i];
  }
  return texts;
}

Connection::Sent to_sent(http::WebSocketEndpoint::Sent sent) {
  switch (sent) {
    case http::WebSocketEndpoint::Sent::kSent: return Connection::Sent::kSent;
    case http::WebSocketEndpoint::Sent::kFull: return Connection::Sent::kFull;
    case http::WebSocketEndpoint::Sent::kClosed: break;
  }
  return Connection::Sent::kGone;
}

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& problem) {
    return problem.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace

struct Connection::Queue {
  std::vector<Message> messages;
  std::size_t first = 0;  // that is not handled
  std::size_t bytes = 0;  // of those that are not
  std::optional<Ending> ending;

  std::size_t size() const { return messages.size() - first; }
  bool full(const ConnectionLimits& limits) const { return size() >= limits.queue_messages || bytes >= limits.queue_bytes; }
};

Connection::Connection(Shelf& shelf, const ConnectionId& id, std::uint32_t serial, http::Upgraded upgraded, const ConnectionFacts& facts,
                       std::shared_ptr<const ConnectionLimits> limits, std::shared_ptr<MessageSink> sink)
    : shelf_(shelf),
      id_(id),
      secure_(facts.secure),
      serial_(serial),
      source_(facts.source),
      connected_at_(facts.connected_at),
      texts_(packed({facts.user_agent, facts.domain_name, facts.subprotocol, facts.request_id, facts.route, facts.method, facts.subject, facts.api_key,
                     facts.plan})),
      claims_(facts.claims),
      limits_(std::move(limits)),
      sink_(std::move(sink)),
      endpoint_(shelf.worker(), std::move(upgraded), limits_->socket, *this) {}

Connection::~Connection() = default;

ConnectionFacts Connection::facts() const {
  const auto texts = unpacked(texts_.get());
  return {source_, connected_at_, secure_, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7], texts[8], claims_};
}

std::chrono::system_clock::time_point Connection::wall(TimePoint time) const {
  return connected_at_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(time - endpoint_.began());
}

std::chrono::system_clock::time_point Connection::last_active() const { return wall(endpoint_.last_active()); }

Connection::Sent Connection::send(std::string_view payload, bool binary) {
  if (payload.size() > limits_->socket.message) return Sent::kTooLarge;
  return to_sent(endpoint_.send(binary ? Opcode::kBinary : Opcode::kText, payload));
}

Connection::Sent Connection::send(const http::PreparedFrame& frame) {
  if (frame.payload_size() > limits_->socket.message) return Sent::kTooLarge;
  return to_sent(endpoint_.send(frame));
}

void Connection::close(CloseCode code, std::string_view text, std::string_view reason) { endpoint_.close(code, text, reason); }

Connection::Joined Connection::join(std::string_view group) { return shelf_.join(*this, group); }
bool Connection::leave(std::string_view group) { return shelf_.leave(*this, group); }

std::vector<std::string> Connection::groups() const {
  std::vector<std::string> names;
  if (!groups_) return names;
  const std::size_t prefix = sink_->api().size() + 1;
  for (const Membership& membership : *groups_) names.push_back(membership.group->key.substr(prefix));
  std::sort(names.begin(), names.end());
  return names;
}

void Connection::on_message(std::string_view payload, bool binary) {
  if (!queue_) queue_ = std::make_unique<Queue>();
  queue_->messages.push_back({std::string(payload), binary, wall(worker().now())});
  queue_->bytes += payload.size();
  if (queue_->full(*limits_)) endpoint_.pause();
}

// The endpoint is on the stack: what follows waits until the turn is over.
void Connection::on_end(const http::WebSocketEnd& end) noexcept {
  if (!queue_) queue_ = std::make_unique<Queue>();
  Ending ending;
  ending.code = end.code;
  ending.reason = end.reason;
  ending.text = end.text;
  ending.by_client = end.by_client;
  ending.counts = endpoint_.counts();
  ending.lasted = worker().now() - endpoint_.began();
  queue_->ending = std::move(ending);
  shelf_.leave_all(*this);
  shelf_.settle_after_turn(*this);
}

void Connection::run() {
  if (running_ || over_ || !queue_) return;
  running_ = starting_ = true;
  task_ = run_queue();
  task_.start();
  starting_ = false;
  if (!running_) task_.reset();
}

// In order: the next message waits until this one is handled, and the end until all are.
net::Task<void> Connection::run_queue() {
  constexpr int kPerRun = 64;
  int handled = 0;
  while (queue_->size() > 0 && handled++ < kPerRun) {
    net::Task<void> next = handle_next();
    co_await next;
  }
  if (queue_->size() > 0) {
    shelf_.run_in_next_turn(*this);
  } else {
    if (queue_->ending) {
      net::Task<void> told = tell_end();
      co_await told;
      over_ = true;
    }
    queue_.reset();
  }
  running_ = false;
  if (over_ || !starting_) shelf_.settle_after_turn(*this);
}

net::Task<void> Connection::handle_next() {
  Queue& queue = *queue_;
  Message message = std::move(queue.messages[queue.first++]);
  queue.bytes -= message.payload.size();
  if (queue.first * 2 >= queue.messages.size()) {
    queue.messages.erase(queue.messages.begin(), queue.messages.begin() + static_cast<std::ptrdiff_t>(queue.first));
    queue.first = 0;
  }
  if (endpoint_.paused() && !queue.full(*limits_)) endpoint_.resume();
  std::exception_ptr thrown;
  try {
    net::Task<void> handled = sink_->on_message(shelf_.share(*this), std::move(message));
    co_await handled;
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!thrown) co_return;
  log::error("websocket_message_failed", {{"api", sink_->api()}, {"connection", id_.to_string()}, {"error", text_of(thrown)}});
  queue_->messages.clear();
  queue_->first = queue_->bytes = 0;
  endpoint_.close(CloseCode::kInternalError, {}, "websocket_handler_failed");
}

net::Task<void> Connection::tell_end() {
  Ending ending = std::move(*queue_->ending);
  std::exception_ptr thrown;
  try {
    net::Task<void> told = sink_->on_closed(shelf_.share(*this), std::move(ending));
    co_await told;
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) log::error("websocket_disconnect_failed", {{"api", sink_->api()}, {"connection", id_.to_string()}, {"error", text_of(thrown)}});
}

}  // namespace gatehouse::wsapi
