// An API that is there several times over, once for each of its stages. A listener is on line 1 of every text.
#include "support.hpp"

#include <algorithm>

namespace gatehouse::config::test {
namespace {

constexpr std::string_view kShop = R"(backends: {blue: {targets: [http://blue]}, green: {targets: [http://green]}}
apis:
- name: shop
  hosts: [api.example.com]
  base_path: /v1
  variables: {pool: blue, motto: same}
  throttle: [{per: stage, rate: 10/s}]
  stages:
    $default: {}
    dev: {variables: {pool: green, more: x}, throttle: [{rate: 1/s}], errors: aws}
    beta: {hosts: ["${stage.pool}.example.com"], base_path: /b, variables: {pool: green}}
  routes:
  - {match: "GET /orders/{id}", backend: $stage.pool, path: "/$stage.pool/{id}", throttle: [{rate: 2/s}]}
  - {match: GET /motto, mock: {body: "$stage.motto $stageVariables.more|none"}}
- {name: other, routes: [{match: GET /, mock: {body: "$stage.x|plain"}}]})";

TEST(StagesTest, AreTheApiSeveralTimesOver) {
  const Settings settings = settings_of(kShop);
  ASSERT_EQ(settings.apis.size(), 4u);
  std::vector<std::string> ids, paths, items;
  for (const ApiSettings& api : settings.apis) {
    ids.push_back(api.id());
    paths.push_back(api.base_path);
    items.push_back(std::to_string(api.item));
    EXPECT_EQ(api.name, api.item == 0 ? "shop" : "other");
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"shop", "shop/dev", "shop/beta", "other"}));
  EXPECT_EQ(paths, (std::vector<std::string>{"/v1", "/v1/dev", "/b", ""}));
  EXPECT_EQ(items, (std::vector<std::string>{"0", "0", "0", "1"}));
  EXPECT_EQ(settings.apis[1].hosts, (std::vector<std::string>{"api.example.com"}));
  EXPECT_EQ(settings.apis[2].hosts, (std::vector<std::string>{"green.example.com"}));
  EXPECT_EQ(settings.apis[1].routes[0].pattern.to_string(), "GET /v1/dev/orders/{id}");
}

TEST(StagesTest, HaveVariablesThatAreTextsForAllElse) {
  const Settings settings = settings_of(kShop);
  ASSERT_EQ(settings.apis.size(), 4u);
  const auto backend = [&](std::size_t api) { return std::get<integration::ProxySettings>(settings.apis[api].routes[0].integration); };
  const auto body = [&](std::size_t api, std::size_t route) {
    return std::get<integration::MockSettings>(settings.apis[api].routes[route].integration).body.text();
  };
  EXPECT_EQ(backend(0).backend, "blue");
  EXPECT_EQ(backend(1).backend, "green");
  EXPECT_EQ(backend(1).path->text(), "/green/{id}");
  EXPECT_EQ(body(0, 1), "same none");
  EXPECT_EQ(body(1, 1), "same x");
  EXPECT_EQ(body(3, 0), "plain");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(settings.apis[1].variables, (Pairs{{"pool", "green"}, {"motto", "same"}, {"more", "x"}}));
  EXPECT_EQ(settings.apis[0].variables, (Pairs{{"pool", "blue"}, {"motto", "same"}}));
}

TEST(StagesTest, KeepWhatTheySayApartFromTheApi) {
  const Settings settings = settings_of(kShop);
  ASSERT_EQ(settings.apis.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(settings.apis[i].scoped, settings.apis[0].scoped);
  EXPECT_EQ(settings.apis[0].stage_scoped, ScopedSettings());
  ASSERT_TRUE(settings.apis[1].stage_scoped.throttle);
  EXPECT_EQ(settings.apis[1].stage_scoped.errors, ErrorStyle::kAws);
}

TEST(StagesTest, AreForApisOfMessagesToo) {
  const Settings settings = settings_of(R"(authorizers: {m: {sigv4: {access_keys: [{id: ci, secret: x}]}}}
apis:
- name: chat
  type: websocket
  base_path: /ws
  management: {auth: [m]}
  stages: {prod: {errors: aws}, dev: {variables: {hello: hi}}}
  routes: [{match: $default, mock: {body: $stage.hello|hello}}])");
  ASSERT_EQ(settings.apis.size(), 2u);
  EXPECT_EQ(settings.apis[1].id(), "chat/dev");
  const auto& routes = settings.apis[1].routes;
  EXPECT_EQ(std::get<integration::MockSettings>(routes[0].integration).body.text(), "hi");
  const auto has = [&routes](std::string_view label) {
    return std::ranges::any_of(routes, [&](const RouteSettings& route) { return route.pattern.to_string() == label; });
  };
  EXPECT_TRUE(has("ANY /ws/dev/@connections/{id}"));
  EXPECT_TRUE(has("GET /ws/dev/"));
}

class StageProblemsTest : public testing::TestWithParam<ProblemCase> {};

TEST_P(StageProblemsTest, AreReportedWithPlaceAndFix) { expect_problems(GetParam()); }

// clang-format off
const ProblemCase kCases[] = {
    {"None",
     R"(apis: [{name: shop, stages: {}, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:29: apis.shop.stages: expected a map such as {dev: {variables: {pool: blue}}}, found an empty map)"}},
    {"AsAList",
     R"(apis: [{name: shop, stages: [dev], variables: [], routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:29: apis.shop.stages: expected a map such as {dev: {variables: {pool: blue}}}, found a list)",
      R"(2:47: apis.shop.variables: expected a map such as {pool: blue}, found a list)"}},
    {"WithBadNames",
     R"(apis: [{name: shop, stages: {a/b: {}, $x: {}}, variables: {a.b: x}, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:30: apis.shop.stages.a/b: the name of a stage is $default, or a name of letters, digits, '-' and '_', at most 64 of them)",
      R"(2:39: apis.shop.stages.$x: the name of a stage is $default, or a name of letters, digits, '-' and '_', at most 64 of them)",
      R"(2:60: apis.shop.variables.a.b: the key must be a name of letters, digits, '-' and '_', at most 64 of them)"}},
    {"GivenTwice",
     R"(apis: [{name: shop, stages: {dev: {}, dev: {}}, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:39: apis.shop.stages.dev: the key is already given at line 2, column 30 (keep one of them))"}},
    {"OnTheSamePath",
     R"(apis: [{name: shop, stages: {$default: {}, dev: {base_path: /v1}}, base_path: /v1, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:29: apis.shop.stages: the stages '$default' and 'dev' have the same base path on the same host (give each a 'base_path' or 'hosts' of its own))"}},
    {"WithoutAVariable",
     R"(apis: [{name: shop, stages: {dev: {variables: {pool: a}}, prod: {}}, routes: [{match: GET /a, mock: {body: $stage.pol}, nonsense: 1}]}])",
     {R"(2:108: apis.shop.routes[0].mock.body: the stage 'dev' has no variable 'pol' (did you mean 'pool'?))",
      R"(2:108: apis.shop.routes[0].mock.body: the stage 'prod' has no variable 'pol' (add it to 'variables' of the stage or the API, or give a default: ${stage.pol|value}))",
      R"(2:121: apis.shop.routes[0].nonsense: unknown key (known keys are match, when, backend, path, mock, static_files, table, dynamodb, cors, auth, scopes, claims, throttle, concurrency, ip, policy, validate, request, response, compression, cache, limits, websocket, timeouts, errors, error_responses, parameters, response_parameters))"}},
    {"WithAValueThatDoesNotFit",
     R"(apis: [{name: shop, stages: {dev: {variables: {status: no}}, prod: {variables: {status: 201}}}, routes: [{match: GET /a, mock: {status: $stage.status}}]}])",
     {R"(2:137: apis.shop.routes[0].mock.status: expected a whole number from 200 to 599, found something else in '$stage.status', read for the stage 'dev')"}},
    {"WithABackendThatIsNotThere",
     R"(apis: [{name: shop, stages: {dev: {variables: {pool: green}}}, routes: [{match: GET /a, backend: $stage.pool}]}])",
     {R"(2:98: apis.shop.routes[0].backend: there is no backend 'green' (define it under 'backends'))"}},
    {"OnThePathOfAnotherApi",
     R"(apis:
- {name: shop, stages: {$default: {}, dev: {}}, routes: [{match: GET /a, mock: {}}]}
- {name: other, base_path: /dev, routes: [{match: GET /a, mock: {}}]})",
     {R"(4:51: apis.other.routes[0].match: takes the same requests as the route at config.yaml:3:58, of shop/dev and other (take one out, or tell them apart by 'when'))"}},
    {"NoneButTheSameRoutesTwice",
     R"(apis:
- {name: shop, routes: &r [{match: GET /a, mock: {}}]}
- {name: other, routes: *r})",
     {R"(3:36: apis.other.routes[0].match: takes the same requests as the route at config.yaml:3:28 (take one out, or tell them apart by 'when'))"}},
    {"WithAHostTwice",
     R"(apis: [{name: shop, hosts: [a, a], stages: {dev: {hosts: [b, B]}, prod: {hosts: [c]}}, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:32: apis.shop.hosts[1]: the same host stands above)",
      R"(2:62: apis.shop.stages.dev.hosts[1]: the same host stands above)"}},
    {"ThatBoundTheApi",
     R"(apis: [{name: shop, stages: {dev: {throttle: [{per: api, rate: 1/s}]}}, routes: [{match: GET /a, mock: {}}]}])",
     {R"(2:53: apis.shop.stages.dev.throttle[0].per: a stage bounds itself, not the API (say per: stage, or move the rule to the API))"}},
    {"WithTextThatWouldBeAVariable",
     R"(apis:
- name: shop
  variables: {a: bc, b: "x}", p: "{id}", c: $}
  routes: [{match: "GET /{id}", mock: {headers: {x-a: $query.a$stage.a, x-b: "${query.a|$stage.b}", x-c: "${query.a|$stage.c}", x-d: $stage.none|$query.a,
    x-e: "${stage.none|${query.a}}", x-f: "${query.a}$stage.a ${query.a|$stage.a} $$x$stage.c $stage.none|n$query.a"}}}])",
     {R"(5:55: apis.shop.routes[0].mock.headers.x-a: '$stage.a' would become part of the variable in front of it (write that one with braces, such as ${query.x}))",
      R"(5:78: apis.shop.routes[0].mock.headers.x-b: the value of '$stage.b' has a '$' or '}', which a default cannot have)",
      R"(5:106: apis.shop.routes[0].mock.headers.x-c: the value of '$stage.c' has a '$' or '}', which a default cannot have)",
      R"(5:134: apis.shop.routes[0].mock.headers.x-d: the default of '$stage.none|' is a text without variables)",
      R"(6:10: apis.shop.routes[0].mock.headers.x-e: the default of '${stage.none|${query.a}' is a text without variables)"}},
    {"WithAVariableThatIsTooLong",
     "apis: [{name: shop, variables: {a: " + std::string(513, 'x') + "}, routes: [{match: GET /a, mock: {}}]}]",
     {R"(2:36: apis.shop.variables.a: has 513 characters, and may have 512)"}},
    {"ElsewhereThanInApis",
     R"(stages: {}
variables: {}
access_log: {to: $stage.log}
apis: [{name: shop, routes: [{match: GET /a, mock: {}, stages: {}, variables: {}}]}])",
     {R"(2:9: stages: 'stages' is for APIs (move it to the API))",
      R"(3:12: variables: 'variables' is for APIs (move it to the API))",
      R"(4:18: access_log.to: '$stage.log' is known inside of an API only (write $$stage for the text $stage))",
      R"(5:64: apis.shop.routes[0].stages: 'stages' is for APIs (move it to the API))",
      R"(5:79: apis.shop.routes[0].variables: 'variables' is for APIs (move it to the API))"}},
    {"WithWhatNobodyHas",
     R"(authorizers: {k: {api_key: {}}}
apis:
- name: shop
  scopes: [b]
  stages: {dev: {scopes: [a]}, prod: {}}
  routes: [{match: GET /a, mock: {}, auth: [k]}])",
     {R"(5:11: apis.shop.scopes: nobody has scopes here: no token is asked for (name an authorizer in 'auth' that finds claims, such as one with jwt))",
      R"(6:26: apis.shop.stages.dev.scopes: nobody has scopes here: no token is asked for (name an authorizer in 'auth' that finds claims, such as one with jwt))"}},
    {"OfMessagesWithWhatIsForOthers",
     R"(apis: [{name: chat, type: websocket, stages: {dev: {cache: none, canary: {}}}, routes: [{match: $default, mock: {body: a}}]}])",
     {R"(2:60: apis.chat.stages.dev.cache: 'cache' is for APIs with type: http (leave it out))",
      R"(2:66: apis.chat.stages.dev.canary: 'canary' is not available in this version)"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Stages, StageProblemsTest, testing::ValuesIn(kCases), name_of);

TEST(StagesTest, AreBounded) {
  std::string stages;
  for (int i = 0; i < 33; ++i) stages += (i > 0 ? ", s" : "s") + std::to_string(i) + ": {}";
  const auto lines = lines_of(load(with_listener("apis: [{name: shop, stages: {" + stages + "}, routes: [{match: GET /a, mock: {}}]}]")));
  EXPECT_EQ(lines, (std::vector<std::string>{"config.yaml:2:29: apis.shop.stages: has 33 stages, and may have 32"}));
}

// A path in a template takes braces for variables.
TEST(StagesTest, HaveNoBracesInPaths) {
  const auto lines = lines_of(load(with_listener(R"(backends: {b: {targets: [http://b]}}
apis: [{name: shop, variables: {p: "{id}"}, routes: [{match: "GET /{id}", backend: b, path: "/x$stage.p"}]}])")));
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "config.yaml:3:93: apis.shop.routes[0].path: the value of '$stage.p' has a brace, which begins a variable in a path"}));
}

TEST(StagesTest, AreNotMoreRoutesThanThereMayBe) {
  std::string routes, stages, variables;
  for (int i = 0; i < 4000; ++i) routes += "  - {match: GET /" + std::to_string(i) + ", mock: {}}\n";
  for (int i = 0; i < 30; ++i) stages += "s" + std::to_string(i) + ": {}, ";
  for (int i = 0; i < 101; ++i) variables += "v" + std::to_string(i) + ": x, ";
  const auto lines =
      lines_of(load(with_listener("apis:\n- name: shop\n  stages: {" + stages + "}\n  variables: {" + variables + "}\n  routes:\n" + routes)));
  EXPECT_EQ(lines, (std::vector<std::string>{"config.yaml:4:11: apis.shop.stages: would be 120000 routes in all, and may be 100000 (make several APIs of it, with "
                                             "fewer stages each)",
                                             "config.yaml:5:14: apis.shop.variables: has 101 variables, and may have 100"}));
}

// Copies of one mistake must not crowd out the others.
TEST(StagesTest, DoNotHideTheMistakesOfOthers) {
  std::string routes, stages;
  for (int i = 0; i < 40; ++i) routes += "  - {match: GET /" + std::to_string(i) + ", mock: {}, typo: 1}\n";
  for (int i = 0; i < 32; ++i) stages += "s" + std::to_string(i) + ": {}, ";
  const auto lines = lines_of(load(with_listener("apis:\n- name: shop\n  stages: {" + stages + "}\n  routes:\n" + routes + "- {name: other}")));
  EXPECT_EQ(lines.size(), 41u);
}

// One stage may ask nobody who they are.
TEST(StagesTest, WinOverTheApi) {
  const Settings settings = settings_of(R"(authorizers: {u: {jwt: {issuer: "https://id.example.com", audience: [a]}}}
apis:
- name: shop
  auth: [u]
  stages: {dev: {auth: none}, prod: {scopes: [a]}}
  routes: [{match: GET /a, mock: {body: $claims.sub}, scopes: [b]}, {match: GET /b, mock: {}, request: {set_header: {x: $claims.sub}}}])");
  EXPECT_EQ(settings.apis.size(), 2u);
}

}  // namespace
}  // namespace gatehouse::config::test
