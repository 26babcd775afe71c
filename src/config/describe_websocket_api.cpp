// An API with type: websocket, whose routes are for messages.
#include "checks.hpp"
#include "describe_feeds.hpp"
#include "describe_stages.hpp"
#include "describe_websocket.hpp"
#include "descriptions.hpp"
#include "gatehouse/config/body_use.hpp"
#include "parsed_text.hpp"
#include "scalars.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::config {
namespace {

using wsapi::EventForm;
using wsapi::RouteKind;
using wsapi::RouteSelection;

constexpr std::size_t kMaxRouteKey = 256;

// ---- route_selection

constexpr auto kSelection = template_text<RouteSelection>("route_selection", "an expression such as $request.body.action",
                                                          {"$request.body.action", "${request.body.service}/${request.body.action}"});

// ---- match

RouteKind kind_of(std::string_view match) {
  if (match == "$connect") return RouteKind::kConnect;
  if (match == "$disconnect") return RouteKind::kDisconnect;
  return match == "$default" ? RouteKind::kDefault : RouteKind::kMessage;
}

// "GET /orders": what routes of other APIs look like.
bool looks_like_http(std::string_view text) {
  const std::size_t blank = text.find(' ');
  return blank != std::string_view::npos && blank > 0 && text.substr(blank + 1).starts_with('/') &&
         std::ranges::all_of(text.substr(0, blank), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool parse_route_key(std::string_view text, std::string& value, Complaint& complaint) {
  if (text.empty() || text.size() > kMaxRouteKey || std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return false;
  if (looks_like_http(text)) {
    complaint = {in_quotes(text) + " is a route of HTTP APIs", "write $connect, $disconnect, $default or what route_selection finds in a message"};
    return false;
  }
  constexpr std::array<std::string_view, 3> kKnown = {"$connect", "$disconnect", "$default"};
  if (text.starts_with('$') && std::ranges::find(kKnown, text) == kKnown.end()) {
    complaint = {in_quotes(text) + " is no route: a dollar sign begins $connect, $disconnect and $default only", did_you_mean(text, kKnown)};
    return false;
  }
  value = text;
  return true;
}
constexpr Text<std::string> kRouteKey{"route_key",
                                      "$connect, $disconnect, $default, or what route_selection finds in a message, such as sendMessage",
                                      "",
                                      {"sendMessage", "$connect", "$default"},
                                      parse_route_key,
                                      print_text,
                                      true};

// ---- routes

constexpr Words<EventForm, 2> kEventForms{{{{"plain", EventForm::kPlain}, {"aws", EventForm::kAws}}}};

// Set while an API's routes are read: `event` of the API.
struct RouteInput {
  std::optional<EventForm> event;
  std::optional<bool> reply;
};

void check_connect(Fields& f, const RouteSettings& s) {
  f.misplaced({"reply"}, "is for messages: the answer of $connect decides about the handshake", "leave it out");
  f.misplaced({"model"}, "is for messages: a handshake has no body", "leave it out");
  refuse_per_connection(f, s.scoped);
}

void check_no_handshake(Fields& f) {
  f.misplaced({"auth", "cors", "ip", "policy"}, "is decided once, before the upgrade", "move it to the route $connect, or to the API");
  f.misplaced({"errors", "error_responses"}, "is for handshakes here: the frames of all messages have one form", "move it to the route $connect, or to the API");
}

void check_disconnect(Fields& f) {
  f.misplaced({"reply"}, "is not possible: the connection is closed", "leave it out");
  f.misplaced({"model"}, "is for messages: the end of a connection has none", "leave it out");
  f.misplaced({"throttle", "concurrency"}, "is not possible: what has ended cannot be turned away", "leave it out");
}

void check_integration(const Cursor& at, const RouteSettings& s) {
  const auto* const table = std::get_if<integration::TableRouteSettings>(&s.integration);
  if (table != nullptr && table->action == integration::TableAction::kByMethod && at.node().find("table") != nullptr)
    at.problem_at("table", "a message has no method that would say what to do", "add action: put, or another one");
  if (std::holds_alternative<integration::DynamodbSettings>(s.integration) && at.node().find("dynamodb") != nullptr)
    at.problem_at("dynamodb", "a message does not speak DynamoDB's protocol", "add action: PutItem or another one, and its request");
}

void describe_handled(Fields& f, RouteSettings& s) {
  describe_integration(f, s, FilesAllowed::kNo);
  RouteInput input;
  f.field("event", input.event, kEventForms,
          "What a backend is sent: plain, the message itself with X-Gatehouse-* headers, or aws, Amazon's proxy event, whose answer may be "
          "{statusCode, headers, body}. Default: the API's.");
  f.field("reply", input.reply, kBoolean, "Whether the integration's answer goes to the client. Default: true for mock, else false.");
  describe_model(f, s.scoped.validate);
  if (f.reading() == nullptr) return;
  s.socket->event = input.event.value_or(f.reading()->reader().event);
  const bool mock = std::holds_alternative<integration::MockSettings>(s.integration);
  s.socket->reply = input.reply.value_or(mock) && (s.socket->kind == RouteKind::kMessage || s.socket->kind == RouteKind::kDefault);
}

void describe_message_route(Fields& f, RouteSettings& s) {
  const Cursor* const at = f.reading();
  if (at != nullptr) {
    at->reader().path_variables.clear();
    const Position place = at->node().at;
    s.position = at->reader().problems.file() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  f.field("match", s.match, kRouteKey,
          "$connect for the handshake, $disconnect for the end, or the key of messages as route_selection finds it; $default for those that "
          "no other route takes, and for what is no JSON.",
          Need::kRequired);
  s.socket.emplace().kind = kind_of(s.match);
  describe_handled(f, s);
  auto path_of_request = describe_changes(f, s.scoped);
  describe_mapping(f, s, std::move(path_of_request));
  describe_callers(f, s.scoped);
  describe_total_timeout(f, s.scoped);
  describe_errors(f, s.scoped);
  f.misplaced({"when", "static_files", "validate", "limits", "cache", "compression", "websocket"}, "is for routes of HTTP APIs", "leave it out");
  f.misplaced({"stages", "variables"}, "is for APIs", "move it to the API");
  f.later({"canary", "templates"});
  if (at == nullptr) return;
  if (uses_body(s.scoped, s)) at->problem("$body in 'request', 'parameters' and 'path' is for routes of HTTP APIs", "leave it out");
  if (s.socket->kind == RouteKind::kConnect) {
    auto pattern = pipeline::RoutePattern::parse("GET /", at->reader().base_path);
    if (pattern) s.pattern = std::move(*pattern);  // a wrong base path was reported where it stands
    check_connect(f, s);
  } else {
    check_no_handshake(f);
  }
  if (s.socket->kind == RouteKind::kDisconnect) check_disconnect(f);
  check_integration(*at, s);
}
constexpr Object<RouteSettings> kMessageRoute{
    "websocket_route", "What is done with a handshake, a message or the end of a connection: exactly one of backend, mock, table and dynamodb.",
    "{match: sendMessage, backend: chat, reply: true}", describe_message_route};

// ---- the API

constexpr Ranged<std::uint64_t> kMessageSize{kAnySize, 1, 64 * kMiB};

void describe_limits(Fields& f, wsapi::ConnectionLimits& s) {
  http::WebSocketLimits& socket = s.socket;
  f.field("message", socket.message, kMessageSize, "A message, all its frames together: beyond it the connection is closed with 1009.");
  f.field("frame", socket.frame, kMessageSize, "One frame: beyond it 1009.");
  f.field("idle", socket.idle, kDurationOrNone, "Without a byte either way: beyond it 1001. 0s: no bound.");
  f.field("lifetime", socket.lifetime, kDurationOrNone, "Of a connection: beyond it 1001. 0s: no bound.");
  f.field("ping", socket.ping, kDurationOrNone,
          "How often the gateway pings the client, which is taken for dead when it says nothing to two in a row. 0s: never.");
  f.field("binary", socket.binary, kBoolean, "Whether messages may be binary: else 1003.");
  f.field("send_buffer", socket.send_buffer, Ranged<std::uint64_t>{kAnySize, kKiB, 64 * kMiB},
          "What waits for a client that does not read: what goes beyond it is refused (@connections: 429).");
  std::uint32_t queue = static_cast<std::uint32_t>(s.queue_messages);
  f.field("queue", queue, Integer<>{1, 10'000}, "Messages that wait while one is handled: then the client is not read any more.");
  s.queue_messages = queue;
  s.queue_bytes = std::max<std::size_t>(s.queue_bytes, 2 * socket.message);
  std::uint32_t groups = static_cast<std::uint32_t>(s.groups);
  f.field("groups", groups, Integer<>{0, 10'000}, "Groups that one connection may be in.");
  s.groups = groups;
}
constexpr Object<wsapi::ConnectionLimits> kConnectionLimits{
    "websocket_limits", "What holds for each connection. Those that are open keep what they began with.", "{message: 128KB, idle: 10m, ping: 30s}",
    describe_limits};

void describe_management(Fields& f, ScopedSettings& s) {
  describe_callers(f, s);
  refuse_per_connection(f, s);
  if (f.reading() != nullptr && !f.given("auth"))
    f.reading()->problem("'auth' is missing", "name an authorizer such as one with sigv4; auth: none lets everybody send to every connection");
}
constexpr Object<ScopedSettings> kManagement{"websocket_management",
                                             "Management calls on this API's listener: <base_path>/@connections/{id}, as AWS SDKs make "
                                             "them, and <base_path>/@groups/{name}.",
                                             "{auth: [machines]}", describe_management};

// Routes that take the same messages.
void check_route_keys(const Cursor& at, const std::vector<RouteSettings>& routes) {
  std::set<std::string_view> seen;
  each_item(at, "routes", [&](const Cursor& route_at, std::size_t i) {
    if (i < routes.size() && !routes[i].match.empty() && !seen.insert(routes[i].match).second)
      route_at.problem_at("match", "a route above takes the same: " + in_quotes(routes[i].match), "take one out");
  });
}

void describe_stage(Fields& f, StageSettings& s) {
  describe_stage_variables(f);
  describe_stage_place(f, s);
  describe_callers(f, s.scoped);
  refuse_per_api(f, s.scoped);
  describe_total_timeout(f, s.scoped);
  describe_errors(f, s.scoped);
  f.misplaced({"cache", "compression", "websocket", "validate", "request", "response"}, "is for APIs with type: http", "leave it out");
  f.later({"canary"});
}
constexpr Object<StageSettings> kStage{"websocket_stage", "What is different for one stage of an API of messages.", "{variables: {pool: blue}}",
                                       describe_stage};

void describe_websocket_api(Fields& f, ApiSettings& s) {
  f.field("name", s.name, kName, "For logs, metrics and messages.", Need::kRequired);
  OnlyChoice type;
  f.field("type", type, OnlyWord{{{{"websocket", {}}}}}, "What it speaks.", Need::kRequired);
  StageSettings stage = describe_stages(f, s, kStage);
  std::optional<std::vector<std::string>> hosts;
  describe_hosts(f, hosts, "[chat.example.com]", "The hosts it answers for. Default: every host.");
  s.hosts = std::move(hosts).value_or(std::vector<std::string>());
  f.field("base_path", s.base_path, kBasePath, "The path that clients connect to. Default: /.");
  use_stage(f, std::move(stage), s);
  auto& sockets = s.sockets.emplace();
  f.field("route_selection", sockets.selection, kSelection,
          "What a message is for: a field of its JSON, or several with text between: ${request.body.service}/${request.body.action}.");
  f.field("event", sockets.event, kEventForms, "What backends are sent. Routes may say otherwise.");
  f.field("management", s.management, kManagement, "Who may send to connections here. Default: nobody; the admin listener always can.");
  f.field("limits", sockets.limits, kConnectionLimits, "Bounds.");
  describe_feeds(f, sockets.feeds);
  if (f.reading() != nullptr) {
    f.reading()->reader().base_path = s.base_path;
    f.reading()->reader().event = sockets.event;
  }
  describe_callers(f, s.scoped);
  describe_total_timeout(f, s.scoped);
  describe_errors(f, s.scoped);
  f.field("routes", s.routes, list_of(kMessageRoute, "[{match: $default, mock: {body: hello}}]"), "What it does with messages.", Need::kRequired);
  f.misplaced({"cache", "compression", "websocket", "validate", "request", "response"}, "is for APIs with type: http", "leave it out");
  f.later({"canary", "openapi"});
  if (f.reading() != nullptr) check_route_keys(*f.reading(), s.routes);
}

RouteSettings open_connect(const ApiSettings& api) {
  RouteSettings route;
  route.match = "$connect";
  route.pattern = pipeline::RoutePattern::parse("GET /", api.base_path).value();
  route.integration = integration::MockSettings{};
  route.socket.emplace().kind = RouteKind::kConnect;
  return route;
}

void add_management(ApiSettings& api) {
  for (const std::string_view match : {"ANY /@connections", "ANY /@connections/{id}", "ANY /@groups/{path+}"}) {
    RouteSettings& route = api.routes.emplace_back();
    route.match = match;
    route.pattern = pipeline::RoutePattern::parse(match, api.base_path).value();
    route.integration = wsapi::ManagementRoute{};
    route.scoped = *api.management;
    // Bounds on the API's clients are none on those who manage it.
    if (!route.scoped.throttle) route.scoped.throttle.emplace();
    // What is sent is a message: `limits.body` of gateway and listener is about other requests.
    route.scoped.body_limit = api.sockets->limits.socket.message;
  }
}

}  // namespace

void refuse_per_connection(Fields& f, const ScopedSettings& s) {
  if (f.reading() == nullptr) return;
  complain_of_throttle(*f.reading(), s, middleware::ThrottleKey::kConnection,
                       "connections are counted by messages of an API with type: websocket", "say it at such an API or one of its routes");
}

constexpr Object<ApiSettings> kWebSocketApi{"websocket_api", "An API whose clients hold a WebSocket, and whose messages are calls.",
                                            "{name: chat, type: websocket, routes: [{match: $default, mock: {body: hello}}]}",
                                            describe_websocket_api};

void complete_websocket_apis(Settings& settings) {
  for (ApiSettings& api : settings.apis) {
    if (!api.sockets) continue;
    const auto is_connect = [](const RouteSettings& route) { return route.socket && route.socket->kind == RouteKind::kConnect; };
    if (std::ranges::none_of(api.routes, is_connect)) api.routes.push_back(open_connect(api));
    const std::optional<std::vector<std::vector<std::string>>> auth = std::ranges::find_if(api.routes, is_connect)->scoped.auth;
    for (RouteSettings& route : api.routes)
      if (auth) route.scoped.auth = auth;
    if (api.management) add_management(api);
  }
}

}  // namespace gatehouse::config
