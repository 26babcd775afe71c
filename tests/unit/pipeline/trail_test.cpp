#include "gatehouse/pipeline/trail.hpp"

#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gatehouse::pipeline {
namespace {

using gatehouse::testing::FakeExchange;
using nlohmann::json;

class TrailTest : public ::testing::Test {
 protected:
  TrailTest() {
    route_.api = "shop";
    route_.label = "GET /v1/orders/{id}";
    context_.trail = &trail_;
  }
  std::string field() {
    http::ResponseHead head(context_.arena());
    head.status = 401;
    context_.respond(head, "", http::More::kNo);
    return exchange_.field("X-Gatehouse-Trail").value_or("");
  }

  net::Worker worker_{0};
  Route route_;
  FakeExchange exchange_{worker_};
  RequestContext context_{exchange_, route_};
  Trail trail_{3};
};

TEST_F(TrailTest, TellsRouteStepsAndWhatDecided) {
  trail_.note("cors", "pass");
  trail_.note("authenticate", "jwt_expired");
  context_.decided_by = "authenticate";
  context_.reason = "jwt_expired";
  EXPECT_EQ(json::parse(field()), json::parse(R"({"config":3,"api":"shop","stage":"$default","route":"GET /v1/orders/{id}",
    "steps":[["cors","pass"],["authenticate","jwt_expired"]],"decided_by":"authenticate","reason":"jwt_expired","status":401})"));
}

TEST_F(TrailTest, TellsTheBackend) {
  context_.identity.method = "api_key";
  context_.identity.subject = "partner-1";
  context_.upstream.backend = "orders";
  context_.upstream.target = "http://orders-1";
  context_.upstream.tries = 2;
  const json read = json::parse(field());
  EXPECT_EQ(read["backend"], "orders");
  EXPECT_EQ(read["tries"], 2);
  EXPECT_EQ(read["key"], "partner-1");
  EXPECT_EQ(read["steps"], json::array());
}

TEST_F(TrailTest, HasABoundAndStaysJson) {
  for (int i = 0; i < 1000; ++i) trail_.note("a step with a name", "pass");
  context_.identity.method = "jwt";
  const std::string long_subject(5000, '"');
  context_.identity.subject = long_subject;
  const std::string text = field();
  EXPECT_LT(text.size(), 4096u);
  EXPECT_EQ(json::parse(text)["steps"].back()[0], "...");
}

TEST_F(TrailTest, IsVisibleAsciiWhateverItTells) {
  route_.label = "GET /gr\xc3\xbc\xc3\x9f\x65\r\n";
  for (const char c : field()) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

TEST_F(TrailTest, NobodyIsToldWithoutOne) {
  context_.trail = nullptr;
  EXPECT_EQ(field(), "");
}

}  // namespace
}  // namespace gatehouse::pipeline
