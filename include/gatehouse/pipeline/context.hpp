// One request on its way through the steps: what is known of it, what the steps decided, what happened. Lives in the frame
// of the request's coroutine; steps and integration borrow it. One worker's thread.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/body_decoder.hpp"
#include "gatehouse/pipeline/body_filter.hpp"
#include "gatehouse/pipeline/path_params.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse {
class JsonTree;
}

namespace gatehouse::crypto {
class ClaimPath;
class Claims;
}

namespace gatehouse::pipeline {

struct Route;
struct SocketFacts;
struct Trace;
class Trail;

// Who the client turned out to be.
struct Identity {
  std::string_view method;   // "api_key", "jwt"; empty: nobody asked
  std::string_view subject;  // the key's id, the token's `sub`; never a secret
  std::string_view api_key = {};  // the id of the API key that usage plans count for; empty: none
  std::string_view plan = {};     // the usage plan that the key is bound to; empty: none
  // What $claims reads: a token's claims, or what an authorizer said of the caller. May be none. Kept by the request's context.
  const crypto::Claims* claims = nullptr;
  // Which of them grant scopes besides `scope` and `scp`. The authorizer's own.
  std::span<const crypto::ClaimPath> scope_claims = {};
  // A policy of the caller's own (an access key's, an authorizer's) allows the request: a resource policy need not.
  bool allowed_by_policy = false;
};

// What the resource policy said before anybody was asked who calls. An explicit deny has ended the request then.
enum class ResourcePolicy : std::uint8_t { kNone, kAllows, kSilent };

// The tightest bucket that the request was measured against, for RateLimit-* fields.
struct RateState {
  bool measured = false;
  std::string_view limit;  // in decimal; the rule's or the plan's own
  std::uint64_t remaining = 0;
  std::uint64_t reset_seconds = 0;
};

// The refusal that error_responses put into words.
struct ErrorFacts {
  std::string_view message;
  std::string_view type;        // "THROTTLED"
  std::string_view validation;  // what is wrong with a body that does not match its schema
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

// What a step remembers of a request between its way in and its way out.
class StepState {
 public:
  virtual ~StepState() = default;
};

// The part of the response cache.
struct CacheFacts {
  std::string_view status;           // the member of Cache-Status (RFC 9211); empty: no cache on this route
  std::unique_ptr<StepState> visit;  // of a request that goes on to the backend
  bool refresh = false;              // the answer was stale: the visit is for a request in the background, after this one
};

class RequestContext {
 public:
  RequestContext(http::Exchange& exchange_, const Route& route_);
  RequestContext(const RequestContext&) = delete;
  RequestContext& operator=(const RequestContext&) = delete;
  ~RequestContext();

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
  ResourcePolicy resource_policy = ResourcePolicy::kNone;
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
  CacheFacts cache;
  std::string_view decided_by;   // the step that answered; empty: none did
  const Trace* trace = nullptr;  // made by the tracing step; null: there is none
  Trail* trail = nullptr;        // notes what decides, when an operator asked for it; mostly null
  const http::ResponseHead* answering = nullptr;  // the answer, while steps see it
  const ErrorFacts* error = nullptr;  // while a refusal is put into words
  const JsonTree* body_json = nullptr;  // the body, which a step has read for $body; null: nobody has, or it is no JSON
  const SocketFacts* socket = nullptr;  // the connection of a WebSocket API that this is about; mostly null

  const http::RequestHead& request() const { return exchange.request(); }
  Arena& arena() { return exchange.arena(); }

  // The body of the request for whoever takes it, as http::BodyReader has it; from its beginning again after hold_body().
  http::BodyChunk poll_body();
  void consume_body(std::size_t bytes);
  // The whole body, when a step needed it before it could let the request on (pipeline/held_body.hpp); null: nobody did.
  const std::string* held_body() const { return held_body_ ? &*held_body_ : nullptr; }
  // REQUIRES: `body` is all that poll_body() gave, to its end, and nothing of it was forwarded.
  void hold_body(std::string body) { held_body_ = std::move(body); }
  // From now on the body is what `decoder` makes of it. REQUIRES: nothing of it was read.
  void decode_body(std::unique_ptr<BodyDecoder> decoder) { decoder_ = std::move(decoder); }
  bool decodes_body() const { return decoder_ != nullptr; }
  // Of what poll_body() gives; none: unknown.
  std::optional<std::uint64_t> body_length() const { return decoder_ ? decoder_->length() : request().content_length; }
  // Content-Encoding of what poll_body() gives: without `aws-chunked` where that was taken off. Empty: none.
  std::string_view content_encoding();
  // Why the body is not what it must be, after http::Failure::kBodyRefused; null: nobody refused it.
  const BodyRefusal* body_refusal() const { return decoder_ ? decoder_->refusal() : nullptr; }
  // REQUIRES: exchange.failed().
  std::string_view failure_reason() const;

  // Every answer leaves through here, once: each step sees the head, innermost first, then the exchange sends it. When the
  // exchange has failed so that no answer can be sent, nothing happens but that `status` becomes 499.
  void respond(http::ResponseHead& head, std::string_view first, http::More more);
  // A refusal (400 and above) first takes the form that Route::errors says.
  void answer(const Answer& made);
  // 101, through the steps as any answer; the connection is the caller's then.
  http::Upgraded upgrade(http::ResponseHead& head);
  // The rest of a body whose first bytes went with respond(); as in http::BodyWriter.
  void write(std::string_view bytes, http::More more);
  void finish(const http::Fields& trailers);
  bool drained() const { return exchange.drained(); }
  // When all is over, however it ended, exactly once: runs the steps' on_end.
  void end_steps() noexcept;

  // For steps, in on_response(): the body passes `filter` behind those that are there already. A filter that changes the
  // length must take Content-Length from the head; respond() sets it again where the whole body is known by then.
  void add_filter(std::unique_ptr<BodyFilter> filter) { filters_.push_back(std::move(filter)); }
  // Kept alive as long as the request: what the texts of an answer or the caller's claims belong to.
  template <class Owner>
  void keep(Owner owner) {
    kept_ = new (arena().allocate(sizeof(KeptOwner<Owner>), alignof(KeptOwner<Owner>))) KeptOwner<Owner>(kept_, std::move(owner));
  }

  // When it ended, for on_end: the time at which the first step asked.
  TimePoint ended(const Clock& clock) const {
    if (ended_ == TimePoint()) ended_ = clock.now();
    return ended_;
  }

 private:
  void send(const Answer& made);
  http::BodyChunk decode();
  struct Kept {
    explicit Kept(Kept* next_) : next(next_) {}
    virtual ~Kept() = default;
    Kept* next;
  };
  template <class Owner>
  struct KeptOwner final : Kept {
    KeptOwner(Kept* next_, Owner owner_) : Kept(next_), owner(std::move(owner_)) {}
    Owner owner;
  };
  std::string_view filtered(std::string_view bytes, http::More more);

  mutable TimePoint ended_{};
  std::vector<std::unique_ptr<BodyFilter>> filters_;
  std::optional<std::string> held_body_;
  std::size_t held_consumed_ = 0;
  std::unique_ptr<BodyDecoder> decoder_;
  Kept* kept_ = nullptr;  // in the arena
};

}  // namespace gatehouse::pipeline
