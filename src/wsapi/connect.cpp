// $connect: the last of a handshake's steps asks the integration; then the connection is the registry's.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/http/websocket_handshake.hpp"
#include "group_list.hpp"
#include "socket_call.hpp"

#include <new>
#include <optional>
#include <span>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using http::FieldId;
using http::websocket::HandshakeProblem;
using pipeline::Answer;
using pipeline::RequestContext;

constexpr std::string_view kOurPrefix = "X-Gatehouse-";
constexpr std::string_view kHandshakePrefix = "Sec-WebSocket-";
constexpr std::string_view kSubprotocol = "Sec-WebSocket-Protocol";
constexpr std::uint16_t kAbnormal = 1006;

bool begins_with(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
}

// What the client sent, less what is between it and the gateway, and what only the gateway may say.
http::Fields fields_for_backend(const http::Fields& sent, Arena& arena) {
  const std::span<http::FieldRef> refs = arena.array<http::FieldRef>(sent.size());
  std::uint32_t count = 0;
  std::uint64_t present = 0;
  for (std::uint32_t i = 0; i < sent.size(); ++i) {
    const http::Field field = sent[i];
    const bool internal = field.id == FieldId::kOther && !iequals(field.name, kSubprotocol) &&
                          (begins_with(field.name, kOurPrefix) || begins_with(field.name, kHandshakePrefix));
    if (internal || field.id == FieldId::kUpgrade || field.id == FieldId::kConnection) continue;
    refs[count++] = sent.ref(i);
    present |= http::bit(field.id);
  }
  return {sent.base(), refs.data(), count, present};
}

// The integration's view of a handshake.
class ConnectCall {
 public:
  ConnectCall(const ConnectSettings& settings, RequestContext& of, const pipeline::Route& route, const pipeline::SocketFacts& socket)
      : exchange_(of.exchange, most_answered(*settings.limits)), context_(exchange_, route) {
    context_.path = of.path;
    context_.query = of.query;
    context_.peer_trusted = of.peer_trusted;
    context_.client = of.client;
    context_.scheme = of.scheme;
    context_.host = of.host;
    context_.request_id = of.request_id;
    context_.identity = of.identity;
    context_.deadline_after = of.deadline_after;
    context_.request_edits = of.request_edits;
    context_.trace = of.trace;
    context_.socket = &socket;
  }

  net::Task<void> run(const ConnectSettings& settings, const pipeline::Integration& inner, const http::Fields& sent, const Clock& clock) {
    const http::Fields fields = fields_for_backend(sent, context_.arena());
    if (settings.backend) {
      exchange_.set_fields(fields);
      tell_backend(settings.route.event, context_, exchange_, {}, &fields, clock);
    } else {
      exchange_.set_body("{}", Content::kJson);
    }
    net::Task<void> serving = inner.serve(context_);
    co_await serving;
    if (settings.backend && settings.route.event == EventForm::kAws) read_proxy_answer(exchange_.answered(), context_.arena());
  }

  CallExchange& exchange() { return exchange_; }
  RequestContext& context() { return context_; }

 private:
  CallExchange exchange_;
  RequestContext context_;
};

class ConnectIntegration final : public pipeline::Integration {
 public:
  ConnectIntegration(ConnectSettings settings, std::shared_ptr<const pipeline::Integration> inner, std::shared_ptr<SocketApi> api,
                     std::shared_ptr<Registry> registry)
      : settings_(std::move(settings)), inner_(std::move(inner)), api_(std::move(api)), registry_(std::move(registry)) {
    inner_route_.api = settings_.api;
    inner_route_.stage = settings_.stage;
    inner_route_.label = "$connect";
  }

  std::string_view kind() const override { return "websocket"; }

  net::Task<void> serve(RequestContext& context) const override {
    if (const auto refusal = check(context)) {
      context.answer(*refusal);
      co_return;
    }
    net::Worker& worker = context.exchange.worker();
    Reservation reserved = registry_->reserve(worker);
    const pipeline::SocketFacts& socket = facts_of(context, reserved.id());
    context.socket = &socket;
    ConnectCall call(settings_, context, inner_route_, socket);
    if (inner_) {
      net::Task<void> asking = call.run(settings_, *inner_, context.request().fields, api_->clock());
      co_await asking;
      context.upstream = call.context().upstream;
      if (!accepted(context, call)) co_return;
    }
    const ConnectionId id = reserved.id();
    const ConnectionFacts facts = connection_facts(context, socket, call.exchange().answered().subprotocol);
    if (auto connection = open(context, std::move(reserved), facts)) {
      change_groups(*connection, call.exchange().answered(), call.context());
      co_return;
    }
    context.reason = "client_gone";
    if (!inner_) co_return;
    // The integration believes that there is a connection.
    Ending ending;
    ending.code = kAbnormal;
    ending.reason = "client_gone";
    net::Task<void> telling = api_->tell_end(worker, id, facts, std::move(ending));
    co_await telling;
  }

 private:
  static std::optional<Answer> check(RequestContext& context) {
    switch (http::websocket::check_handshake(context.request())) {
      case HandshakeProblem::kNone: return std::nullopt;
      case HandshakeProblem::kNotAsked: {
        context.detail = "this is a WebSocket API: connect with a WebSocket client";
        Answer answer(context.arena(), 426, "websocket_upgrade_required", "Upgrade Required");
        answer.fields.set(FieldId::kUpgrade, "websocket");
        return answer;
      }
      case HandshakeProblem::kVersion: {
        Answer answer(context.arena(), 426, "websocket_version_unsupported", "Upgrade Required");
        answer.fields.set(FieldId::kUpgrade, "websocket");
        answer.fields.set("Sec-WebSocket-Version", "13");
        return answer;
      }
      case HandshakeProblem::kMalformed: break;
    }
    return Answer(context.arena(), 400, "websocket_handshake_malformed", "Bad Request");
  }

  // In the request's arena: the log has them at its end.
  const pipeline::SocketFacts& facts_of(RequestContext& context, const ConnectionId& id) const {
    using pipeline::SocketFacts;
    char text[ConnectionId::kTextSize];
    id.write(text);
    auto& socket = *new (context.arena().allocate(sizeof(SocketFacts), alignof(SocketFacts))) SocketFacts();
    socket.connection_id = context.arena().copy({text, sizeof text});
    socket.event = "CONNECT";
    socket.route_key = "$connect";
    socket.user_agent = context.request().fields.get(FieldId::kUserAgent).value_or("");
    socket.connected_at = api_->clock().wall();
    return socket;
  }

  // Otherwise the client was answered, or is gone.
  bool accepted(RequestContext& context, ConnectCall& call) const {
    CallExchange::Answered& answered = call.exchange().answered();
    Arena& arena = context.arena();
    if (answered.too_large || answered.status == 0 || !answered.complete) {
      const std::string_view reason = call.context().reason == "ok" ? "integration_failed" : call.context().reason;
      context.answer(Answer(arena, 502, answered.too_large ? "upstream_answer_too_large" : reason, "Bad Gateway"));
      return false;
    }
    if (answered.status >= 200 && answered.status < 300) {
      if (answered.subprotocol.empty() || http::websocket::offers_subprotocol(context.request(), answered.subprotocol)) return true;
      context.detail = "the integration of $connect chose a subprotocol that the client does not offer";
      context.answer(Answer(arena, 502, "websocket_subprotocol_not_offered", "Bad Gateway"));
      return false;
    }
    const bool own_words = call.context().reason != "ok";
    const int status = answered.status < 400 ? 502 : answered.status;
    context.detail = call.context().detail;
    Answer refusal(arena, status, own_words ? call.context().reason : "websocket_refused", answered.type, arena.copy(answered.body));
    context.answer(refusal);
    return false;
  }

  ConnectionFacts connection_facts(const RequestContext& context, const pipeline::SocketFacts& socket, std::string_view subprotocol) const {
    ConnectionFacts facts;
    facts.source = context.client;
    facts.connected_at = socket.connected_at;
    facts.secure = context.scheme == "https";
    facts.user_agent = socket.user_agent;
    facts.domain_name = context.host;
    facts.subprotocol = subprotocol;
    facts.request_id = context.request_id;
    facts.route = context.route.label;
    facts.method = context.identity.method;
    facts.subject = context.identity.subject;
    facts.api_key = context.identity.api_key;
    facts.plan = context.identity.plan;
    if (context.identity.claims != nullptr) facts.claims = context.identity.claims->shared();
    return facts;
  }

  std::shared_ptr<Connection> open(RequestContext& context, Reservation reserved, const ConnectionFacts& facts) const {
    const auto accept = http::websocket::accept_value(context.request().fields.get("Sec-WebSocket-Key").value_or(""));
    http::ResponseHead head(context.arena());
    head.status = 101;
    head.edits.set_valid(FieldId::kUpgrade, "websocket");
    head.edits.append("Sec-WebSocket-Accept", context.arena().copy({accept.data(), accept.size()}));
    if (!facts.subprotocol.empty()) head.edits.append(kSubprotocol, facts.subprotocol);
    net::Worker& worker = context.exchange.worker();
    http::Upgraded upgraded = context.upgrade(head);
    if (!upgraded.stream) return nullptr;
    auto connection = registry_->open(std::move(reserved), std::move(upgraded), facts, settings_.limits, api_);
    if (connection) api_->observer().on_socket_opened(worker, api_->api());
    return connection;
  }

  ConnectSettings settings_;
  std::shared_ptr<const pipeline::Integration> inner_;
  std::shared_ptr<SocketApi> api_;
  std::shared_ptr<Registry> registry_;
  pipeline::Route inner_route_;
};

}  // namespace

std::shared_ptr<const pipeline::Integration> make_connect(ConnectSettings settings, std::shared_ptr<const pipeline::Integration> inner,
                                                          std::shared_ptr<SocketApi> api, std::shared_ptr<Registry> registry) {
  return std::make_shared<ConnectIntegration>(std::move(settings), std::move(inner), std::move(api), std::move(registry));
}

}  // namespace gatehouse::wsapi
