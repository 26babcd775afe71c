#include "gatehouse/wsapi/event.hpp"

#include "gatehouse/base/log_time.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/pipeline/json_text.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace gatehouse::wsapi {
namespace {

// One value of a name; several with the same name stand in their order.
using Pairs = std::vector<std::pair<std::string, std::string>>;

// Members and their values one behind the other.
class Json {
 public:
  explicit Json(std::size_t room) { text_.reserve(room); }

  Json& open(std::string_view name = {}) {
    member(name);
    text_ += '{';
    return *this;
  }
  Json& close() {
    text_ += '}';
    return *this;
  }
  // Foreign text, which may be no UTF-8.
  Json& put(std::string_view name, std::string_view value) {
    member(name);
    quote(value);
    return *this;
  }
  Json& put_checked(std::string_view name, std::string_view utf8) {
    member(name);
    dynamo::write_json_string(text_, utf8);
    return *this;
  }
  Json& put_base64(std::string_view name, std::string_view bytes) {
    member(name);
    text_ += '"';
    dynamo::append_base64(text_, bytes);
    text_ += '"';
    return *this;
  }
  Json& number(std::string_view name, std::int64_t value) {
    member(name);
    text_ += std::to_string(value);
    return *this;
  }
  Json& raw(std::string_view name, std::string_view json) {
    member(name);
    text_ += json;
    return *this;
  }
  // The last value of each name.
  Json& last_of(std::string_view name, const Pairs& pairs);
  // All of them.
  Json& all_of(std::string_view name, const Pairs& pairs);

  std::string take() { return std::move(text_); }

 private:
  void member(std::string_view name) {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
    if (name.empty()) return;
    quote(name);
    text_ += ':';
  }
  void quote(std::string_view value) {
    Arena arena;
    text_ += '"';
    text_ += pipeline::json_escaped(value, arena);
    text_ += '"';
  }

  std::string text_;
};

bool is_first(const Pairs& pairs, std::size_t i) {
  return std::none_of(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(i), [&](const auto& other) { return other.first == pairs[i].first; });
}

Json& Json::last_of(std::string_view name, const Pairs& pairs) {
  open(name);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!is_first(pairs, i)) continue;
    const auto last = std::find_if(pairs.rbegin(), pairs.rend(), [&](const auto& other) { return other.first == pairs[i].first; });
    put(pairs[i].first, last->second);
  }
  return close();
}

Json& Json::all_of(std::string_view name, const Pairs& pairs) {
  open(name);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!is_first(pairs, i)) continue;
    member(pairs[i].first);
    text_ += '[';
    for (const auto& other : pairs)
      if (other.first == pairs[i].first) put({}, other.second);
    text_ += ']';
  }
  return close();
}

Pairs pairs_of(const http::Fields& fields) {
  Pairs pairs;
  for (std::uint32_t i = 0; i < fields.size(); ++i) pairs.emplace_back(fields[i].name, fields[i].value);
  return pairs;
}

Pairs parameters_of(std::string_view query) {
  Pairs pairs;
  while (const auto parameter = pipeline::take_parameter(query)) pairs.emplace_back(form_decode(parameter->name), form_decode(parameter->value));
  return pairs;
}

// What the authorizer of $connect said: as Lambda authorizers have it, principalId and the context's values side by side.
void add_authorizer(Json& json, const pipeline::Identity& identity) {
  json.open("authorizer").put("principalId", identity.subject);
  if (identity.claims) {
    for (const JsonValue claim : identity.claims->root()) {
      if (claim.name() == "principalId") continue;
      std::string value;
      claim.append_to(value);
      json.raw(claim.name(), value);
    }
  }
  json.close();
}

// Leaves the object open.
void begin_context(Json& json, const EventFacts& facts, std::string_view type) {
  char time[kLogTimeSize];
  json.open("requestContext").put("routeKey", facts.route_key).put("eventType", type);
  if (!facts.message_id.empty()) json.put("messageId", facts.message_id);
  json.put("extendedRequestId", facts.request_id).put("requestTime", write_log_time(time, facts.now)).put("messageDirection", "IN");
  json.put("stage", facts.stage).number("connectedAt", epoch_milliseconds(facts.connected_at)).number("requestTimeEpoch", epoch_milliseconds(facts.now));
  json.open("identity").put("sourceIp", facts.source_ip);
  if (!facts.user_agent.empty()) json.put("userAgent", facts.user_agent);
  json.close().put("requestId", facts.request_id);
  const std::size_t port = facts.domain_name.rfind(':');
  const bool inside_brackets = port != std::string_view::npos && facts.domain_name.find(']', port) != std::string_view::npos;
  json.put("domainName", facts.domain_name.substr(0, inside_brackets ? std::string_view::npos : port));
  json.put("connectionId", facts.connection_id).put("apiId", facts.api);
  if (facts.identity != nullptr && !facts.identity->method.empty()) add_authorizer(json, *facts.identity);
}

}  // namespace

std::string connect_event(const EventFacts& facts, const http::Fields& headers, std::string_view query) {
  const Pairs fields = pairs_of(headers);
  const Pairs parameters = parameters_of(query);
  Json json(2048);
  json.open().last_of("headers", fields).all_of("multiValueHeaders", fields);
  if (!parameters.empty()) json.last_of("queryStringParameters", parameters).all_of("multiValueQueryStringParameters", parameters);
  begin_context(json, facts, "CONNECT");
  return json.close().raw("isBase64Encoded", "false").close().take();
}

std::string message_event(const EventFacts& facts, std::string_view payload, bool binary) {
  Json json(1024 + payload.size() * 3 / 2);
  begin_context(json.open(), facts, "MESSAGE");
  json.close();
  if (binary) {
    json.put_base64("body", payload).raw("isBase64Encoded", "true");
  } else {
    json.put_checked("body", payload).raw("isBase64Encoded", "false");
  }
  return json.close().take();
}

std::string disconnect_event(const EventFacts& facts, std::uint16_t code, std::string_view reason) {
  const Pairs fields{{"Host", std::string(facts.domain_name)}, {"X-Forwarded-For", std::string(facts.source_ip)}};
  Json json(1024);
  json.open().last_of("headers", fields).all_of("multiValueHeaders", fields);
  begin_context(json, facts, "DISCONNECT");
  json.number("disconnectStatusCode", code).put("disconnectReason", reason);
  return json.close().raw("isBase64Encoded", "false").close().take();
}

std::string_view error_frame(Arena& arena, std::string_view message, std::string_view connection_id, std::string_view request_id,
                             std::string_view reason, std::string_view detail) {
  const auto escaped = [&arena](std::string_view text) { return pipeline::json_escaped(text, arena); };
  std::string_view more;
  if (!reason.empty()) more = arena.concat({R"(,"reason":")", escaped(reason), "\""});
  if (!detail.empty()) more = arena.concat({more, R"(,"detail":")", escaped(detail), "\""});
  return arena.concat({R"({"message":")", escaped(message), R"(", "connectionId":")", connection_id, R"(", "requestId":")",
                       escaped(request_id), "\"", more, "}"});
}

}  // namespace gatehouse::wsapi
