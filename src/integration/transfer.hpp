// One proxied request from its route to the end of its answer: tries at targets, repeats where that is sound, deadlines,
// and what the client is told when it fails. Lives in the request's coroutine, which does nothing but wake it. One thread.
#pragma once

#include "gatehouse/integration/http_proxy.hpp"
#include "gatehouse/integration/websocket.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "gatehouse/upstream/pool.hpp"
#include "relay.hpp"
#include "request_body.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::integration {

// Where a route's requests go. Made once per configuration.
struct Destination {
  ProxySettings settings;
  std::shared_ptr<const upstream::BackendPools> pools;
  std::shared_ptr<const WebSocketPassage> websocket;  // null: upgrades are not passed on
  std::vector<std::string> authorities;  // of each target: what Host says unless it is preserved or fixed
  // When the next failure may be logged (steady clock, ns): a backend that is down must not flood the log.
  mutable std::atomic<std::int64_t> next_log{0};
};

class Transfer final : private net::Timer {
 public:
  Transfer(const Destination& to, pipeline::RequestContext& context);
  ~Transfer() override = default;

  // Goes as far as it can without waiting. True when all is over; else the exchange's waiter will be woken.
  bool advance();

 private:
  enum class Step : std::uint8_t { kNext, kWait, kEnd };

  void on_timer() override { exchange_.waiter().wake(); }

  Step prepare();
  Step start_try();
  Step connect();
  Step relay();
  Step wait_until(TimePoint due);

  // One try failed. Another one, or the end.
  Step try_again_or_fail(const Error& error, bool sent, bool closed_before_answer);
  Step end_late(std::string_view reason);
  Step end_with(const Error& error);
  Step end_by_client();
  Step end_answered();
  Step hand_over();
  void log_failure(const Error& error) const;
  void answer(int status, std::string_view reason, std::string_view message);
  void answer_unavailable(const Error& error);
  std::string_view authority() const;
  TimePoint now() const { return exchange_.worker().now(); }

  const Destination& to_;
  pipeline::RequestContext& context_;
  http::Exchange& exchange_;
  upstream::Backend& backend_;
  TimePoint began_;
  TimePoint total_deadline_;

  http::OutgoingRequest head_;
  RequestBody body_;
  std::optional<upstream::Attempt> attempt_;
  std::optional<Relay> relay_;  // over the attempt's call
  std::uint64_t hash_ = 0;
  std::uint64_t tried_ = 0;  // bit i: target i
};

}  // namespace gatehouse::integration
