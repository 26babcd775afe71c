#include "socket_call.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/pipeline/middleware.hpp"

#include <exception>
#include <optional>

namespace gatehouse::wsapi {

using pipeline::Answer;

SocketCall::SocketCall(net::Worker& worker, const SocketRoutes& routes, const SocketRoute& route, const ConnectionId& id,
                       const ConnectionFacts& facts, std::string_view event, const Clock& clock)
    : route_(route),
      clock_(clock),
      exchange_(worker, facts.source, facts.scheme(), routes.path, facts.domain_name, most_answered(*routes.limits)),
      context_(exchange_, *route.route) {
  id.write(id_.data());
  static_assert(kRequestIdSize == 32);
  write_request_id(request_id_.data());
  socket_.connection_id = {id_.data(), id_.size()};
  socket_.event = event;
  socket_.route_key = route.route->label;
  socket_.user_agent = facts.user_agent;
  socket_.connected_at = facts.connected_at;
  context_.path = routes.path;
  context_.client = facts.source;
  context_.scheme = exchange_.request().scheme;
  context_.host = facts.domain_name;
  context_.request_id = {request_id_.data(), request_id_.size()};
  context_.deadline_after = route.route->total_timeout;
  context_.socket = &socket_;
  context_.identity.method = facts.method;
  context_.identity.subject = facts.subject;
  context_.identity.api_key = facts.api_key;
  context_.identity.plan = facts.plan;
  context_.identity.claims = facts.claims.get();
  context_.keep(facts.claims);
}

SocketCall::~SocketCall() { context_.end_steps(); }

void SocketCall::set_payload(std::string_view payload, Content content) {
  payload_ = payload;
  exchange_.set_body(payload, content);
  socket_.message_id = context_.request_id;
  socket_.binary = content == Content::kBinary;
}

void SocketCall::set_end(std::uint16_t code, std::string_view reason) {
  socket_.close_code = code;
  socket_.close_reason = reason;
  // What writes items reads an object.
  if (!route_.backend) exchange_.set_body("{}", Content::kJson);
}

// False when the way in ended there.
net::Task<bool> SocketCall::pass_steps() {
  for (const auto& step : context_.route.steps) {
    pipeline::Decision decision = step->on_request(context_);
    if (decision.must_wait()) {
      net::Task<std::optional<Answer>> waiting = step->wait(context_);
      decision = co_await waiting;
    }
    if (decision.is_done() || exchange_.responded()) co_return false;
    if (!decision.answer()) continue;
    context_.decided_by = step->name();
    context_.answer(*decision.answer());
    co_return false;
  }
  co_return true;
}

net::Task<void> SocketCall::run() {
  try {
    net::Task<bool> passing = pass_steps();
    const bool passed = co_await passing;
    if (passed && context_.route.integration) {
      if (route_.backend) tell_backend(route_.settings.event, context_, exchange_, payload_, nullptr, clock_);
      net::Task<void> serving = context_.route.integration->serve(context_);
      co_await serving;
      if (route_.backend && route_.settings.event == EventForm::kAws) read_proxy_answer(exchange_.answered(), context_.arena());
    }
  } catch (const std::exception& bug) {
    log::error("message failed", {{"request_id", context_.request_id}, {"route", context_.route.label}, {"what", bug.what()}});
    context_.reason = "internal_error";
    context_.status = 500;
  }
}

}  // namespace gatehouse::wsapi
