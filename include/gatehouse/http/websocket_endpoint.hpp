// The gateway's own end of a WebSocket connection (RFC 6455), as strict as the RFC allows: a plain object with callbacks, so
// that one which is idle is small. Whole messages come out; what breaks the rules ends the connection with the code of
// section 7.4. One worker's thread.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/http/websocket.hpp"
#include "gatehouse/http/websocket_limits.hpp"
#include "gatehouse/net/reactor.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::http {

// How a connection ended.
struct WebSocketEnd {
  std::uint16_t code = 1006;   // of the first Close frame, whoever sent it; 1005: it had none; 1006: there was no Close frame
  std::string_view reason;     // stable code: "websocket_closed", "websocket_invalid_utf8", "websocket_idle_timeout"
  std::string_view text;       // what the first Close frame said, UTF-8; valid during the call
  bool by_client = false;      // the client said Close first, or went away
};

// A data frame as it goes over the wire, made once and sent to many. Copies share the bytes.
class PreparedFrame {
 public:
  PreparedFrame() = default;
  PreparedFrame(websocket::Opcode opcode, std::string_view payload);
  std::string_view wire() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
  std::size_t payload_size() const { return payload_size_; }
  const std::shared_ptr<const std::string>& shared() const { return bytes_; }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t payload_size_ = 0;
};

// Who uses the connection. Calls may come from within every method of the endpoint that is not const; the endpoint must
// not be destroyed during one.
class WebSocketEvents {
 public:
  // A whole message; text is UTF-8. The payload is valid during the call, and may lie in the worker's receive buffer: nothing
  // that reads may be started here.
  virtual void on_message(std::string_view payload, bool binary) = 0;
  // After the messages that came together. What was put off may be started.
  virtual void on_read() {}
  // Exactly once, unless the endpoint is destroyed first. The connection is closed.
  virtual void on_end(const WebSocketEnd& end) noexcept = 0;

 protected:
  ~WebSocketEvents() = default;
};

class WebSocketEndpoint final : private net::IoHandler, private net::Timer {
 public:
  enum class Sent : std::uint8_t {
    kSent,    // taken, by the system or by the buffer
    kFull,    // the client does not read: nothing of it was taken
    kClosed,  // the connection is closing or closed
  };
  // What went over the wire, for log and metrics. Messages are data, bytes everything.
  struct Counts {
    std::uint64_t messages_in = 0, messages_out = 0, bytes_in = 0, bytes_out = 0;
  };

  // `connection` is unregistered. `limits` holds for all of its life.
  WebSocketEndpoint(net::Worker& worker, Upgraded connection, const WebSocketLimits& limits, WebSocketEvents& events);
  ~WebSocketEndpoint() override;

  // Handles what came behind the handshake, then what comes.
  void start();

  // `payload` of a text message must be UTF-8.
  Sent send(websocket::Opcode opcode, std::string_view payload);
  Sent send(const PreparedFrame& frame);
  // Begins the closing handshake. `text` (UTF-8, at most 123 bytes are sent) goes to the client, `reason` (static) to
  // WebSocketEnd. Nothing happens when the connection is closing already.
  void close(websocket::CloseCode code, std::string_view text, std::string_view reason);
  // 1001 at that time, unless it has ended by then.
  void drain_at(TimePoint when);

  // Nothing is read until resume(): the client notices when the buffers between are full. In on_message(): the messages that
  // were read behind this one wait.
  void pause() { paused_ = true; }
  void resume();
  bool paused() const { return paused_; }

  // Messages can be sent.
  bool open() const { return state_ == State::kOpen; }
  bool ended() const { return state_ == State::kEnded; }
  TimePoint began() const { return began_; }
  // A byte came or went.
  TimePoint last_active() const { return last_moved_; }
  const Counts& counts() const { return counts_; }
  net::Worker& worker() const { return worker_; }

 private:
  enum class State : std::uint8_t {
    kOpen,
    kClosing,    // we said Close and listen for the client's
    kFlushing,   // both said Close: over when our last byte is with the system
    kLingering,  // we said Close to one who broke the rules: what still comes is thrown away until it ends
    kEnded,
  };
  struct Incoming;  // a frame or message that has begun
  struct Outgoing;  // what the system did not take
  struct Unread {   // read from the socket and not looked at: behind the handshake, or while paused
    std::string bytes;
    std::size_t from = 0;
  };

  struct End {
    std::string_view reason;
    std::string text;
    std::uint16_t code;
    bool by_client;
  };

  void on_io(std::uint32_t events) override;
  void on_timer() override;
  void advance();
  void read_some();
  void look_at_unread();
  std::size_t take(std::span<char> bytes);
  std::span<char> take_frames(Incoming& in, std::span<char> bytes);
  bool begin_frame(Incoming& in);
  bool begin_data(Incoming& in);
  std::span<char> take_data(Incoming& in, std::span<char> bytes);
  void end_message(Incoming& in, std::string_view payload);
  std::span<char> take_control(Incoming& in, std::span<char> bytes);
  void on_control(websocket::Opcode opcode, std::string_view payload);
  void on_close_frame(std::string_view payload);
  Sent write(websocket::Opcode opcode, std::string_view payload, std::size_t bound);
  Sent write(std::span<const std::string_view> pieces, const std::shared_ptr<const std::string>& shared, std::size_t bound);
  void keep(std::shared_ptr<const std::string> bytes, std::size_t from);
  void flush();
  void settle();
  void limit_patience() { ends_at_ = worker_.now() + limits_.close_wait; }
  void say_close(std::uint16_t code, std::string_view text);
  void fail(websocket::CloseCode code, std::string_view reason);
  void note_end(std::uint16_t code, std::string_view reason, std::string_view text, bool by_client);
  void client_gone();
  void finish();
  void client_spoke() { last_moved_ = worker_.now(), unanswered_pings_ = 0; }
  void ping();
  std::size_t send_bound() const;
  TimePoint next_deadline() const;
  void rearm();

  net::Worker& worker_;
  std::unique_ptr<net::Stream> stream_;
  std::shared_ptr<void> permit_;
  const WebSocketLimits& limits_;
  WebSocketEvents& events_;
  std::unique_ptr<Incoming> incoming_;
  std::unique_ptr<Outgoing> outgoing_;
  std::unique_ptr<Unread> unread_;
  std::unique_ptr<End> end_;  // since it is known
  Counts counts_;
  TimePoint began_;
  TimePoint last_moved_;
  TimePoint next_ping_;
  TimePoint ends_at_;  // its lifetime, or the drain; when it is closing: all patience
  std::uint8_t unanswered_pings_ = 0;
  State state_ = State::kOpen;
  bool paused_ = false;
  bool draining_ = false;
  bool half_closed_ = false;
  bool looking_ = false;  // at bytes that were read: further up the stack
};

}  // namespace gatehouse::http
