// One message, or one end, on its way through the steps of its route to its integration. Lives in the coroutine of the
// connection, on its worker's thread.
#pragma once

#include "call_exchange.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/pipeline/socket_facts.hpp"
#include "gatehouse/wsapi/api.hpp"

#include <array>
#include <string_view>

namespace gatehouse::wsapi {

// What is answered at most: a reply, and what Amazon's proxy form puts around it.
constexpr std::size_t most_answered(const ConnectionLimits& limits) { return 2 * limits.socket.message + 64 * kKiB; }

class SocketCall {
 public:
  // `routes` and what `facts` views outlive this.
  SocketCall(net::Worker& worker, const SocketRoutes& routes, const SocketRoute& route, const ConnectionId& id, const ConnectionFacts& facts,
             std::string_view event, const Clock& clock);
  // Runs what must run at the end however it ended: synchronously, also when the coroutine is destroyed.
  ~SocketCall();
  SocketCall(const SocketCall&) = delete;
  SocketCall& operator=(const SocketCall&) = delete;

  // `payload` outlives this.
  void set_payload(std::string_view payload, Content content);
  void set_end(std::uint16_t code, std::string_view reason);

  // Afterwards the exchange has an answer, or none was made. Never throws.
  net::Task<void> run();

  const SocketRoute& route() const { return route_; }
  pipeline::RequestContext& context() { return context_; }
  CallExchange& exchange() { return exchange_; }
  const pipeline::SocketFacts& socket() const { return socket_; }
  // A step said no.
  bool refused() const { return !context_.decided_by.empty(); }

 private:
  net::Task<bool> pass_steps();

  const SocketRoute& route_;
  const Clock& clock_;
  std::array<char, ConnectionId::kTextSize> id_;
  std::array<char, 32> request_id_;
  std::string_view payload_;
  CallExchange exchange_;
  pipeline::SocketFacts socket_;
  pipeline::RequestContext context_;
};

// Puts into the request of `context`, which is on `exchange`, what a backend is told of the connection: fields, or Amazon's event
// as its body. `handshake`: of a $connect, the fields that the client sent.
void tell_backend(EventForm form, pipeline::RequestContext& context, CallExchange& exchange, std::string_view payload,
                  const http::Fields* handshake, const Clock& clock);

// What came back, with Amazon's proxy form taken apart where it is one: {"statusCode": 200, "headers": {…}, "body": "…",
// "isBase64Encoded": false}. A function that failed is a 502.
void read_proxy_answer(CallExchange::Answered& answered, Arena& arena);

}  // namespace gatehouse::wsapi
