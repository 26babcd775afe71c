#include "gatehouse/gateway/explain.hpp"

#include "gateway/pipeline_order.hpp"
#include "gateway/snapshot_builder.hpp"
#include "gateway/socket_apis.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/routing/path.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

using config::ApiSettings;
using config::RouteSettings;
using config::Settings;

std::string join(const std::vector<std::string>& words, std::string_view none) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? std::string(none) : text;
}

struct IntegrationText {
  const Settings& settings;
  std::string operator()(const integration::ProxySettings& proxy) const {
    std::string text = "backend " + proxy.backend + " →";
    for (const auto& backend : settings.backends)
      if (backend.name == proxy.backend)
        for (const auto& target : backend.targets) text += ' ' + target.url;
    if (proxy.path) text += ", path " + proxy.path->text();
    return text;
  }
  std::string operator()(const integration::MockSettings& mock) const { return "mock " + std::to_string(mock.status); }
  std::string operator()(const integration::StaticFilesSettings& files) const { return "static files " + files.root; }
  std::string operator()(const integration::DynamodbSettings& tables) const { return "dynamodb, store " + tables.store; }
  std::string operator()(const integration::TableRouteSettings& table) const {
    return "table " + table.table + (table.index.empty() ? "" : ", index " + table.index) + ", store " + table.store;
  }
  std::string operator()(const integration::DynamoCallSettings& call) const {
    return std::string(dynamo::operation_name(call.operation)) + ", store " + call.store;
  }
  std::string operator()(const wsapi::ManagementRoute&) const { return "management of connections"; }
};

std::string socket_integration(const Settings& settings, const RouteSettings& route) {
  std::string text = std::visit(IntegrationText{settings}, route.integration);
  if (route.socket->event == wsapi::EventForm::kAws && std::holds_alternative<integration::ProxySettings>(route.integration)) text += ", event aws";
  return text + (route.socket->reply ? ", reply" : "");
}

// Field lines in one block, as a parser would have left them.
class GivenFields {
 public:
  explicit GivenFields(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) text_ += line + "\r\n";
    std::size_t at = 0;
    for (const std::string& line : lines) {
      add(line, at);
      at += line.size() + 2;
    }
  }
  http::Fields fields() const { return {text_.data(), refs_.data(), static_cast<std::uint32_t>(refs_.size()), present_}; }

 private:
  void add(std::string_view line, std::size_t at) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return;
    const std::string_view value = trim(line.substr(colon + 1));
    const http::FieldId id = http::field_id(line.substr(0, colon));
    const auto value_at = value.empty() ? at + colon + 1 : at + static_cast<std::size_t>(value.data() - line.data());
    refs_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(value_at), static_cast<std::uint32_t>(value.size()),
                     static_cast<std::uint32_t>(line.size() + 2), static_cast<std::uint16_t>(colon), id, false});
    present_ |= http::bit(id);
  }

  std::string text_;
  std::vector<http::FieldRef> refs_;
  std::uint64_t present_ = 0;
};

struct UrlParts {
  std::string host;
  std::string path = "/";
  std::string query;
};

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const auto end = std::min(url.find_first_of("/?#"), url.size());
    parts.host = url.substr(0, end);
    url.remove_prefix(end);
  }
  url = url.substr(0, url.find('#'));
  const auto question = url.find('?');
  if (question != std::string_view::npos) parts.query = url.substr(question + 1);
  if (const auto path = url.substr(0, question); !path.empty()) parts.path = path;
  return parts;
}

// What a route of the table was made from.
struct Origin {
  const ApiSettings* api = nullptr;
  const RouteSettings* route = nullptr;
};

Origin origin_of(const Settings& settings, const RouteTable& table, const pipeline::Route* found) {
  for (std::size_t i = 0; i < settings.apis.size(); ++i) {
    const ApiSettings& api = settings.apis[i];
    for (std::size_t k = 0; k <= api.routes.size(); ++k)
      if (table.routes[table.first_route[i] + k].get() == found) return {&api, k == 0 ? nullptr : &api.routes[k - 1]};
  }
  return {};
}

void describe_steps(const EffectiveRoute& effective, Explanation& explanation) {
  for (const PlannedStep& step : pipeline_order(effective))
    explanation.steps.push_back({std::string(step.name), std::string(step.why), step.detail});
}

std::string step_names(const EffectiveRoute& effective) {
  std::vector<std::string> names;
  for (const PlannedStep& step : pipeline_order(effective)) names.emplace_back(step.name);
  return join(names, "-");
}

// A route of messages has no method: what it is for stands in its place.
RouteRow socket_row(const Settings& settings, const ApiSettings& api, const EffectiveRoute& effective) {
  const wsapi::RouteSettings& socket = *effective.route->socket;
  const std::string_view event = socket.kind == wsapi::RouteKind::kConnect      ? "CONNECT"
                                 : socket.kind == wsapi::RouteKind::kDisconnect ? "DISCONNECT"
                                                                                : "MESSAGE";
  return {api.id(), join(api.hosts, "*"), std::string(event), (api.base_path.empty() ? "/" : api.base_path) + " " + effective.label,
          socket_integration(settings, *effective.route), step_names(effective)};
}

void describe_miss(const routing::RouteMatch& match, Explanation& explanation) {
  explanation.status = match.kind == routing::RouteMatch::Kind::kMethodNotAllowed ? 405 : 404;
  if (explanation.status == 405) {
    explanation.note = "the path exists with other methods: " + std::string(match.allow);
  } else if (match.route) {
    explanation.note = "no route of API '" + explanation.api + "' has this path";
  } else {
    explanation.note = "no API has this host and base path";
  }
}

}  // namespace

std::vector<RouteRow> effective_routes(const Settings& settings) {
  std::vector<RouteRow> rows;
  for (const ApiSettings& api : settings.apis) {
    const auto first = rows.size();
    for (const RouteSettings& route : api.routes) {
      const EffectiveRoute effective = effective_route(settings, &api, &route);
      if (route.socket) {
        rows.push_back(socket_row(settings, api, effective));
        continue;
      }
      const std::string text = effective.label;
      const auto space = text.find(' ');
      rows.push_back({api.id(), join(api.hosts, "*"), space == std::string::npos ? "ANY" : text.substr(0, space),
                      space == std::string::npos ? api.base_path + " " + text : text.substr(space + 1),
                      std::visit(IntegrationText{settings}, route.integration), step_names(effective)});
    }
    std::stable_sort(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
                     [](const RouteRow& a, const RouteRow& b) { return a.path < b.path; });
  }
  return rows;
}

Explanation explain(const Settings& settings, std::string_view method, std::string_view url,
                    const std::vector<std::string>& headers) {
  Explanation explanation;
  const UrlParts parts = split_url(url);
  const GivenFields given(headers);
  const http::Fields fields = given.fields();
  Arena arena;
  const auto path = parts.path.starts_with('/') ? routing::normalise_path(parts.path, arena) : std::nullopt;
  if (!path) {
    explanation.status = 400;
    explanation.note = "the path has an invalid escape or a character that may not stand there";
    return explanation;
  }
  explanation.normalised_path = *path;

  RouteTable table = make_route_table(settings);
  const routing::Router router(std::move(table.apis));
  pipeline::PathParams params;
  const std::string host(fields.get(http::FieldId::kHost).value_or(parts.host));
  const auto match = router.match({host, method, *path, parts.query, &fields}, params);
  const Origin origin = origin_of(settings, table, match.route);
  const EffectiveRoute effective = effective_route(settings, origin.api, origin.route);
  describe_steps(effective, explanation);
  if (origin.api) {
    explanation.api = origin.api->id();
    explanation.stage = origin.api->stage;
  }
  if (match.kind != routing::RouteMatch::Kind::kRoute) {
    describe_miss(match, explanation);
    return explanation;
  }
  explanation.matched = true;
  explanation.route = effective.label;
  explanation.position = origin.route->position;
  explanation.integration = std::visit(IntegrationText{settings}, origin.route->integration);
  for (const auto& segment : origin.route->pattern.segments)
    if (const auto value = params.get(segment.text); value && segment.kind != pipeline::PathSegment::Kind::kLiteral)
      explanation.params.emplace_back(segment.text, *value);
  return explanation;
}

Explanation explain_message(const Settings& settings, std::string_view url, std::string_view message) {
  Explanation explanation = explain(settings, "GET", url, {});
  const auto api = std::ranges::find(settings.apis, explanation.api, &ApiSettings::id);
  if (!explanation.matched || api == settings.apis.end() || !api->sockets) {
    explanation.matched = false;
    explanation.note = "no API with type: websocket is there";
    return explanation;
  }
  Arena arena;
  const auto key = api->sockets->selection.evaluate(message, arena);
  const RouteSettings* found = nullptr;
  for (const RouteSettings& route : api->routes) {
    if (!route.socket) continue;
    const bool otherwise = route.socket->kind == wsapi::RouteKind::kDefault && found == nullptr;
    const bool chosen = route.socket->kind == wsapi::RouteKind::kMessage && key && route.match == *key;
    if (otherwise || chosen) found = &route;
  }
  const RouteSettings nowhere = nowhere_route();
  const EffectiveRoute effective = effective_route(settings, &*api, found != nullptr ? found : &nowhere);
  explanation.steps.clear();
  describe_steps(effective, explanation);
  explanation.note = key ? "route_selection finds \"" + std::string(*key) + "\"" : "the message is no JSON that route_selection can look into";
  explanation.matched = found != nullptr;
  if (found == nullptr) {
    explanation.status = 403;
    return explanation;
  }
  explanation.route = effective.label;
  explanation.position = found->position;
  explanation.integration = socket_integration(settings, *found);
  return explanation;
}

}  // namespace gatehouse::gateway
