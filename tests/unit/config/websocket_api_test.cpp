// APIs with type: websocket: what is read, and what may be wrong with them. A listener is on line 1 of every text.
#include "support.hpp"

#include <algorithm>

namespace gatehouse::config::test {
namespace {

using wsapi::EventForm;
using wsapi::RouteKind;

constexpr std::string_view kHead = "backends: {b: {targets: [http://b]}}\nauthorizers: {k: {api_key: {}}}\napis:\n- {name: chat, type: websocket, ";

ApiSettings api_of(const std::string& rest) {
  const Settings settings = settings_of(std::string(kHead) + rest + "}");
  return settings.apis.empty() ? ApiSettings() : settings.apis[0];
}

TEST(WebSocketApi, HasAmazonsDefaults) {
  const ApiSettings api = api_of("routes: [{match: $default, backend: b}]");
  ASSERT_TRUE(api.sockets);
  EXPECT_EQ(api.sockets->selection.text(), "$request.body.action");
  EXPECT_EQ(api.sockets->event, EventForm::kPlain);
  EXPECT_EQ(api.sockets->limits, wsapi::ConnectionLimits());
  EXPECT_EQ(api.sockets->limits.socket.message, 128 * kKiB);
  EXPECT_EQ(api.sockets->limits.socket.frame, 32 * kKiB);
  EXPECT_EQ(api.sockets->limits.socket.idle, std::chrono::minutes(10));
  EXPECT_EQ(api.sockets->limits.socket.lifetime, std::chrono::hours(2));
  EXPECT_FALSE(api.sockets->limits.socket.binary);
  EXPECT_FALSE(api.management);
}

TEST(WebSocketApi, ReadsEverythingThatIsSaid) {
  const ApiSettings api = api_of(
      "base_path: /ws, route_selection: \"${request.body.a}/${request.body.b}\", event: aws, management: {auth: [k]}, "
      "limits: {message: 1MB, frame: 64KB, idle: 0s, lifetime: 1h, ping: 30s, binary: true, queue: 3, groups: 2}, "
      "routes: [{match: a/b, backend: b, path: /x, reply: true}, {match: c, backend: b, event: plain}]");
  EXPECT_EQ(api.sockets->selection.text(), "${request.body.a}/${request.body.b}");
  const auto& limits = api.sockets->limits;
  EXPECT_EQ(limits.socket.message, kMiB);
  EXPECT_EQ(limits.queue_bytes, 2 * kMiB);
  EXPECT_EQ(limits.queue_messages, 3u);
  EXPECT_EQ(limits.groups, 2u);
  EXPECT_TRUE(limits.socket.binary);
  EXPECT_EQ(limits.socket.idle, Duration());
  EXPECT_EQ(api.routes[0].socket, (wsapi::RouteSettings{RouteKind::kMessage, EventForm::kAws, true}));
  EXPECT_EQ(api.routes[1].socket, (wsapi::RouteSettings{RouteKind::kMessage, EventForm::kPlain, false}));
  EXPECT_TRUE(api.management);
}

TEST(WebSocketApi, AMockRepliesUnlessItIsToldNotTo) {
  const ApiSettings api = api_of("routes: [{match: a, mock: {body: x}}, {match: b, mock: {body: x}, reply: false}, {match: c, backend: b}]");
  EXPECT_TRUE(api.routes[0].socket->reply);
  EXPECT_FALSE(api.routes[1].socket->reply);
  EXPECT_FALSE(api.routes[2].socket->reply);
}

TEST(WebSocketApi, AKeyMayBeAFieldOfTheMessage) {
  const Settings settings = settings_of(
      "tables: {notes: {key: {room: S, id: N}}}\napis: [{name: chat, type: websocket, routes: [{match: $default, "
      "table: {name: notes, action: get, key: {room: $body.in.room|a$b.c, id: $body.id}}}]}]");
  const auto& table = std::get<integration::TableRouteSettings>(settings.apis.at(0).routes.at(0).integration);
  EXPECT_EQ(table.key[0].body, (std::vector<std::string>{"in", "room"}));
  EXPECT_EQ(table.key[0].value, pipeline::ValueTemplate::parse("a$$b.c", {}).value());
  EXPECT_EQ(table.key[1].body, (std::vector<std::string>{"id"}));
  EXPECT_EQ(table.key[1].value, pipeline::ValueTemplate());
}

TEST(WebSocketApi, EverybodyMayConnectWhereNothingIsSaid) {
  const ApiSettings api = api_of("base_path: /ws, routes: [{match: a, mock: {body: x}}]");
  ASSERT_EQ(api.routes.size(), 2u);
  EXPECT_EQ(api.routes[1].match, "$connect");
  EXPECT_EQ(api.routes[1].pattern.to_string(), "GET /ws/");
}

TEST(WebSocketApi, MessagesHaveTheIdentityOfTheirHandshake) {
  const ApiSettings api = api_of("routes: [{match: $connect, auth: [k], mock: {}}, {match: a, backend: b}]");
  EXPECT_EQ(api.routes[1].scoped.auth, api.routes[0].scoped.auth);
}

TEST(WebSocketApi, ManagementCallsAreRoutesOfTheirOwn) {
  const ApiSettings api = api_of("base_path: /ws, limits: {message: 3MB}, throttle: [{per: connection, rate: 1/s}], management: {auth: [k]}, routes: [{match: a, backend: b}]");
  std::vector<std::string> paths;
  for (const RouteSettings& route : api.routes) {
    if (!std::holds_alternative<wsapi::ManagementRoute>(route.integration)) continue;
    paths.push_back(route.pattern.to_string());
    EXPECT_TRUE(route.scoped.throttle && route.scoped.throttle->empty());
    EXPECT_EQ(route.scoped.body_limit, 3 * kMiB);
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"ANY /ws/@connections", "ANY /ws/@connections/{id}", "ANY /ws/@groups/{path+}"}));
}

class WebSocketApiProblemsTest : public testing::TestWithParam<ProblemCase> {};

TEST_P(WebSocketApiProblemsTest, AreReportedWithPlaceAndFix) { expect_problems(GetParam()); }

// clang-format off
const ProblemCase kCases[] = {
    {"KeysOfHttpApis",
     R"(apis: [{name: chat, type: websocket, compression: true, cache: {ttl: 1s}, routes: [{match: a, mock: {}, when: {}, static_files: {}, validate: {}}]}])",
     {R"(2:51: apis.chat.compression: 'compression' is for APIs with type: http (leave it out))",
      R"(2:64: apis.chat.cache: 'cache' is for APIs with type: http (leave it out))",
      R"(2:111: apis.chat.routes[0].when: 'when' is for routes of HTTP APIs (leave it out))",
      R"(2:129: apis.chat.routes[0].static_files: 'static_files' is for routes of HTTP APIs (leave it out))",
      R"(2:143: apis.chat.routes[0].validate: 'validate' is for routes of HTTP APIs (leave it out))"}},
    {"UnknownKey",
     R"(apis: [{name: chat, type: websocket, route_select: x, routes: [{match: a, mock: {}}]}])",
     {R"(2:38: apis.chat.route_select: unknown key (did you mean 'route_selection'?))"}},
    {"BadMatches",
     R"(apis: [{name: chat, type: websocket, routes: [{match: GET /a, mock: {}}, {match: $conect, mock: {}}, {match: a, mock: {}}, {match: a, mock: {}}]}])",
     {R"(2:55: apis.chat.routes[0].match: 'GET /a' is a route of HTTP APIs (write $connect, $disconnect, $default or what route_selection finds in a message))",
      R"(2:82: apis.chat.routes[1].match: '$conect' is no route: a dollar sign begins $connect, $disconnect and $default only (did you mean '$connect'?))",
      R"(2:132: apis.chat.routes[3].match: a route above takes the same: 'a' (take one out))"}},
    {"BadSelection",
     R"(apis: [{name: chat, type: websocket, route_selection: $request.header.x, routes: [{match: a, mock: {}}]}])",
     {R"(2:55: apis.chat.route_selection: "$request.header.x" says nothing of a message, which is all body: write it like $request.body.action)"}},
    {"ConnectThatReplies",
     R"(apis: [{name: chat, type: websocket, routes: [{match: $connect, mock: {}, reply: true, model: {}, throttle: [{per: connection, rate: 1/s}]}]}])",
     {R"(2:82: apis.chat.routes[0].reply: 'reply' is for messages: the answer of $connect decides about the handshake (leave it out))",
      R"(2:95: apis.chat.routes[0].model: 'model' is for messages: a handshake has no body (leave it out))",
      R"(2:116: apis.chat.routes[0].throttle[0].per: connections are counted by messages of an API with type: websocket (say it at such an API or one of its routes))"}},
    {"MessageThatAsksWhoItIs",
     R"(authorizers: {k: {api_key: {}}}
apis: [{name: chat, type: websocket, routes: [{match: a, mock: {}, auth: [k], ip: {allow: [10.0.0.0/8]}, errors: aws}]}])",
     {R"(3:74: apis.chat.routes[0].auth: 'auth' is decided once, before the upgrade (move it to the route $connect, or to the API))",
      R"(3:83: apis.chat.routes[0].ip: 'ip' is decided once, before the upgrade (move it to the route $connect, or to the API))",
      R"(3:114: apis.chat.routes[0].errors: 'errors' is for handshakes here: the frames of all messages have one form (move it to the route $connect, or to the API))"}},
    {"DisconnectThatReplies",
     R"(apis: [{name: chat, type: websocket, routes: [{match: $disconnect, mock: {}, reply: true, throttle: []}]}])",
     {R"(2:85: apis.chat.routes[0].reply: 'reply' is not possible: the connection is closed (leave it out))",
      R"(2:101: apis.chat.routes[0].throttle: 'throttle' is not possible: what has ended cannot be turned away (leave it out))"}},
    {"TableWithoutAction",
     R"(tables: {ttt: {key: {id: S}}}
apis: [{name: chat, type: websocket, routes: [{match: a, table: {name: ttt, key: {id: $context.connection_id}}}, {match: b, dynamodb: {}}]}])",
     {R"(3:65: apis.chat.routes[0].table: a message has no method that would say what to do (add action: put, or another one))",
      R"(3:135: apis.chat.routes[1].dynamodb: a message does not speak DynamoDB's protocol (add action: PutItem or another one, and its request))"}},
    {"KeyOfNoMessage",
     R"(tables: {ttt: {key: {id: S}}}
apis: [{name: chat, type: websocket, routes: [{match: $connect, table: {name: ttt, action: put, key: {id: $body.id}}}, {match: $disconnect, table: {name: ttt, action: delete, key: {id: $body.id}}}]}, {name: shop, base_path: /shop, routes: [{match: PUT /a, table: {name: ttt, key: {id: $body.id}}}]}])",
     {R"(3:102: apis.chat.routes[0].table.key: $connect has no message that '$body' would be (take $claims or $context, such as $context.connection_id))",
      R"(3:181: apis.chat.routes[1].table.key: $disconnect has no message that '$body' would be (take $claims or $context, such as $context.connection_id))",
      R"(3:281: apis.shop.routes[0].table.key: '$body' in a key is for messages of WebSocket APIs (take $path, $query or $claims; a route with 'dynamodb' knows $body too))"}},
    {"BadKeyOfAMessage",
     R"(tables: {ttt: {key: {id: S}}}
apis: [{name: chat, type: websocket, routes: [{match: a, table: {name: ttt, action: get, key: {id: $body}}}, {match: b, table: {name: ttt, action: get, key: {id: $body..x}}}, {match: c, table: {name: ttt, action: get, key: {id: a-$body.id}}}, {match: d, table: {name: ttt, action: get, key: {id: $body.id-$uuid}}}]}])",
     {R"(3:100: apis.chat.routes[0].table.key.id: '$body' is the whole message (write $body.id, a field of it))",
      R"(3:163: apis.chat.routes[1].table.key.id: an empty step in $body..x)",
      R"(3:229: apis.chat.routes[2].table.key.id: a key has nothing around a field of the message (write $body.id alone))",
      R"(3:297: apis.chat.routes[3].table.key.id: a key has nothing around a field of the message (write $body.id alone))"}},
    {"ManagementWithoutAuth",
     R"(apis: [{name: chat, type: websocket, management: {}, routes: [{match: a, mock: {}}]}])",
     {R"(2:50: apis.chat.management: 'auth' is missing (name an authorizer such as one with sigv4; auth: none lets everybody send to every connection))"}},
    {"ThrottleOfConnectionsElsewhere",
     R"(throttle: [{per: connection, rate: 1/s}]
apis: [{name: shop, routes: [{match: GET /a, mock: {}, throttle: [{per: connection, rate: 1/s}]}]}])",
     {R"(2:18: throttle[0].per: connections are counted by messages of an API with type: websocket (say it at such an API or one of its routes))",
      R"(3:73: apis.shop.routes[0].throttle[0].per: connections are counted by messages of an API with type: websocket (say it at such an API or one of its routes))"}},
    {"LambdaIsForLater",
     R"(apis: [{name: chat, type: websocket, routes: [{match: a, lambda: f}]}])",
     {R"(2:58: apis.chat.routes[0].lambda: 'lambda' is not available in this version)"}},
    {"BadLimits",
     R"(apis: [{name: chat, type: websocket, limits: {message: 1GB, binary: yes, queue: 0}, routes: [{match: a, mock: {}}]}])",
     {R"(2:56: apis.chat.limits.message: must be from 1B to 64MB, found '1GB')",
      R"(2:69: apis.chat.limits.binary: expected true or false, found 'yes' (write true))",
      R"(2:81: apis.chat.limits.queue: expected a whole number from 1 to 10000, found '0')"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Config, WebSocketApiProblemsTest, testing::ValuesIn(kCases), name_of);

}  // namespace
}  // namespace gatehouse::config::test
