// One request on its way through the steps: what is known of it, what the steps decided, what happened. Lives in the frame
// of the request's coroutine; steps and integration borrow it. One worker's thread.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/body_filter.hpp"
#include "gatehouse/pipeline/path_params.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {
class Claims;
}

namespace gatehouse::pipeline {

struct Route;
struct Trace;
class Trail;

// Who the client turned out to be.
struct Identity {
  std::string_view method;   // "api_key", "jwt"; empty: nobody asked
  std::string_view subject;  // the key's id, the token's `sub`; never a secret
  std::string_view api_key = {};  // the id of the API key that usage plans count for; empty: none
  std::string_view plan = {};     // the usage plan that the key is bound to; empty: none
  // What $claims reads: a token's claims, or what an authorizer said of the caller. May be none.
  std::shared_ptr<const crypto::Claims> claims = {};
};

// The tightest bucket that the request was measured against, for RateLimit-* fields.
struct RateState {
  bool measured = false;
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  std::uint64_t reset_seconds = 0;
};

// What happened upstream, for log and metrics.
struct UpstreamFacts {
  std::string_view backend;  // empty: no backend was involved
  std::string_view target;   // its URL
  std::uint32_t tries = 0;
  bool reused_connection = false;
  int status = 0;
  Duration connect{};
  Duration first_byte{};
  Duration total{};
  TimePoint began{};
};

class RequestContext {
 public:
  RequestContext(http::Exchange& exchange_, const Route& route_);
  RequestContext(const RequestContext&) = delete;
  RequestContext& operator=(const RequestContext&) = delete;

  http::Exchange& exchange;
  const Route& route;

  std::string_view path;     // normalised: what was routed and what is forwarded
  std::string_view query;    // what is forwarded: as received, less the keys that steps took out; no data: no '?'
  PathParams params;
  bool peer_trusted = false; // the connection comes from one of trusted_proxies
  IpAddress client;          // behind trusted proxies: the first address that is not one of theirs
  std::string_view scheme;   // "http" or "https" as the client sees it
  std::string_view host;     // as the client sees it, with port
  std::string_view request_id;

  Identity identity;
  RateState rate;
  bool holds_permit = false;         // of the route's concurrency limit
  http::FieldEdits request_edits;  // what the steps change about the request on its way to the backend
  Duration deadline_after{};       // the route's own total deadline; 0: none

  // What happened. `reason` is "ok" or the stable code of whoever made or broke the answer; `detail` says it for people, and
  // goes to the log.
  std::string_view reason = "ok";
  std::string_view detail;
  int status = 0;  // sent to the client; 0: none; 499: the client left first
  UpstreamFacts upstream;
  std::string_view decided_by;   // the step that answered; empty: none did
  const Trace* trace = nullptr;  // made by the tracing step; null: there is none
  Trail* trail = nullptr;        // notes what decides, when an operator asked for it; mostly null

  const http::RequestHead& request() const { return exchange.request(); }
  Arena& arena() { return exchange.arena(); }

  // The body of the request for whoever takes it, as http::BodyReader has it; from its beginning again after hold_body().
  http::BodyChunk poll_body();
  void consume_body(std::size_t bytes);
  // The whole body, when a step needed it before it could let the request on (pipeline/held_body.hpp); null: nobody did.
  const std::string* held_body() const { return held_body_ ? &*held_body_ : nullptr; }
  // REQUIRES: `body` is all that the exchange's body held, and nothing of it was consumed through this.
  void hold_body(std::string body) { held_body_ = std::move(body); }

  // Every answer leaves through here, once: each step sees the head, innermost first, then the exchange sends it. When the
  // exchange has failed so that no answer can be sent, nothing happens but that `status` becomes 499.
  void respond(http::ResponseHead& head, std::string_view first, http::More more);
  void answer(const Answer& made);
  // 101, through the steps as any answer; the connection is the caller's then.
  http::Upgraded upgrade(http::ResponseHead& head);
  // The rest of a body whose first bytes went with respond(); as in http::BodyWriter.
  void write(std::string_view bytes, http::More more);
  void finish(const http::Fields& trailers);
  bool drained() const { return exchange.drained(); }

  // For steps, in on_response(): the body passes `filter` behind those that are there already. A filter that changes the
  // length must take Content-Length from the head; respond() sets it again where the whole body is known by then.
  void add_filter(std::unique_ptr<BodyFilter> filter) { filters_.push_back(std::move(filter)); }
  // Kept alive as long as the request: what the texts of an answer belong to.
  void keep(std::shared_ptr<const void> owner) { kept_ = std::move(owner); }

  // When it ended, for on_end: the time at which the first step asked.
  TimePoint ended(const Clock& clock) const {
    if (ended_ == TimePoint()) ended_ = clock.now();
    return ended_;
  }

 private:
  std::string_view filtered(std::string_view bytes, http::More more);

  mutable TimePoint ended_{};
  std::vector<std::unique_ptr<BodyFilter>> filters_;
  std::optional<std::string> held_body_;
  std::size_t held_consumed_ = 0;
  std::shared_ptr<const void> kept_;
};

}  // namespace gatehouse::pipeline
