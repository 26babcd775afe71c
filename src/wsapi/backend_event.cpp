// What a backend is told of a connection, and how its answer is read.
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/wsapi/event.hpp"
#include "group_list.hpp"
#include "socket_call.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using pipeline::RequestContext;
using pipeline::SocketFacts;
using std::chrono::system_clock;

std::string_view decimal(Arena& arena, std::uint64_t value) {
  char text[20];
  return arena.copy({text, static_cast<std::size_t>(write_u64(text, value) - text)});
}

void add_fields(RequestContext& context) {
  const SocketFacts& socket = *context.socket;
  http::FieldEdits& edits = context.request_edits;
  edits.append("X-Gatehouse-Connection-Id", socket.connection_id);
  edits.append("X-Gatehouse-Route", socket.route_key);
  edits.append("X-Gatehouse-Event", socket.event);
  edits.append("X-Gatehouse-Api", context.route.api);
  edits.append("X-Gatehouse-Stage", context.route.stage);
  const auto connected = std::chrono::duration_cast<std::chrono::milliseconds>(socket.connected_at.time_since_epoch()).count();
  edits.append("X-Gatehouse-Connected-At", decimal(context.arena(), static_cast<std::uint64_t>(connected)));
  if (!socket.message_id.empty()) edits.append("X-Gatehouse-Message-Id", socket.message_id);
  if (!context.identity.subject.empty()) edits.append("X-Gatehouse-Identity", context.identity.subject);
  if (socket.close_code == 0) return;
  edits.append("X-Gatehouse-Disconnect-Code", decimal(context.arena(), socket.close_code));
  edits.append("X-Gatehouse-Disconnect-Reason", socket.close_reason);
}

std::string event_of(const RequestContext& context, std::string_view payload, const http::Fields* handshake, system_clock::time_point now) {
  const SocketFacts& socket = *context.socket;
  const std::string source = context.client.to_string();
  EventFacts facts;
  facts.route_key = socket.route_key;
  facts.api = context.route.api;
  facts.stage = context.route.stage;
  facts.domain_name = context.host;
  facts.connection_id = socket.connection_id;
  facts.request_id = context.request_id;
  facts.message_id = socket.message_id;
  facts.source_ip = source;
  facts.user_agent = socket.user_agent;
  facts.connected_at = socket.connected_at;
  facts.now = now;
  facts.identity = &context.identity;
  if (handshake != nullptr) return connect_event(facts, *handshake, context.query);
  if (socket.close_code != 0) return disconnect_event(facts, socket.close_code, socket.close_reason);
  return message_event(facts, payload, socket.binary);
}

std::string_view field_of(JsonValue headers, std::string_view name) {
  for (const JsonValue header : headers) {
    if (!iequals(header.name(), name)) continue;
    const JsonValue first = header.is_array() ? header.at(0) : header;
    return first ? first.text() : std::string_view();
  }
  return {};
}

}  // namespace

void tell_backend(EventForm form, RequestContext& context, CallExchange& exchange, std::string_view payload, const http::Fields* handshake,
                  const Clock& clock) {
  if (form == EventForm::kPlain) {
    add_fields(context);
    return;
  }
  std::string event = event_of(context, payload, handshake, clock.wall());
  context.query = {};  // the event has it
  exchange.set_event(event.size());
  context.hold_body(std::move(event));
}

void read_proxy_answer(CallExchange::Answered& answered, Arena& arena) {
  if (answered.function_failed) {
    answered.status = 502;
    return;
  }
  if (answered.status < 200 || answered.status >= 300) return;
  const auto tree = JsonTree::parse(answered.body);
  if (!tree || !tree->root().is_object()) return;
  const JsonValue root = tree->root();
  const JsonValue status = root.find("statusCode");
  if (!status) return;
  const auto number = parse_u64(status.text());
  if (!number || *number < 100 || *number > 599) {
    answered.status = 502;
    return;
  }
  answered.status = static_cast<int>(*number);
  const JsonValue body = root.find("body");
  const JsonValue base64 = root.find("isBase64Encoded");
  const bool encoded = base64 && base64.kind() == JsonKind::kTrue;
  answered.type = encoded ? "application/octet-stream" : "text/plain";
  for (const std::string_view list : {"headers", "multiValueHeaders"}) {
    const JsonValue headers = root.find(list);
    if (!headers || !headers.is_object()) continue;
    const auto take = [&](std::string_view name, std::string_view& to) {
      if (const std::string_view value = field_of(headers, name); !value.empty()) to = arena.copy(value);
    };
    take("content-type", answered.type);
    take("sec-websocket-protocol", answered.subprotocol);
    const bool joins = append_group_list(answered.join, headers, "x-gatehouse-join", arena);
    const bool leaves = append_group_list(answered.leave, headers, "x-gatehouse-leave", arena);
    answered.groups_malformed = answered.groups_malformed || !joins || !leaves;
  }
  std::string text;
  if (body && encoded) {
    if (!dynamo::append_base64_decoded(text, body.text())) answered.status = 502;
  } else if (body && body.is_string()) {
    text = body.text();
  } else if (body && body.kind() != JsonKind::kNull) {
    body.append_to(text);
  }
  answered.body = std::move(text);
}

}  // namespace gatehouse::wsapi
