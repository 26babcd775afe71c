// One HTTP/1 connection of a client: finds heads, refuses bad ones, runs one request after the other, minds the deadlines
// and closes in a way that the client sees its last answer. Between requests it holds nothing but itself. One thread.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/net/reactor.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/timer_wheel.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace gatehouse::http {

class Http1Exchange;
class SessionHost;

class Http1Session final : private net::IoHandler, private net::Timer {
 public:
  // Whether the connection was admitted, and so must be released.
  enum class Admission : std::uint8_t { kRefused, kByListener, kByListenerAndClient };

  Http1Session(SessionHost& host, std::unique_ptr<net::Stream> stream, const Peer& peer, Admission admission);
  ~Http1Session() override;

  // False when the descriptor cannot be watched: the session is of no use.
  bool open();
  // Sends `text` instead of serving, and closes when the client has had time to read it.
  bool open_to_refuse(std::string_view text);
  // Idle: closes, unless a request has just arrived. Busy: after the answer.
  void drain();
  Admission admission() const { return admission_; }

  // ---- For the host
  enum class Next : std::uint8_t { kStay, kDelete };
  // Continues where the session stopped. Nothing of it is on the stack.
  Next go_on();

  // ---- For the exchange
  const Peer& peer() const { return peer_; }
  net::Stream* stream() { return stream_.get(); }
  // How a broken-off connection ends: kReset where an orderly end would look like a complete message.
  enum class Farewell : std::uint8_t { kClose, kReset };
  // The connection is of no more use to the request: closes it and lets the handler know.
  void lose(Failure why, Farewell farewell = Farewell::kClose);
  // Hands the connection out. The session ends with the handler.
  std::unique_ptr<net::Stream> detach();
  std::shared_ptr<void> make_permit();
  // Calls on_deadline() at or after `deadline`, or earlier.
  void wake_by(TimePoint deadline);

 private:
  friend class SessionHost;  // the links of its lists

  enum class Phase : std::uint8_t {
    kIdle,       // waits for the first byte of a head; no exchange
    kHead,       // has a part of a head, or pipelined bytes
    kRequest,    // the handler runs
    kFlushing,   // the answer is complete, the client is slow to take it
    kDraining,   // the answer is out, a small rest of the request's body is not in
    kLingering,  // our side is closed; reads on so that the client gets to read our answer
    kClosed      // over; the host deletes it
  };

  void on_io(std::uint32_t events) override;
  void on_timer() override;
  void expire();

  void receive();
  void serve();
  bool read_head();
  bool has_turn();
  bool await_head();
  bool send_rest();
  void on_flushed();
  void report_refusal(int status, std::string_view reason);
  void refuse(int status, std::string_view reason);
  bool finish_request();
  bool after_answer();
  bool drain_body();
  void park();
  void end_connection();
  void start_lingering();
  void linger();
  void close();
  void drop_stream();
  void set_deadline(Duration from_now);

  SessionHost& host_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<Http1Exchange> exchange_;
  TimePoint deadline_ = TimePoint::max();  // of the phases without a running request
  TimePoint turn_{};
  Http1Session* next_ = nullptr;
  Http1Session* previous_ = nullptr;
  Http1Session* next_queued_ = nullptr;
  std::uint32_t linger_left_ = 0;
  std::uint16_t requests_in_turn_ = 0;
  Phase phase_ = Phase::kIdle;
  Admission admission_;
  bool queued_ = false;
  bool refused_ = false;     // the request was answered by refuse()
  bool served_ = false;      // it had a request
  bool handed_out_ = false;  // the connection goes on elsewhere
  Peer peer_;
};

}  // namespace gatehouse::http
