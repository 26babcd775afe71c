// The upstream side: one request to a backend and its answer, whatever the protocol beneath. The Exchange turned round.
// One worker's thread.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/http/body.hpp"
#include "gatehouse/http/head.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/worker.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace gatehouse::http {

struct ClientLimits {
  std::uint64_t head = 64 * kKiB;
  std::uint32_t headers = 200;
};

enum class HeadState : std::uint8_t { kPending, kInformational, kReady, kFailed };

// Body chunks may lie in the worker's receive buffer: nothing else may be read on this worker between poll_body() and
// consume_body(). Of a chunk that was consumed in part the rest is kept, also across a suspension.
class UpstreamCall : public BodyReader, public BodyWriter {
 public:
  // Head and first bytes in one write. Called once. The waiter is woken by everything that moves the call. A connection that
  // breaks while the request is sent swallows the rest of it: the backend may have answered, poll_head() tells.
  virtual void send(const OutgoingRequest& head, std::string_view first, More more) = 0;

  // kInformational: response() is a 1xx, seen once; poll again. kReady: the final head, be the request sent or not.
  virtual HeadState poll_head() = 0;
  // Views are valid until the call ends.
  virtual const IncomingResponse& response() const = 0;

  // The most that poll_body() reads from the backend at once, from now on: what the client does not take of it must be
  // kept. At first 256 KiB; what comes with the head is 32 KiB at most.
  virtual void limit_read(std::size_t bytes) = 0;

  // Set when kFailed was said. Reasons: upstream_closed (kClosed), upstream_reset (kReset), upstream_malformed_response and
  // upstream_unsolicited_upgrade (kProtocol), upstream_body_cut (kClosed, kReset), request_body_incomplete (kInvalid: the
  // body was ended before its Content-Length). The message of a malformed response is the parser's reason.
  virtual const std::optional<Error>& failure() const = 0;
  // True while the backend cannot have acted on the request as far as the protocol lets us know: nothing was sent, or the
  // connection had been used before and closed without a byte of an answer.
  virtual bool closed_before_answer() const = 0;

  // After kReady with status 101: the stream is the caller's, and what came behind the head is appended to `received`.
  virtual std::unique_ptr<net::Stream> take_stream(std::string& received) = 0;

  virtual std::uint64_t bytes_received() const = 0;
  virtual std::uint64_t bytes_sent() const = 0;

 protected:
  ~UpstreamCall() = default;
};

// One HTTP/1.1 connection to a backend. Idle, it watches for the backend closing it or speaking out of turn.
class ClientConnection {
 public:
  // The connection broke, or spoke, while idle: the owner drops it. Called once, from the reactor; the owner may destroy it.
  using OnIdleEnd = std::function<void(ClientConnection&)>;

  virtual ~ClientConnection() = default;
  // Begins a call, which lives in the connection. REQUIRES: idle.
  virtual UpstreamCall& begin(net::Waiter& waiter) = 0;
  // Ends the call. True when the connection may carry another: both messages complete, nothing left over, not closed.
  virtual bool end() = 0;
  virtual void on_idle_end(OnIdleEnd callback) = 0;
  virtual std::uint32_t calls() const = 0;
};

// `stream` is connected (and its TLS handshake done); the connection registers it with the worker's reactor. Null when the
// system refuses that.
std::unique_ptr<ClientConnection> make_http1_client(net::Worker& worker, std::unique_ptr<net::Stream> stream,
                                                    ClientLimits limits = {});

}  // namespace gatehouse::http
