#include "authorizer_event.hpp"

#include "gatehouse/base/json_text.hpp"
#include "gatehouse/base/log_time.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/policy_facts.hpp"
#include "gatehouse/pipeline/query.hpp"
#include "gatehouse/pipeline/route.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using pipeline::RequestContext;

// One value of a name; several with the same name stand in their order.
struct Pair {
  std::string name, value;
};
using Pairs = std::vector<Pair>;
enum class Several { kLast, kJoined, kAll };

// Members and their values one behind the other; the braces are the caller's.
class Json {
 public:
  Json& open(std::string_view name = {}) {
    member(name);
    text += '{';
    return *this;
  }
  Json& close() {
    text += '}';
    return *this;
  }
  Json& put(std::string_view name, std::string_view value) {
    member(name);
    append_json_string(text, value);
    return *this;
  }
  Json& number(std::string_view name, std::int64_t value) {
    member(name);
    text += std::to_string(value);
    return *this;
  }
  Json& list(std::string_view name, std::span<const std::string_view> values) {
    member(name);
    text += '[';
    for (const std::string_view value : values) {
      if (text.back() != '[') text += ',';
      append_json_string(text, value);
    }
    text += ']';
    return *this;
  }
  Json& map(std::string_view name, const Pairs& pairs, Several several);

  std::string text;

 private:
  void member(std::string_view name) {
    if (!text.empty() && text.back() != '{') text += ',';
    if (name.empty()) return;
    append_json_string(text, name);
    text += ':';
  }
};

Json& Json::map(std::string_view name, const Pairs& pairs, Several several) {
  open(name);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto same = [&](const Pair& other) { return other.name == pairs[i].name; };
    if (std::any_of(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(i), same)) continue;
    std::vector<std::string_view> values;
    for (const Pair& pair : pairs)
      if (same(pair)) values.push_back(pair.value);
    if (several == Several::kAll) {
      list(pairs[i].name, values);
      continue;
    }
    std::string joined(several == Several::kLast ? values.back() : values.front());
    for (std::size_t v = 1; several == Several::kJoined && v < values.size(); ++v) joined.append(",").append(values[v]);
    put(pairs[i].name, joined);
  }
  return close();
}

Pairs headers_of(const http::Fields& fields, bool without_cookies) {
  Pairs pairs;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (without_cookies && fields[i].id == FieldId::kCookie) continue;
    pairs.push_back({without_cookies ? to_lower(fields[i].name) : std::string(fields[i].name), std::string(fields[i].value)});
  }
  return pairs;
}

std::vector<std::string_view> cookies_of(const http::Fields& fields) {
  std::vector<std::string_view> cookies;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != FieldId::kCookie) continue;
    for (std::string_view rest = fields[i].value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      if (const std::string_view cookie = trim(rest.substr(0, end)); !cookie.empty()) cookies.push_back(cookie);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return cookies;
}

Pairs query_of(std::string_view query) {
  Pairs pairs;
  while (const auto parameter = pipeline::take_parameter(query)) pairs.push_back({form_decode(parameter->name), form_decode(parameter->value)});
  return pairs;
}

Pairs path_parameters(const RequestContext& context) {
  Pairs pairs;
  for (const std::string& name : context.route.pattern.variables()) {
    const std::string_view value = context.params.get(name).value_or("");
    pairs.push_back({name, percent_decode(value).value_or(std::string(value))});
  }
  return pairs;
}

Pairs stage_variables(const RequestContext& context) {
  Pairs pairs;
  if (context.route.stage_variables)
    for (const auto& [name, value] : *context.route.stage_variables) pairs.push_back({name, value});
  return pairs;
}

std::string_view host_name(const RequestContext& context) { return context.host.substr(0, context.host.rfind(':')); }

// "/pets/{id}" of "GET /pets/{id}"; "$default" is what it is.
std::string_view resource_of(const RequestContext& context) {
  const std::string_view label = context.route.label;
  return label.substr(label.find(' ') + 1);
}

std::string token_event(std::string_view token, RequestContext& context) {
  Json json;
  json.open().put("type", "TOKEN").put("methodArn", method_arn(context)).put("authorizationToken", token).close();
  return std::move(json.text);
}

std::string request_event_1(std::span<const std::string_view> sources, RequestContext& context, const Clock& clock) {
  const http::RequestHead& head = context.request();
  const Pairs headers = headers_of(head.fields, false);
  const Pairs query = query_of(head.query);
  const auto now = clock.wall();
  char time[kLogTimeSize];
  std::string identity;
  for (const std::string_view source : sources) identity.append(identity.empty() ? "" : ",").append(source);
  Json json;
  json.open().put("version", "1.0").put("type", "REQUEST").put("methodArn", method_arn(context));
  json.put("identitySource", identity).put("authorizationToken", identity);
  json.put("resource", resource_of(context)).put("path", context.path).put("httpMethod", head.method_text);
  json.map("headers", headers, Several::kLast).map("multiValueHeaders", headers, Several::kAll);
  json.map("queryStringParameters", query, Several::kLast).map("multiValueQueryStringParameters", query, Several::kAll);
  json.map("pathParameters", path_parameters(context), Several::kLast).map("stageVariables", stage_variables(context), Several::kLast);
  json.open("requestContext").put("accountId", kArnAccount).put("apiId", context.route.api).put("stage", context.route.stage);
  json.put("domainName", host_name(context)).put("requestId", context.request_id).put("path", context.path);
  json.put("resourceId", context.route.label).put("resourcePath", resource_of(context)).put("httpMethod", head.method_text);
  json.put("protocol", head.version == http::Version::kHttp10 ? "HTTP/1.0" : "HTTP/1.1");
  json.put("requestTime", write_log_time(time, now)).number("requestTimeEpoch", epoch_milliseconds(now));
  json.open("identity").put("sourceIp", context.client.to_string());
  json.put("userAgent", head.fields.get(FieldId::kUserAgent).value_or("")).close().close().close();
  return std::move(json.text);
}

std::string request_event_2(std::span<const std::string_view> sources, RequestContext& context, const Clock& clock) {
  const http::RequestHead& head = context.request();
  const std::string_view domain = host_name(context);
  const auto now = clock.wall();
  char time[kLogTimeSize];
  Json json;
  json.open().put("version", "2.0").put("type", "REQUEST").put("routeArn", method_arn(context)).list("identitySource", sources);
  json.put("routeKey", context.route.label).put("rawPath", context.path).put("rawQueryString", head.query);
  json.list("cookies", cookies_of(head.fields)).map("headers", headers_of(head.fields, true), Several::kJoined);
  json.map("queryStringParameters", query_of(head.query), Several::kJoined);
  json.open("requestContext").put("accountId", kArnAccount).put("apiId", context.route.api);
  json.put("domainName", domain).put("domainPrefix", domain.substr(0, domain.find('.')));
  json.open("http").put("method", head.method_text).put("path", context.path);
  json.put("protocol", head.version == http::Version::kHttp10 ? "HTTP/1.0" : "HTTP/1.1").put("sourceIp", context.client.to_string());
  json.put("userAgent", head.fields.get(FieldId::kUserAgent).value_or("")).close();
  json.put("requestId", context.request_id).put("routeKey", context.route.label).put("stage", context.route.stage);
  json.put("time", write_log_time(time, now)).number("timeEpoch", epoch_milliseconds(now)).close();
  json.map("pathParameters", path_parameters(context), Several::kLast).map("stageVariables", stage_variables(context), Several::kLast).close();
  return std::move(json.text);
}

}  // namespace

std::string make_authorizer_event(AuthorizerPayload payload, std::span<const std::string_view> sources, RequestContext& context,
                                  const Clock& clock) {
  switch (payload) {
    case AuthorizerPayload::kToken: return token_event(sources.empty() ? std::string_view() : sources.front(), context);
    case AuthorizerPayload::kRequest1: return request_event_1(sources, context, clock);
    case AuthorizerPayload::kRequest2: break;
  }
  return request_event_2(sources, context, clock);
}

}  // namespace gatehouse::middleware
