#include "gatehouse/gateway/explain.hpp"

#include "gatehouse/config/load.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kFile = R"(
listeners: [{address: 127.0.0.1:8080}]
backends:
  orders: {targets: [http://127.0.0.1:9000]}
authorizers:
  partners: {api_key: {keys: [{id: p, key: "secret"}]}}
apis:
  - name: shop
    hosts: [api.example.com]
    base_path: /v1
    cors: {origins: ["https://shop.example.com"], methods: [GET]}
    routes:
      - {match: "GET /orders/{id}", backend: orders, path: "/internal/{id}"}
      - {match: "POST /orders", backend: orders, auth: [partners], throttle: [{per: api_key, rate: 5/s, burst: 10}]}
      - {match: "GET /ping", mock: {body: pong}}
)";

config::Settings settings() {
  const auto loaded = config::load_text(kFile, "test.yaml", ".", [](std::string_view) { return std::nullopt; });
  for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
  return *loaded.settings;
}

std::vector<std::string> names(const Explanation& found) {
  std::vector<std::string> list;
  for (const auto& step : found.steps) list.push_back(step.name);
  return list;
}

TEST(ExplainTest, NamesRouteVariablesAndIntegration) {
  const Explanation found = explain(settings(), "GET", "https://api.example.com/v1/orders/../orders/7?x=1", {});
  EXPECT_TRUE(found.matched);
  EXPECT_EQ(found.api, "shop");
  EXPECT_EQ(found.route, "GET /v1/orders/{id}");
  EXPECT_EQ(found.normalised_path, "/v1/orders/7");
  ASSERT_EQ(found.params.size(), 1u);
  EXPECT_EQ(found.params[0], (std::pair<std::string, std::string>("id", "7")));
  EXPECT_NE(found.integration.find("backend orders → http://127.0.0.1:9000"), std::string::npos);
  EXPECT_TRUE(found.position.starts_with("test.yaml:13:")) << found.position;
}

TEST(ExplainTest, ListsTheStepsInTheOrderOfThePipeline) {
  const Explanation found = explain(settings(), "POST", "https://api.example.com/v1/orders", {});
  EXPECT_EQ(names(found), (std::vector<std::string>{"access log", "metrics", "overload", "cors", "authentication", "throttle"}));
  for (const auto& step : found.steps) EXPECT_FALSE(step.why.empty()) << step.name;
}

TEST(ExplainTest, SaysWhyNothingMatched) {
  const Explanation path = explain(settings(), "GET", "https://api.example.com/v1/nothing", {});
  EXPECT_EQ(path.status, 404);
  EXPECT_NE(path.note.find("'shop'"), std::string::npos);
  const Explanation method = explain(settings(), "DELETE", "https://api.example.com/v1/ping", {});
  EXPECT_EQ(method.status, 405);
  EXPECT_NE(method.note.find("GET"), std::string::npos);
  EXPECT_EQ(explain(settings(), "GET", "https://other.example.com/v1/ping", {}).note, "no API has this host and base path");
  EXPECT_EQ(explain(settings(), "GET", "https://api.example.com/%zz", {}).status, 400);
}

TEST(ExplainTest, TakesTheHostFromAHeaderFirst) {
  EXPECT_TRUE(explain(settings(), "GET", "http://127.0.0.1:8080/v1/ping", {"Host: api.example.com"}).matched);
}

TEST(ExplainTest, ListsTheEffectiveRoutes) {
  const auto rows = effective_routes(settings());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].method, "POST");
  EXPECT_EQ(rows[0].path, "/v1/orders");
  EXPECT_NE(rows[0].steps.find("authentication"), std::string::npos);
  EXPECT_EQ(rows[2].path, "/v1/ping");
  EXPECT_EQ(rows[2].hosts, "api.example.com");
}

}  // namespace
}  // namespace gatehouse::gateway
