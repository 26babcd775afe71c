#include "integration/request_body.hpp"

#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace gatehouse::integration {
namespace {

class RequestBodyTest : public ::testing::Test {
 protected:
  std::string take_all(RequestBody& body, std::size_t bite = SIZE_MAX) {
    std::string taken;
    for (http::BodyChunk chunk = body.poll(); chunk.state == http::BodyState::kData; chunk = body.poll()) {
      const std::string_view part = chunk.bytes.substr(0, bite);
      taken += part;
      body.consume(part.size());
    }
    return taken;
  }

  net::Worker worker{0};
  testing::FakeExchange exchange{worker, "PUT"};
  pipeline::Route route;
  pipeline::RequestContext context{exchange, route};
};

TEST_F(RequestBodyTest, SmallBodyCanBeSentAgain) {
  exchange.body("one");
  exchange.body("two");
  exchange.end_body();
  RequestBody body(context, RequestBody::Replay::kWhileSmall);
  EXPECT_EQ(take_all(body), "onetwo");
  EXPECT_FALSE(body.gone());
  body.rewind();
  EXPECT_EQ(take_all(body, 2), "onetwo");
  body.rewind();
  EXPECT_EQ(take_all(body), "onetwo");
}

TEST_F(RequestBodyTest, WhatComesLaterFollowsWhatIsSentAgain) {
  exchange.body("one");
  RequestBody body(context, RequestBody::Replay::kWhileSmall);
  EXPECT_EQ(take_all(body), "one");
  exchange.body("two");
  exchange.end_body();
  body.rewind();
  EXPECT_EQ(take_all(body), "onetwo");
  body.rewind();
  EXPECT_EQ(take_all(body), "onetwo");
}

TEST_F(RequestBodyTest, LargeBodyIsGoneOnceItExceedsTheLimit) {
  exchange.body(std::string(RequestBody::kReplayLimit, 'x'));
  RequestBody body(context, RequestBody::Replay::kWhileSmall);
  take_all(body);
  EXPECT_FALSE(body.gone());
  exchange.body("y");
  take_all(body);
  EXPECT_TRUE(body.gone());
}

TEST_F(RequestBodyTest, WithoutReplayTheFirstByteTakenIsGone) {
  exchange.body("one");
  RequestBody body(context, RequestBody::Replay::kNever);
  body.poll();
  EXPECT_FALSE(body.gone());
  take_all(body);
  EXPECT_TRUE(body.gone());
}

TEST_F(RequestBodyTest, BodyThatWasNotTouchedIsNotGone) {
  exchange.expect_body();
  RequestBody body(context, RequestBody::Replay::kNever);
  EXPECT_EQ(body.poll().state, http::BodyState::kPending);
  EXPECT_FALSE(body.gone());
}

}  // namespace
}  // namespace gatehouse::integration
