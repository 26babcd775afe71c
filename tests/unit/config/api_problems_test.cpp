// What may be wrong with an API and its routes. A listener is on line 1 of every text.
#include "support.hpp"

namespace gatehouse::config::test {
namespace {

class ApiProblemsTest : public testing::TestWithParam<ProblemCase> {};

TEST_P(ApiProblemsTest, AreReportedWithPlaceAndFix) { expect_problems(GetParam()); }

// clang-format off
const ProblemCase kCases[] = {
    {"WithoutName",
     R"(apis: [{routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:8: apis[0]: 'name' is missing (add name: a name of letters, digits, '-' and '_', at most 64 of them))"}},
    {"WithoutRoutes",
     R"(apis: [{name: shop}])",
     {R"(2:8: apis.shop: 'routes' is missing (add routes: a list such as [{match: "$default", backend: echo}]))"}},
    {"WithNoRoutes",
     R"(apis: [{name: shop, routes: []}])",
     {R"(2:29: apis.shop.routes: expected a list such as [{match: "$default", backend: echo}], found an empty list)"}},
    {"AsAMap",
     R"(apis: {shop: {}})",
     {R"(2:7: apis: expected a list such as [{name: shop, routes: [...]}], found a map)"}},
    {"WithBadName",
     R"(apis: [{name: my shop, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:15: apis.my shop.name: expected a name of letters, digits, '-' and '_', at most 64 of them, found 'my shop')"}},
    {"WithTheSameName",
     R"(apis:
- {name: shop, routes: [{match: GET /a, mock: {}}]}
- {name: shop, routes: [{match: GET /b, mock: {}}]})",
     {R"(4:10: apis.shop.name: the API at line 3 has the same name (give every API a name of its own))"}},
    {"WithBadHosts",
     R"(apis: [{name: shop, hosts: ["a:80", "*", "a b", "*.b", a, A], routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:29: apis.shop.hosts[0]: expected a host name such as api.example.com or "*.example.com", found 'a:80' (leave the port out))",
      R"(2:37: apis.shop.hosts[1]: expected a host name such as api.example.com or "*.example.com", found '*' (leave 'hosts' out: then every host is meant))",
      R"(2:42: apis.shop.hosts[2]: expected a host name such as api.example.com or "*.example.com", found 'a b')",
      R"(2:59: apis.shop.hosts[5]: the same host stands above)"}},
    {"WithBadBasePaths",
     R"(apis:
- {name: a, base_path: v1/, routes: [{match: GET /a, mock: {}}]}
- {name: b, base_path: /v1/, routes: [{match: GET /b, mock: {}}]}
- {name: c, base_path: "/{v}", routes: [{match: GET /c, mock: {}}]})",
     {R"(3:24: apis.a.base_path: expected a path such as /v1, without a slash at its end, found 'v1/' (write /v1))",
      R"(4:24: apis.b.base_path: expected a path such as /v1, without a slash at its end, found '/v1/' (write /v1))",
      R"(5:24: apis.c.base_path: expected a path such as /v1, without a slash at its end, found '/{v}')"}},
    {"WithKeysOfWebSocketApis",
     R"(apis: [{name: shop, route_selection: $request.body.action, event: aws, management: {}, routes: [{match: $connect, mock: {}, model: {}}]}])",
     {R"(2:38: apis.shop.route_selection: 'route_selection' is for APIs with type: websocket (add type: websocket, or leave it out))",
      R"(2:67: apis.shop.event: 'event' is for APIs with type: websocket (add type: websocket, or leave it out))",
      R"(2:84: apis.shop.management: 'management' is for APIs with type: websocket (add type: websocket, or leave it out))",
      R"(2:105: apis.shop.routes[0].match: '$connect' is a route of APIs with type: websocket (add type: websocket to the API))",
      R"(2:132: apis.shop.routes[0].model: 'model' is for APIs with type: websocket (leave it out))"}},
    {"WithChangesThatNeedARouteOrACaller",
     R"(request: {path: /a, set_query: {who: $claims.sub}}
apis:
- {name: shop, request: {path: "/x", set_header: {x-id: $path.id}}, routes: [{match: "GET /a/{id}", mock: {}}]}
- {name: other, response: {set_header: {x-user: $claims.sub}}, routes: [{match: GET /b, mock: {}}]})",
     {R"(2:10: request: uses $claims, and nobody has claims here (name an authorizer in 'auth' that finds claims, such as one with jwt))",
      R"(2:17: request.path: a path is for routes with a backend (move it to the routes))",
      R"(4:32: apis.shop.request.path: a path is for routes with a backend (move it to the routes))",
      R"(4:57: apis.shop.request.set_header.x-id: unknown variable $path.id: the route's path has no variables)",
      R"(5:27: apis.other.response: uses $claims, and nobody has claims here (name an authorizer in 'auth' that finds claims, such as one with jwt))"}},
    {"OfUnknownType",
     R"(apis: [{name: chat, type: htp, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:27: apis.chat.type: expected http or websocket, found 'htp' (did you mean 'http'?))"}},
    {"WithLaterFeatures",
     R"(apis: [{name: shop, openapi: a.yaml, canary: {}, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:21: apis.shop.openapi: 'openapi' is not available in this version)",
      R"(2:38: apis.shop.canary: 'canary' is not available in this version)"}},
    {"RouteWithoutMatch",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {backend: orders})",
     {R"(6:5: apis.shop.routes[0]: 'match' is missing (add match: "METHOD /path" such as "GET /orders/{id}", or "$default"))"}},
    {"RouteWithoutIntegration",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a})",
     {R"(6:5: apis.shop.routes[0]: one of 'backend', 'mock', 'static_files', 'table' or 'dynamodb' is missing)"}},
    {"RouteWithTwoIntegrations",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, backend: orders, mock: {}})",
     {R"(6:5: apis.shop.routes[0]: 'backend' and 'mock' are given, which exclude each other (keep one of them))"}},
    {"RouteWithThreeIntegrations",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, backend: orders, mock: {}, static_files: {root: .}})",
     {R"(6:5: apis.shop.routes[0]: 'backend' and 'mock' and 'static_files' are given, which exclude each other (keep one of them))"}},
    {"RouteWithUnknownBackend",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, backend: ordres})",
     {R"(6:30: apis.shop.routes[0].backend: there is no backend 'ordres' (did you mean 'orders'?))"}},
    {"RouteWithBackendNearNothing",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, backend: payments})",
     {R"(6:30: apis.shop.routes[0].backend: there is no backend 'payments' (define it under 'backends'))"}},
    {"RouteWithMisspeltBackend",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, bakend: orders})",
     {R"(6:5: apis.shop.routes[0]: one of 'backend', 'mock', 'static_files', 'table' or 'dynamodb' is missing)",
      R"(6:21: apis.shop.routes[0].bakend: unknown key (did you mean 'backend'?))"}},
    {"RouteWithPathAndMock",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {}, path: /b})",
     {R"(6:37: apis.shop.routes[0].path: 'path' is for routes with a backend (leave it out))"}},
    {"RouteWithBadStatus",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {status: 100}})",
     {R"(6:36: apis.shop.routes[0].mock.status: expected a whole number from 200 to 599, found '100')"}},
    {"RouteWithBodyWhereNoneIs",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {status: 204, body: x}})",
     {R"(6:47: apis.shop.routes[0].mock.body: an answer with status 204 has no body (leave 'body' out))"}},
    {"RouteWithBadMockHeaders",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {headers: {"x y": 1, x-a: "a\nb", x-b: [1]}}})",
     {R"(6:38: apis.shop.routes[0].mock.headers.x y: the key must be the name of a header such as x-request-source)",
      R"(6:53: apis.shop.routes[0].mock.headers.x-a: expected one line of text, found a line break or a tab in 'a\nb')",
      R"(6:66: apis.shop.routes[0].mock.headers.x-b: expected a text such as "user $header.x-user|nobody", found a list)"}},
    {"RouteWithFilesWithoutRoot",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, static_files: {index: a.html}})",
     {R"(6:35: apis.shop.routes[0].static_files: 'root' is missing (add root: the path of a file or folder))"}},
    {"RouteWithFilesOutside",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, static_files: {root: ./web, index: /a.html, fallback: ../b.html}})",
     {R"(6:56: apis.shop.routes[0].static_files.index: expected the name of a file inside of the root folder, such as index.html, found '/a.html' (leave out the slash in front: it is relative to root))",
      R"(6:75: apis.shop.routes[0].static_files.fallback: expected the name of a file inside of the root folder, such as index.html, found '../b.html')"}},
    {"RouteWithCache",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {}, cache: {ttl: 5s}})",
     {R"(6:38: apis.shop.routes[0].cache: a cache is for routes with a backend (leave it out))"}},
    {"RouteWithLaterFeatures",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, lambda: {name: notes}, reply: true})",
     {R"(6:21: apis.shop.routes[0].lambda: 'lambda' is not available in this version)",
      R"(6:51: apis.shop.routes[0].reply: 'reply' is for APIs with type: websocket (leave it out))"}},
    {"RouteWithUnknownVariables",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {body: "$header.sub|a", headers: {x-a: "${response.body.x}", x-b: $stage.x, x-c: "$$claims.sub"}}})",
     {R"(6:66: apis.shop.routes[0].mock.headers.x-a: ${response.body.x}: of an answer there is $response.header.x)",
      R"(6:93: apis.shop.routes[0].mock.headers.x-b: the stage '$default' has no variable 'x' (add it to 'variables' of the stage or the API, or give a default: ${stage.x|value}))"}},
    {"RouteWithProtectedHeaders",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, backend: orders, request: {set_header: {Host: x, content-length: 5}}, response: {remove_header: [Connection]}})",
     {R"(6:47: apis.shop.routes[0].request: 'Host' is written by the gateway and cannot be changed (use 'host' of the backend))",
      R"(6:47: apis.shop.routes[0].request: 'content-length' is written by the gateway and cannot be changed (leave it out))",
      R"(6:101: apis.shop.routes[0].response: 'Connection' is written by the gateway and cannot be changed (leave it out))"}},
    {"RouteWithBadChanges",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, backend: orders, request: {set_headers: {a: b}, remove_header: cookie}})",
     {R"(6:48: apis.shop.routes[0].request.set_headers: unknown key (did you mean 'set_header'?))",
      R"(6:84: apis.shop.routes[0].request.remove_header: expected a list such as [cookie], found 'cookie' (put it in a list: [cookie]))"}},
    {"RouteWithBadConditions",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {}, when: {header: {x: y}, query: {"": x}, headers: {"a b": c}}})",
     {R"(6:38: apis.shop.routes[0].when.header: unknown key (did you mean 'headers'?))",
      R"(6:62: apis.shop.routes[0].when.query.: the key must be the name of a query parameter such as debug)",
      R"(6:80: apis.shop.routes[0].when.headers.a b: the key must be the name of a header such as x-request-source)"}},
    {"RouteThatThrottlesKeysNobodyIsAskedFor",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {}, throttle: [{rate: 1/s}, {per: api_key, rate: 1/s}]})",
     {R"(6:61: apis.shop.routes[0].throttle[1].per: nobody is asked for an API key here (name an authorizer in 'auth' that asks for one))"}},
    {"ThatThrottlesKeysNobodyIsAskedFor",
     R"(authorizers: {k: {api_key: {}}}
apis:
- name: shop
  auth: [k]
  throttle: [{per: api_key, rate: 1/s}]
  routes: [{match: GET /a, mock: {}, auth: none}])",
     {R"(6:20: apis.shop.throttle[0].per: nobody is asked for an API key here (name an authorizer in 'auth' that asks for one))"}},
    {"UnderAGatewayThatThrottlesKeysNobodyIsAskedFor",
     R"(throttle: [{per: api_key, rate: 1/s}]
apis:
- name: shop
  routes: [{match: GET /a, mock: {}}])",
     {R"(2:18: throttle[0].per: nobody is asked for an API key here (name an authorizer in 'auth' that asks for one))"}},
    {"RoutesThatAreTheSame",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: "GET /a/{x}", mock: {}}
  - {match: "GET /a/{y}", backend: orders})",
     {R"(7:13: apis.shop.routes[1].match: takes the same requests as the route at config.yaml:6:5 (take one out, or tell them apart by 'when'))"}},
    {"RoutesThatAreTheSameWithConditions",
     R"(backends: {orders: {targets: [http://orders]}}
apis:
- name: shop
  routes:
  - {match: GET /a, mock: {}, when: {headers: {X-A: "1", x-b: "2"}}}
  - {match: GET /a, backend: orders, when: {headers: {x-b: "2", x-a: "1"}}})",
     {R"(7:13: apis.shop.routes[1].match: takes the same requests as the route at config.yaml:6:5 (take one out, or tell them apart by 'when'))"}},
    {"WithTheRouteOfAnotherApi",
     R"(apis:
- {name: one, hosts: [a.com, b.com], base_path: /v1, routes: [{match: GET /x, mock: {}}, {match: $default, mock: {}}]}
- {name: two, hosts: [B.com], routes: [{match: GET /v1/x, mock: {}}, {match: $default, mock: {}}]})",
     {R"(4:48: apis.two.routes[0].match: takes the same requests as the route at config.yaml:3:63 (take one out, or tell them apart by 'when'))"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Config, ApiProblemsTest, testing::ValuesIn(kCases), name_of);

}  // namespace
}  // namespace gatehouse::config::test
