#include "gateway/request_handler.hpp"

#include "gateway/arrival.hpp"
#include "gateway/detached_exchange.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/middleware/log_refusal.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/trail.hpp"

#include <utility>

namespace gatehouse::gateway {
namespace {

// Of one worker at a time; more wait for the next request that finds the same answer old.
constexpr std::size_t kRefreshes = 64;

using http::FieldId;
using pipeline::Answer;
using pipeline::RequestContext;
using routing::RouteMatch;

// Written by the owning worker alone, read by scrapes.
void bump(std::atomic<std::uint64_t>& value, std::uint64_t by) {
  value.store(value.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// A preflight asks about the method it announces, whether or not the route knows OPTIONS.
std::optional<std::string_view> preflighted_method(const http::RequestHead& request) {
  if (request.method != http::Method::kOptions || !request.fields.has(FieldId::kOrigin)) return std::nullopt;
  return request.fields.get(FieldId::kAccessControlRequestMethod);
}

RouteMatch find_route(const Snapshot& snapshot, const http::RequestHead& request, const Arrival& arrival,
                      pipeline::PathParams& params) {
  if (!arrival.path) return {};
  routing::RouteQuery query{arrival.host, request.method_text, *arrival.path, request.query, &request.fields};
  if (const auto method = preflighted_method(request)) {
    query.method = *method;
    const RouteMatch match = snapshot.router->match(query, params);
    if (match.route && match.route->answers_preflights) return match;
    params.truncate(0);
    query.method = request.method_text;
  }
  return snapshot.router->match(query, params);
}

// SDK clients send everything to one path.
RouteMatch find_tables(const Snapshot& snapshot) {
  return {snapshot.tables ? RouteMatch::Kind::kRoute : RouteMatch::Kind::kNotFound, snapshot.tables.get(), {}};
}

Answer answer_nothing_there(RequestContext& context, const RouteMatch& match, bool valid_path) {
  if (!valid_path) return {context.arena(), 400, "invalid_path", "Bad Request"};
  if (match.kind == RouteMatch::Kind::kNotFound) return {context.arena(), 404, "route_not_found", "Not Found"};
  Answer answer(context.arena(), 405, "method_not_allowed", "Method Not Allowed");
  answer.fields.set(FieldId::kAllow, match.allow);
  return answer;
}

}  // namespace

// Keeps a request's snapshot alive.
class RequestHandler::Pin {
 public:
  explicit Pin(RequestHandler& handler) : Pin(handler, *handler.current_) {}
  // Of the same snapshot as another request's.
  Pin(RequestHandler& handler, const Pin& other) : Pin(handler, other.pinned_) {}
  Pin(RequestHandler& handler, Pinned& pinned) : handler_(handler), pinned_(pinned) {
    ++pinned_.requests;
    bump(handler_.in_flight_, 1);
  }
  ~Pin() {
    bump(handler_.in_flight_, std::uint64_t(0) - 1);
    if (--pinned_.requests > 0 || &pinned_ == handler_.current_) return;
    handler_.pinned_.remove_if([this](const Pinned& candidate) { return &candidate == &pinned_; });
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  const Snapshot& snapshot() const { return *pinned_.snapshot; }

 private:
  RequestHandler& handler_;
  Pinned& pinned_;
};

// Runs what must run at the end however the request ended: synchronously, also when the coroutine is destroyed.
class RequestHandler::Books {
 public:
  explicit Books(RequestContext& context) : context_(context) {}
  ~Books() { context_.end_steps(); }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

 private:
  RequestContext& context_;
};

// A request that the cache answered with what is old, once more, without its client.
struct RequestHandler::Refresh {
  Refresh(RequestHandler& handler, const Pin& pinned, RequestContext& from)
      : pin(handler, pinned), exchange(from.exchange), context(exchange, from.route) {
    exchange.copy_facts(from, context);
    context.cache.visit = std::move(from.cache.visit);
  }
  Pin pin;
  DetachedExchange exchange;
  RequestContext context;
};

RequestHandler::RequestHandler(net::Worker& worker, observe::Registry& registry, const TrailTokens& trail_tokens, const Clock& clock)
    : worker_(worker), registry_(registry), trail_tokens_(trail_tokens), clock_(clock), refreshes_(worker, kRefreshes) {}

RequestHandler::~RequestHandler() = default;

void RequestHandler::begin_refresh(const Pin& pin, RequestContext& of) {
  auto work = std::make_unique<Refresh>(*this, pin, of);
  net::Task<void> task = run_refresh(std::move(work));
  refreshes_.spawn("cache refresh", std::move(task));
}

net::Task<void> RequestHandler::run_refresh(std::unique_ptr<Refresh> work) {
  net::Task<void> serving = work->context.route.integration->serve(work->context);
  co_await serving;
}

void RequestHandler::adopt(std::shared_ptr<const Snapshot> snapshot) {
  Pinned* const old = std::exchange(current_, &pinned_.emplace_back(Pinned{std::move(snapshot), 0}));
  if (old && old->requests == 0) pinned_.remove_if([old](const Pinned& candidate) { return &candidate == old; });
}

http::Handler& RequestHandler::entrance(config::ListenerPurpose purpose) {
  if (purpose == config::ListenerPurpose::kTables) return tables_;
  return *this;
}

net::Task<void> RequestHandler::handle(http::Exchange& exchange) { return serve(exchange, config::ListenerPurpose::kApis); }

bool RequestHandler::wants_trail(const http::RequestHead& request) const {
  if (!request.fields.has(FieldId::kXGatehouseTrace)) [[likely]]
    return false;
  return trail_tokens_.accepts(*request.fields.get(FieldId::kXGatehouseTrace), clock_.now());
}

net::Task<void> RequestHandler::serve(http::Exchange& exchange, config::ListenerPurpose purpose) {
  const Pin pin(*this);
  const Snapshot& snapshot = pin.snapshot();
  const Arrival arrival = look_at(exchange, snapshot.settings.trusted_proxies);
  pipeline::PathParams params;
  const RouteMatch match = purpose == config::ListenerPurpose::kTables ? find_tables(snapshot)
                                                                       : find_route(snapshot, exchange.request(), arrival, params);

  RequestContext context(exchange, match.route ? *match.route : snapshot.nowhere);
  context.peer_trusted = arrival.peer_trusted;
  context.client = arrival.client;
  context.scheme = arrival.scheme;
  context.host = arrival.host;
  context.request_id = arrival.request_id;
  context.path = arrival.path.value_or(exchange.request().path);
  context.params = params;
  context.deadline_after = context.route.total_timeout;
  std::optional<pipeline::Trail> trail;
  if (wants_trail(exchange.request())) context.trail = &trail.emplace(snapshot.version);
  const Books books(context);
  try {
    for (const auto& step : context.route.steps) {
      pipeline::Decision decision = step->on_request(context);
      if (decision.must_wait()) {
        net::Task<std::optional<Answer>> waiting = step->wait(context);
        decision = co_await waiting;
        if (exchange.responded()) decision = pipeline::Decision::done();
      }
      if (decision.is_done()) {
        if (context.cache.refresh) begin_refresh(pin, context);
        co_return;
      }
      if (context.trail) context.trail->note(step->name(), decision.answer() ? decision.answer()->reason : "pass");
      if (decision.answer()) {
        context.decided_by = step->name();
        context.answer(*decision.answer());
        co_return;
      }
    }
    if (context.route.integration && match.kind == RouteMatch::Kind::kRoute) {
      co_await context.route.integration->serve(context);
    } else {
      context.answer(answer_nothing_there(context, match, arrival.path.has_value()));
    }
  } catch (const std::exception& bug) {
    log::error("request failed", {{"request_id", context.request_id}, {"route", context.route.label}, {"what", bug.what()}});
    context.reason = "internal_error";
  }
  if (!exchange.responded() && !exchange.failed() && context.reason == "internal_error")
    context.answer(Answer(context.arena(), 500, "internal_error", "Internal Server Error"));
}

void RequestHandler::on_refusal(const http::Refusal& refusal) {
  const Snapshot& snapshot = current();
  const middleware::LogFormat* const format = snapshot.log_format ? &*snapshot.log_format : nullptr;
  if (snapshot.settings.access_log.enabled) middleware::log_refusal(*snapshot.access_log, worker_.index(), clock_, refusal, format);
  middleware::count_refusal(registry_, worker_.index(), refusal);
}

void RequestHandler::on_connection_opened() { bump(connections_, 1); }
void RequestHandler::on_connection_closed() { bump(connections_, std::uint64_t(0) - 1); }

}  // namespace gatehouse::gateway
