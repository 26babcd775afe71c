#include "gatehouse/integration/mock.hpp"

#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace gatehouse::integration {
namespace {

class MockTest : public ::testing::Test {
 protected:
  static pipeline::ValueTemplate text(std::string_view value) {
    return pipeline::ValueTemplate::parse(value, {"id"}).value();
  }
  void serve(const MockSettings& settings) {
    pipeline::RequestContext context(exchange, route);
    context.params.push("id", "a%20b");
    const auto mock = make_mock(settings);
    net::Task<void> task = mock->serve(context);
    task.start();
    ASSERT_TRUE(task.done());
    task.take();
    reason = context.reason;
  }

  net::Worker worker{0};
  testing::FakeExchange exchange{worker, "GET", "/x?n=1"};
  pipeline::Route route;
  std::string reason;
};

TEST_F(MockTest, AnswersAsItIsTold) {
  serve({418,
         {{"X-Who", text("$path.id")}, {"Set-Cookie", text("a=1")}, {"Set-Cookie", text("b=$query.n")}},
         text("pong $query.n")});
  EXPECT_EQ(exchange.status, 418);
  EXPECT_EQ(exchange.sent_body, "pong 1");
  EXPECT_EQ(exchange.sent_length, 6u);
  EXPECT_EQ(exchange.field("x-who"), "a b");
  EXPECT_EQ(testing::count_fields(exchange.sent_fields, "set-cookie"), 2u);
  EXPECT_EQ(reason, "ok");
}

TEST_F(MockTest, TypeIsJsonForWhatLooksLikeIt) {
  serve({200, {}, text(" {\"message\":\"hi\"}")});
  EXPECT_EQ(exchange.field("content-type"), "application/json");
}

TEST_F(MockTest, TypeIsTextOtherwise) {
  serve({200, {}, text("pong")});
  EXPECT_EQ(exchange.field("content-type"), "text/plain; charset=utf-8");
}

TEST_F(MockTest, GivenTypeStands) {
  serve({200, {{"content-type", text("text/html")}}, text("{}")});
  EXPECT_EQ(testing::count_fields(exchange.sent_fields, "content-type"), 1u);
  EXPECT_EQ(exchange.field("content-type"), "text/html");
}

TEST_F(MockTest, NoBodyHasNoType) {
  serve({204, {}, {}});
  EXPECT_EQ(exchange.field("content-type"), std::nullopt);
  EXPECT_TRUE(exchange.ended_answer);
}

}  // namespace
}  // namespace gatehouse::integration
