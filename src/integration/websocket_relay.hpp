// Two connections after a 101, relayed byte for byte with back-pressure: a plain object with callbacks, so that one that is
// idle is small. One worker's thread.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/http/websocket.hpp"
#include "gatehouse/integration/websocket.hpp"
#include "gatehouse/net/reactor.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/worker.hpp"
#include "frame_watch.hpp"
#include "relay_batch.hpp"

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::integration {

class WebSocketRelay final : private net::Timer {
 public:
  // `client` and `backend` are unregistered; `from_backend` came behind the backend's head.
  WebSocketRelay(net::Worker& worker, std::shared_ptr<const WebSocketPassage> passage, http::Upgraded client,
                 std::unique_ptr<net::Stream> backend, std::string_view from_backend, const IpAddress& client_address,
                 std::string_view request_id);
  ~WebSocketRelay() override;

  void start();
  // 1001 at that time, unless it has ended by then.
  void drain_at(TimePoint when);
  bool over() const { return over_; }

 private:
  struct End final : net::IoHandler, RelayBatch::Sender {
    explicit End(WebSocketRelay& owner) : relay(owner) {}
    void on_io(std::uint32_t events) override { relay.on_io(*this, events); }
    void send_batched() override { relay.send_batched(*this); }
    WebSocketRelay& relay;
    std::unique_ptr<net::Stream> stream;
    std::string_view batched;  // it is sent when the batch ends; nothing is pending then
    std::string pending;       // what its socket did not take
    FrameWatch watch;          // of what it sends
    std::uint64_t bytes = 0;   // it sent
    bool read_ended = false;
    bool write_ended = false;
    bool ends_when_flushed = false;
  };

  void on_timer() override;
  void on_io(End& end, std::uint32_t events);
  void advance();
  void pass_ends();
  void move(End& from, End& to);
  bool may_pass(End& from, std::string_view bytes);
  bool too_fast();
  void pass(End& to, std::string_view bytes);
  void send_batched(End& to);
  void send(End& to, std::string_view bytes);
  void write(End& to, std::string_view bytes);
  void flush(End& end);
  void end_writing(End& end);
  void pass_end(End& from, End& to);
  void close(http::websocket::CloseCode code, std::string_view reason);
  void ping();
  void finish();
  void finish(std::string_view reason, std::uint16_t code);
  TimePoint next_deadline() const;
  void rearm();

  net::Worker& worker_;
  std::shared_ptr<const WebSocketPassage> passage_;
  std::shared_ptr<void> permit_;
  End client_{*this};
  End backend_{*this};
  std::string first_bytes_;  // of the client, until start(); those of the backend behind them
  std::size_t from_client_ = 0;
  std::string request_id_;
  IpAddress address_;
  TimePoint began_;
  TimePoint last_moved_;
  TimePoint next_ping_;
  TimePoint drain_at_ = TimePoint::max();
  TimePoint closing_until_ = TimePoint::max();  // set: we wait for the peers to end
  TimePoint second_began_;
  std::uint64_t before_second_ = 0;
  std::string_view why_;  // static: the reason, once we closed
  std::uint16_t code_ = 0;
  std::uint8_t unanswered_pings_ = 0;
  bool said_last_word_ = false;
  bool over_ = false;
};

struct WebSocketRelays::Shelf : std::enable_shared_from_this<Shelf> {
  RelayBatch batch;
  std::list<std::unique_ptr<WebSocketRelay>> open;
  std::atomic<std::uint64_t> count{0};

  void add(std::unique_ptr<WebSocketRelay> relay);
  // What is over dies once nothing of it is on the stack.
  void bury_after_turn(net::Worker& worker);
};

}  // namespace gatehouse::integration
