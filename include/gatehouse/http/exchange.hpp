// One request and its answer, whatever the protocol beneath: the seam between sessions and everything above. The session
// owns it; the handler borrows it until its coroutine ends. One worker's thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/http/body.hpp"
#include "gatehouse/http/head.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::http {

// Who is at the other end, as the connection knows it. Lives as long as the connection.
struct Peer {
  Endpoint remote;
  Endpoint local;
  bool tls = false;
};

// Why an exchange cannot be completed. Sticky.
enum class Failure : std::uint8_t {
  kNone,
  kClientGone,      // the connection broke or was closed before the answer was sent
  kBodyIncomplete,  // the client ended its side within the body
  kBodyMalformed,   // chunk framing was wrong: answer 400
  kBodyTooLarge,    // the body exceeded set_body_limit(): answer 413
  kBodyTimeout,     // the body stalled longer than the listener allows: answer 408
  kBodyRefused,     // refuse_body(): a step found that it is not what it must be
  kSendTimeout,     // the client stopped reading
  kHandler,         // the handler gave up: abort()
};

std::string_view to_string(Failure failure);  // a reason code: "client_gone", "body_too_large", …

// A connection handed over after an upgrade: the stream, and what was already received beyond the head.
struct Upgraded {
  std::unique_ptr<net::Stream> stream;  // null when the connection broke
  std::string received;
  std::shared_ptr<void> permit;  // the connection counts against the listener's limits until it is let go
};

class Exchange : public BodyReader, public BodyWriter {
 public:
  virtual const RequestHead& request() const = 0;
  virtual const Peer& peer() const = 0;
  virtual net::Worker& worker() = 0;
  virtual Arena& arena() = 0;
  // The handler's coroutine sleeps here and nowhere else. Woken by everything that moves this exchange.
  virtual net::Waiter& waiter() = 0;
  // When the first byte of the head was seen.
  virtual TimePoint arrival() const = 0;

  // The largest body that poll_body() lets through. A Content-Length beyond it fails at once.
  virtual void set_body_limit(std::uint64_t bytes) = 0;
  // What it is now: the listener's, until somebody set it.
  virtual std::uint64_t body_limit() const = 0;
  // Whoever looks into the body will have no more of it: the exchange fails with kBodyRefused.
  virtual void refuse_body() = 0;

  // A 1xx head, at once. Ignored towards HTTP/1.0. 100 is sent by the exchange itself when the body is first polled
  // and the client expects it.
  virtual void inform(int status, const Fields* fields) = 0;
  // The final head and the first bytes of the body, in one write. `more` kNo: that is the whole answer.
  // Fields are final: nothing can be changed afterwards. Called once; does nothing when can_respond() is false.
  virtual void respond(const ResponseHead& head, std::string_view first, More more) = 0;
  virtual bool responded() const = 0;
  // Ends the exchange without a complete answer: the connection closes (HTTP/2: the stream resets), so that the client
  // sees an incomplete message and never a clean end.
  virtual void abort() = 0;
  // 101 towards HTTP/1.1; the stream is the caller's, unregistered. REQUIRES: request().protocol is not empty.
  virtual Upgraded upgrade(const ResponseHead& head) = 0;

  virtual Failure failure() const = 0;
  bool failed() const { return failure() != Failure::kNone; }
  // A request whose body failed can still be answered (400, 408, 413); the connection closes behind the answer.
  bool can_respond() const {
    const Failure why = failure();
    return !responded() && why != Failure::kClientGone && why != Failure::kSendTimeout && why != Failure::kHandler;
  }

  // So many bytes of body the client's connection would surely take now, without any being kept for it; 0: unknown. A
  // system call.
  virtual std::size_t send_room() const = 0;

  // Bytes on the wire so far, head and framing included; sent ones may still wait for the client to take them.
  virtual std::uint64_t bytes_received() const = 0;
  virtual std::uint64_t bytes_sent() const = 0;

 protected:
  ~Exchange() = default;
};

// A head that the session refused by itself: there is no exchange, but there is something to log and count.
struct Refusal {
  int status;               // what was answered; 0: closed without an answer
  std::string_view reason;  // a stable code: "head_too_large", "bare_lf", "conflicting_framing"
  const Peer& peer;
  std::uint64_t bytes_received;
  std::uint64_t bytes_sent;
  TimePoint arrival;
};

// What stands above the sessions: the gateway.
class Handler {
 public:
  // Runs as the exchange's coroutine. When it ends without respond(), the session aborts the exchange.
  virtual net::Task<void> handle(Exchange& exchange) = 0;
  virtual void on_refusal(const Refusal& refusal) = 0;
  // Counts connections, for the metrics.
  virtual void on_connection_opened() = 0;
  virtual void on_connection_closed() = 0;

 protected:
  ~Handler() = default;
};

}  // namespace gatehouse::http
