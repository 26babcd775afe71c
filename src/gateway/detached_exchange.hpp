// An exchange without a client: a copy of a request that has been answered, to ask the backend once more on behalf of a cache.
// What is answered is taken and goes nowhere. Lives in its own coroutine, on the worker of the request it was made of.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gatehouse::gateway {

class DetachedExchange final : public http::Exchange {
 public:
  explicit DetachedExchange(http::Exchange& of);
  // Gives `to`, a context on this exchange, what `from` knows of its request: the steps have seen it already.
  void copy_facts(const pipeline::RequestContext& from, pipeline::RequestContext& to);

  http::BodyChunk poll_body() override { return {http::BodyState::kEnd, {}}; }
  void consume_body(std::size_t) override {}
  http::Fields trailers() const override { return {}; }
  bool body_complete() const override { return true; }
  void write(std::string_view, http::More) override {}
  void finish(const http::Fields&) override {}
  bool drained() const override { return true; }
  const http::RequestHead& request() const override { return request_; }
  const http::Peer& peer() const override { return peer_; }
  net::Worker& worker() override { return worker_; }
  Arena& arena() override { return arena_; }
  net::Waiter& waiter() override { return waiter_; }
  TimePoint arrival() const override { return arrival_; }
  void set_body_limit(std::uint64_t) override {}
  std::uint64_t body_limit() const override { return std::numeric_limits<std::uint64_t>::max(); }
  void refuse_body() override { failure_ = http::Failure::kBodyRefused; }
  void inform(int, const http::Fields*) override {}
  void respond(const http::ResponseHead&, std::string_view, http::More) override { responded_ = true; }
  bool responded() const override { return responded_; }
  void abort() override { failure_ = http::Failure::kHandler; }
  http::Upgraded upgrade(const http::ResponseHead&) override { return {}; }
  http::Failure failure() const override { return failure_; }
  std::size_t send_room() const override { return 0; }
  std::uint64_t bytes_received() const override { return 0; }
  std::uint64_t bytes_sent() const override { return 0; }

 private:
  void copy_fields(const http::Fields& fields);
  void look_up_fields();

  net::Worker& worker_;
  net::Waiter waiter_;
  Arena arena_;
  http::Peer peer_;
  TimePoint arrival_;
  const char* lines_ = nullptr;  // in the arena
  std::vector<http::FieldRef> refs_;
  http::RequestHead request_;
  http::Failure failure_ = http::Failure::kNone;
  bool responded_ = false;
};

}  // namespace gatehouse::gateway
