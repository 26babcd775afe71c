// One try of a request: moves it from the client to a backend and the answer back, as far as it goes without waiting; told
// to again whenever something moved. Reads no faster from one side than the other takes. One request, one thread.
#pragma once

#include "gatehouse/http/client.hpp"
#include "gatehouse/net/remote_wake.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/upstream/settings.hpp"
#include "request_body.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace gatehouse::integration {

class Relay {
 public:
  enum class Progress : std::uint8_t {
    kPending,         // wait for the exchange's waiter
    kComplete,        // the answer went down, whole
    kUpstreamFailed,  // see failure() of the call
    kClientFailed,    // see failure() of the exchange
    kUpgraded,        // the backend said 101 to the protocol that it was offered: both connections are for whoever speaks that
  };

  Relay(pipeline::RequestContext& context, http::UpstreamCall& call, RequestBody& body,
        const upstream::TimeoutSettings& timeouts);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Sends the head and what there is of the body. Once. Reads nothing from the backend: the client's bytes may still lie in
  // the worker's receive buffer, and would have to be copied.
  void start(const http::OutgoingRequest& head);
  Progress move();

  // Until when the backend must have moved, and the reason code if it does not; TimePoint::max() while the client is whom
  // we wait for. After move() said kPending.
  TimePoint due() const;
  std::string_view late_reason() const;

  // The client has seen a byte of an answer.
  bool responded() const { return informed_ || answering_; }

 private:
  bool pump_request();
  void send_piece(std::string_view bytes);
  Progress await_head();
  Progress begin_answer();
  Progress pump_answer();
  void limit_read();
  bool is_last_piece() const;
  void moved() { last_moved_ = exchange_.worker().now(); }

  pipeline::RequestContext& context_;
  http::Exchange& exchange_;
  http::UpstreamCall& call_;
  RequestBody& body_;
  const upstream::TimeoutSettings& timeouts_;

  TimePoint started_;
  TimePoint last_moved_;
  TimePoint sent_{};               // when all of the request was sent; unset: not yet
  std::size_t last_piece_ = 0;     // of the answer
  std::uint64_t length_left_ = 0;  // of a request body with a length
  bool has_length_ = false;
  bool request_ended_ = false;  // all of it was given to the call
  bool informed_ = false;
  bool answering_ = false;               // the answer's head went down
  bool client_behind_ = false;           // it has not taken what we wrote
  std::unique_ptr<net::RemoteWake> next_turn_;  // only for long answers
};

}  // namespace gatehouse::integration
