#include "gatehouse/routing/router.hpp"

#include "routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gatehouse::routing {
namespace {

using testing::TestRoutes;

TEST(RouterTest, FindsAPathByLiteralAndVariable) {
  TestRoutes routes({"GET /orders", "GET /orders/{id}", "GET /orders/{id}/items/{item}"});
  EXPECT_EQ(routes.get("/orders"), "GET /orders");
  EXPECT_EQ(routes.get("/orders/7"), "GET /orders/{id}");
  EXPECT_EQ(routes.params.get("id"), "7");
  EXPECT_EQ(routes.get("/orders/7/items/a%2Fb"), "GET /orders/{id}/items/{item}");
  EXPECT_EQ(routes.params.get("id"), "7");
  EXPECT_EQ(routes.params.get("item"), "a%2Fb");
  EXPECT_EQ(routes.get("/order"), "404 none of 0");
  EXPECT_EQ(routes.get("/orders/7/items"), "404 none of 0");
}

TEST(RouterTest, VariablesThatShareAPlaceKeepTheirNames) {
  TestRoutes routes({"GET /{a}/x", "GET /{b}/y"});
  EXPECT_EQ(routes.get("/1/x"), "GET /{a}/x");
  EXPECT_EQ(routes.params.get("a"), "1");
  EXPECT_EQ(routes.get("/2/y"), "GET /{b}/y");
  EXPECT_EQ(routes.params.get("b"), "2");
  EXPECT_EQ(routes.params.size(), 1u);
}

TEST(RouterTest, LiteralComesBeforeVariableAndFallsBackToIt) {
  TestRoutes routes({"GET /a/{x}/c", "GET /a/b/{y}", "GET /{z}/b/d"});
  EXPECT_EQ(routes.get("/a/b/c"), "GET /a/b/{y}");
  EXPECT_EQ(routes.get("/a/q/c"), "GET /a/{x}/c");
  EXPECT_EQ(routes.get("/q/b/d"), "GET /{z}/b/d");
  EXPECT_EQ(routes.params.size(), 1u);
}

TEST(RouterTest, BacktracksOverPartialLiterals) {
  TestRoutes routes({"GET /users/me", "GET /users/{id}", "GET /users/member/{x}/y"});
  EXPECT_EQ(routes.get("/users/me"), "GET /users/me");
  EXPECT_EQ(routes.get("/users/m"), "GET /users/{id}");
  EXPECT_EQ(routes.get("/users/mex"), "GET /users/{id}");
  EXPECT_EQ(routes.get("/users/member"), "GET /users/{id}");
}

TEST(RouterTest, FullMatchComesBeforeGreedyBeforeDefault) {
  TestRoutes routes({"$default", "ANY /{proxy+}", "GET /a/{p+}", "GET /{x}/{y}"});
  EXPECT_EQ(routes.get("/a/b"), "GET /{x}/{y}");
  EXPECT_EQ(routes.get("/a/b/c"), "GET /a/{p+}");
  EXPECT_EQ(routes.params.get("p"), "b/c");
  EXPECT_EQ(routes.get("/b"), "ANY /{proxy+}");
  EXPECT_EQ(routes.get("/"), "$default");
}

TEST(RouterTest, GreedyTakesAtLeastOneCharacter) {
  TestRoutes routes({"GET /files/{f+}"});
  EXPECT_EQ(routes.get("/files/a"), "GET /files/{f+}");
  EXPECT_EQ(routes.get("/files/a/b/"), "GET /files/{f+}");
  EXPECT_EQ(routes.params.get("f"), "a/b/");
  EXPECT_EQ(routes.get("/files/"), "404 none of 0");
  EXPECT_EQ(routes.get("/files"), "404 none of 0");
}

TEST(RouterTest, GreedyThatMayBeEmptyMatchesTheSlashBeforeIt) {
  TestRoutes routes({"GET /app/{f+}", "GET /{x}"});
  routes.route("GET /app/{f+}").pattern.greedy_may_be_empty = true;
  EXPECT_EQ(routes.get("/app/"), "GET /app/{f+}");
  EXPECT_EQ(routes.params.get("f"), "");
  EXPECT_EQ(routes.get("/app"), "GET /{x}");
}

TEST(RouterTest, LongerGreedyPrefixWins) {
  TestRoutes routes({"GET /{p+}", "GET /a/{p+}", "GET /a/{x}/b/{p+}", "GET /a/c/{p+}"});
  EXPECT_EQ(routes.get("/z"), "GET /{p+}");
  EXPECT_EQ(routes.get("/a/z"), "GET /a/{p+}");
  EXPECT_EQ(routes.get("/a/q/b/z"), "GET /a/{x}/b/{p+}");
  EXPECT_EQ(routes.params.get("x"), "q");
  EXPECT_EQ(routes.get("/a/c/b/z"), "GET /a/c/{p+}");
  EXPECT_EQ(routes.get("/a/c"), "GET /a/{p+}");
}

TEST(RouterTest, TrailingSlashIsAnotherPath) {
  TestRoutes routes({"GET /orders", "GET /bills/", "GET /x/{id}"});
  EXPECT_EQ(routes.get("/orders/"), "404 none of 0");
  EXPECT_EQ(routes.get("/bills"), "404 none of 0");
  EXPECT_EQ(routes.get("/bills/"), "GET /bills/");
  EXPECT_EQ(routes.get("/x/"), "404 none of 0");
  EXPECT_EQ(routes.get("/x/1/"), "404 none of 0");
}

TEST(RouterTest, EncodedSlashStaysInItsSegment) {
  TestRoutes routes({"GET /a/{x}", "GET /a/{x}/b"});
  EXPECT_EQ(routes.get("/a/1%2Fb"), "GET /a/{x}");
}

TEST(RouterTest, OwnMethodComesBeforeAny) {
  TestRoutes routes({"ANY /a", "POST /a"});
  EXPECT_EQ(routes.find({"POST", "/a"}), "POST /a");
  EXPECT_EQ(routes.find({"PURGE", "/a"}), "ANY /a");
}

TEST(RouterTest, HeadFindsGetUnlessItHasItsOwn) {
  TestRoutes routes({"GET /a", "ANY /a", "GET /b", "HEAD /b", "POST /c"});
  EXPECT_EQ(routes.find({"HEAD", "/a"}), "GET /a");
  EXPECT_EQ(routes.find({"HEAD", "/b"}), "HEAD /b");
  EXPECT_EQ(routes.find({"HEAD", "/c"}), "405 POST");
}

TEST(RouterTest, MethodThatALiteralLacksIsLookedForBehindIt) {
  TestRoutes routes({"POST /a", "GET /{x}", "DELETE /{p+}"});
  EXPECT_EQ(routes.get("/a"), "GET /{x}");
  EXPECT_EQ(routes.params.get("x"), "a");
  EXPECT_EQ(routes.find({"DELETE", "/a"}), "DELETE /{p+}");
  EXPECT_EQ(routes.find({"PUT", "/a"}), "405 DELETE, GET, HEAD, POST");
}

TEST(RouterTest, AllowHasTheMethodsOfThePathOnly) {
  TestRoutes routes({"POST /a", "PUT /a", "GET /b", "PATCH /b/{x}"});
  EXPECT_EQ(routes.get("/a"), "405 POST, PUT");
  EXPECT_EQ(routes.find({"PUT", "/b"}), "405 GET, HEAD");
  EXPECT_EQ(routes.match({"PUT", "/b"}).route->label, "none of 0");
  EXPECT_EQ(routes.find({"PUT", "/c"}), "404 none of 0");
}

TEST(RouterTest, DefaultAndGreedyAnyLeaveNoMethodNotAllowed) {
  TestRoutes with_default({"POST /a", "$default"});
  EXPECT_EQ(with_default.get("/a"), "$default");
  TestRoutes with_greedy({"POST /a", "ANY /{p+}"});
  EXPECT_EQ(with_greedy.get("/a"), "ANY /{p+}");
}

TEST(RouterTest, MethodsAreCaseSensitive) {
  TestRoutes routes({"GET /a"});
  EXPECT_EQ(routes.find({"get", "/a"}), "405 GET, HEAD");
}

TEST(RouterTest, ConditionsSkipTheRoute) {
  TestRoutes routes({"GET /a", "GET /{x}"});
  routes.route("GET /a").pattern.headers = {{"x-version", "2"}};
  EXPECT_EQ(routes.find({"GET", "/a", "", "", {{"X-Version", "2"}}}), "GET /a");
  EXPECT_EQ(routes.find({"GET", "/a", "", "", {{"X-Version", "1"}, {"X-VERSION", "2"}}}), "GET /a");
  EXPECT_EQ(routes.find({"GET", "/a", "", "", {{"X-Version", "1"}}}), "GET /{x}");
  EXPECT_EQ(routes.get("/a"), "GET /{x}");
}

TEST(RouterTest, ConditionOfAnyValueNeedsThePresenceOnly) {
  TestRoutes routes({"GET /a"});
  routes.route("GET /a").pattern.query = {{"debug", "*"}};
  EXPECT_EQ(routes.find({"GET", "/a", "", "x=1&debug"}), "GET /a");
  EXPECT_EQ(routes.find({"GET", "/a", "", "de%62ug=yes"}), "GET /a");
  EXPECT_EQ(routes.find({"GET", "/a", "", "x=debug"}), "404 none of 0");
}

TEST(RouterTest, QueryValuesAreComparedDecoded) {
  TestRoutes routes({"GET /a"});
  routes.route("GET /a").pattern.query = {{"q", "a b"}};
  EXPECT_EQ(routes.find({"GET", "/a", "", "q=1&q=a+b"}), "GET /a");
  EXPECT_EQ(routes.find({"GET", "/a", "", "q=a%20b"}), "GET /a");
  EXPECT_EQ(routes.find({"GET", "/a", "", "q=a%20"}), "404 none of 0");
}

TEST(RouterTest, MethodOfARouteWhoseConditionsFailIsNotAllowed) {
  TestRoutes routes({"GET /a", "POST /a"});
  routes.route("POST /a").pattern.headers = {{"x-key", "*"}};
  EXPECT_EQ(routes.find({"PUT", "/a"}), "405 GET, HEAD");
  EXPECT_EQ(routes.find({"PUT", "/a", "", "", {{"X-Key", "1"}}}), "405 GET, HEAD, POST");
}

TEST(RouterTest, MoreConditionsComeFirstWhateverTheOrder) {
  for (const bool reversed : {false, true}) {
    // Labels are the same text: the API tells them apart.
    TestRoutes routes;
    pipeline::RoutePattern none = *pipeline::RoutePattern::parse("GET /a");
    pipeline::RoutePattern one = none;
    one.headers = {{"x-a", "1"}};
    pipeline::RoutePattern two = one;
    two.query = {{"b", "*"}};
    pipeline::RoutePattern presence = none;
    presence.headers = {{"x-a", "*"}};
    std::vector<pipeline::Route> made;
    for (const auto& [label, pattern] : {std::pair("none", none), {"presence", presence}, {"one", one}, {"two", two}}) {
      made.push_back({"api", label, pattern, {}, {}});
    }
    std::vector<const pipeline::Route*> order;
    for (const auto& route : made) order.push_back(&route);
    if (reversed) std::ranges::reverse(order);
    const Router router({{{}, "", order, nullptr}});
    const auto label = [&](const testing::FieldList& list, std::string_view query) {
      const testing::FakeFields fields(list);
      pipeline::PathParams params;
      return router.match({"", "GET", "/a", query, &fields.fields()}, params).route->label;
    };
    EXPECT_EQ(label({{"x-a", "1"}}, "b"), "two");
    EXPECT_EQ(label({{"x-a", "1"}}, ""), "one");
    EXPECT_EQ(label({{"x-a", "3"}}, "b"), "presence");
    EXPECT_EQ(label({}, "b"), "none");
  }
}

TEST(RouterTest, HostIsExactThenLongestWildcardThenAny) {
  TestRoutes routes;
  routes.add_api({{"$default"}, {"api.example.com"}, {}});
  routes.add_api({{"$default"}, {"*.example.com"}, {}});
  routes.add_api({{"$default"}, {"*.eu.example.com", "Other.Test"}, {}});
  routes.add_api({{"$default"}, {}, {}});
  const auto api = [&](const std::string& host) { return routes.match({"GET", "/", host}).route->api; };
  EXPECT_EQ(api("api.example.com"), "0");
  EXPECT_EQ(api("API.Example.COM:8443"), "0");
  EXPECT_EQ(api("api.example.com."), "0");
  EXPECT_EQ(api("www.example.com"), "1");
  EXPECT_EQ(api("a.b.example.com"), "1");
  EXPECT_EQ(api("a.eu.example.com"), "2");
  EXPECT_EQ(api("eu.example.com"), "1");
  EXPECT_EQ(api("other.test"), "2");
  EXPECT_EQ(api("example.com"), "3");
  EXPECT_EQ(api("[::1]:8080"), "3");
  EXPECT_EQ(api("["), "3");
  EXPECT_EQ(api(""), "3");
}

TEST(RouterTest, HostWithoutAnApiForThePathFallsToTheNextHost) {
  TestRoutes routes;
  routes.add_api({{"$default"}, {"api.example.com"}, "/v1"});
  routes.add_api({{"$default"}, {}, {}});
  EXPECT_EQ(routes.match({"GET", "/v1/x", "api.example.com"}).route->api, "0");
  EXPECT_EQ(routes.match({"GET", "/v10/x", "api.example.com"}).route->api, "1");
}

TEST(RouterTest, LongestBasePathWinsAtSegmentBounds) {
  TestRoutes routes;
  routes.add_api({{"GET /{p+}"}, {}, ""});
  routes.add_api({{"GET /x"}, {}, "/v1"});
  routes.add_api({{"GET /x", "GET /"}, {}, "/v1/admin/"});
  EXPECT_EQ(routes.match({"GET", "/v1x"}).route->api, "0");
  EXPECT_EQ(routes.match({"GET", "/v1/x"}).route->api, "1");
  EXPECT_EQ(routes.get("/v1/y"), "404 none of 1");
  EXPECT_EQ(routes.get("/v1"), "404 none of 1");
  EXPECT_EQ(routes.match({"GET", "/v1/admin/x"}).route->api, "2");
  EXPECT_EQ(routes.get("/v1/admins"), "404 none of 1");
}

TEST(RouterTest, RootOfABasePathMatchesWithAndWithoutSlash) {
  TestRoutes routes;
  routes.add_api({{"GET /"}, {}, "/v1"});
  EXPECT_EQ(routes.get("/v1"), "GET /");
  EXPECT_EQ(routes.get("/v1/"), "GET /");
  EXPECT_EQ(routes.get("/"), "404 nothing");
}

TEST(RouterTest, ApisOnTheSameHostAndBaseShareTheirPaths) {
  TestRoutes routes;
  routes.add_api({{"GET /a"}, {}, ""});
  routes.add_api({{"GET /b", "POST /a"}, {}, ""});
  EXPECT_EQ(routes.match({"GET", "/b"}).route->api, "1");
  EXPECT_EQ(routes.find({"PUT", "/a"}), "405 GET, HEAD, POST");
  EXPECT_EQ(routes.get("/c"), "404 none of 0");
}

TEST(RouterTest, WithoutAnApiThereIsNoFallback) {
  TestRoutes routes;
  EXPECT_EQ(routes.get("/a"), "404 nothing");
  routes.add_api({{"$default"}, {"a.test"}, ""});
  EXPECT_EQ(routes.find({"GET", "/a", "b.test"}), "404 nothing");
}

TEST(RouterTest, WhatIsNoPathMatchesNothing) {
  TestRoutes routes({"$default"});
  EXPECT_EQ(routes.find({"OPTIONS", "*"}), "404 nothing");
  EXPECT_EQ(routes.get(""), "404 nothing");
}

TEST(RouterTest, AHostOfDotsCostsNoLookupPerDot) {
  TestRoutes routes;
  routes.add_api({{"$default"}, {"*.example.com"}, ""});
  std::string host;
  for (int i = 0; i < 126; ++i) host += "a.";
  EXPECT_EQ(routes.find({"GET", "/", host + "example.com"}), "404 nothing");
  EXPECT_EQ(routes.find({"GET", "/", "a.example.com"}), "$default");
}

}  // namespace
}  // namespace gatehouse::routing
