#include "gatehouse/pipeline/held_body.hpp"

#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace gatehouse::pipeline {
namespace {

class HeldBodyTest : public ::testing::Test {
 protected:
  HeldBody read(std::uint64_t limit) {
    net::Task<HeldBody> task = read_held_body(context, limit);
    task.start();
    EXPECT_TRUE(task.done());
    return task.take();
  }
  std::string take_all() {
    std::string all;
    while (true) {
      const http::BodyChunk chunk = context.poll_body();
      if (chunk.state != http::BodyState::kData) break;
      const std::size_t bite = std::min<std::size_t>(chunk.bytes.size(), 3);
      all += chunk.bytes.substr(0, bite);
      context.consume_body(bite);
    }
    EXPECT_EQ(context.poll_body().state, http::BodyState::kEnd);
    return all;
  }

  net::Worker worker{0};
  testing::FakeExchange exchange{worker, "POST"};
  Route route;
  RequestContext context{exchange, route};
};

TEST_F(HeldBodyTest, WhoeverTakesTheBodyLaterIsGivenItFromItsBeginning) {
  exchange.body("one");
  exchange.body(" and two");
  exchange.end_body();
  EXPECT_EQ(read(11), HeldBody::kWhole);
  EXPECT_EQ(*context.held_body(), "one and two");
  EXPECT_EQ(take_all(), "one and two");
}

TEST_F(HeldBodyTest, ASecondStepIsGivenWhatTheFirstOneRead) {
  exchange.body("body");
  exchange.end_body();
  EXPECT_EQ(read(100), HeldBody::kWhole);
  EXPECT_EQ(read(4), HeldBody::kWhole);
  EXPECT_EQ(read(3), HeldBody::kTooLarge);
  EXPECT_EQ(take_all(), "body");
}

TEST_F(HeldBodyTest, NoBodyIsAnEmptyOne) {
  EXPECT_EQ(read(0), HeldBody::kWhole);
  EXPECT_EQ(take_all(), "");
}

TEST_F(HeldBodyTest, WaitsForWhatIsNotThereYet) {
  exchange.body("one");
  net::Task<HeldBody> task = read_held_body(context, 100);
  task.start();
  EXPECT_FALSE(task.done());
  exchange.body("two");
  exchange.end_body();
  exchange.waiter().wake();
  worker.ready().run();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(*context.held_body(), "onetwo");
}

TEST_F(HeldBodyTest, StopsBeyondTheLimitWithoutHoldingAnything) {
  exchange.body("12345");
  exchange.body("6");
  exchange.end_body();
  EXPECT_EQ(read(5), HeldBody::kTooLarge);
  EXPECT_EQ(context.held_body(), nullptr);
}

TEST_F(HeldBodyTest, ALengthBeyondTheLimitIsNotReadAtAll) {
  exchange.body("123456");
  exchange.head().content_length = 6;
  EXPECT_EQ(read(5), HeldBody::kTooLarge);
  EXPECT_EQ(exchange.consumed, 0U);
}

TEST_F(HeldBodyTest, SaysThatTheBodyFailed) {
  exchange.body("123");
  net::Task<HeldBody> task = read_held_body(context, 100);
  task.start();
  exchange.fail(http::Failure::kBodyTimeout);
  worker.ready().run();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), HeldBody::kFailed);
}

}  // namespace
}  // namespace gatehouse::pipeline
