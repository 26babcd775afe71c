#include "gatehouse/pipeline/context.hpp"

#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace gatehouse::pipeline {
namespace {

using testing::FakeExchange;

// Leaves its name in the answer and remembers the status that it saw.
class Stamp final : public Middleware {
 public:
  explicit Stamp(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  void on_response(RequestContext&, http::ResponseHead& head) const override {
    head.edits.append("X-Step", name_);
    seen = head.status;
  }
  mutable int seen = 0;

 private:
  std::string name_;
};

class ContextTest : public ::testing::Test {
 protected:
  net::Worker worker{0};
  FakeExchange exchange{worker};
  Route route;
};

TEST_F(ContextTest, EveryStepSeesTheAnswerInnermostFirst) {
  const auto outer = std::make_shared<Stamp>("outer");
  const auto inner = std::make_shared<Stamp>("inner");
  route.steps = {outer, inner};
  RequestContext context(exchange, route);
  context.answer(Answer(exchange.arena(), 418, "teapot", "short and stout"));
  const testing::FieldList expected{{"Content-Type", "application/json"}, {"X-Step", "inner"}, {"X-Step", "outer"}};
  EXPECT_EQ(exchange.sent_fields, expected);
  EXPECT_EQ(outer->seen, 418);
  EXPECT_EQ(inner->seen, 418);
}

TEST_F(ContextTest, AnswerIsSentWholeWithItsLengthAndRemembered) {
  RequestContext context(exchange, route);
  context.answer(Answer(exchange.arena(), 429, "throttled", "Too Many Requests"));
  EXPECT_EQ(exchange.status, 429);
  EXPECT_EQ(exchange.sent_body, R"({"message":"Too Many Requests"})");
  EXPECT_EQ(exchange.sent_length, exchange.sent_body.size());
  EXPECT_TRUE(exchange.ended_answer);
  EXPECT_EQ(context.status, 429);
  EXPECT_EQ(context.reason, "throttled");
}

TEST_F(ContextTest, EveryAnswerCarriesTheRequestId) {
  RequestContext context(exchange, route);
  context.request_id = "abc";
  context.answer(Answer(exchange.arena(), 404, "route_not_found", "Not Found"));
  EXPECT_EQ(exchange.field("x-request-id"), "abc");
}

TEST_F(ContextTest, NothingIsSentToAClientThatLeft) {
  const auto step = std::make_shared<Stamp>("step");
  route.steps = {step};
  RequestContext context(exchange, route);
  exchange.fail(http::Failure::kClientGone);
  context.answer(Answer(exchange.arena(), 502, "upstream_closed", "Bad Gateway"));
  EXPECT_FALSE(exchange.responded());
  EXPECT_EQ(step->seen, 0);
  EXPECT_EQ(context.status, 499);
}

TEST_F(ContextTest, KeepsWhatItIsGivenToTheEnd) {
  const auto first = std::make_shared<int>(1);
  auto second = std::make_unique<Stamp>("second");
  {
    RequestContext context(exchange, route);
    context.keep(first);
    context.keep(std::move(second));
    EXPECT_EQ(first.use_count(), 2);
  }
  EXPECT_EQ(first.use_count(), 1);
}

TEST_F(ContextTest, ABodyThatBrokeARuleIsStillAnswered) {
  RequestContext context(exchange, route);
  exchange.fail(http::Failure::kBodyTooLarge);
  context.answer(Answer(exchange.arena(), 413, "body_too_large", "Payload Too Large"));
  EXPECT_EQ(exchange.status, 413);
}

}  // namespace
}  // namespace gatehouse::pipeline
