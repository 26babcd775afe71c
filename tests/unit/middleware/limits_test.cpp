#include "step_fixture.hpp"

namespace gatehouse::middleware {
namespace {

class LimitsStepTest : public StepTest {
 protected:
  LimitsStepTest() { route_.steps = {make_limits(1000)}; }
};

TEST_F(LimitsStepTest, SetsTheLimitOfTheBody) {
  Request request(worker_, route_, "POST", "/");
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.exchange.limited_to, 1000u);
}

TEST_F(LimitsStepTest, LetsABodyPassThatIsAsLongAsTheLimit) {
  Request request(worker_, route_, "POST", "/");
  request.exchange.head().content_length = 1000;
  EXPECT_TRUE(request.run());
}

TEST_F(LimitsStepTest, Refuses413BeforeTheBodyIsReadWhenItsLengthIsBeyondTheLimit) {
  Request request(worker_, route_, "POST", "/");
  request.exchange.body("x");
  request.exchange.head().content_length = 1001;
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 413);
  EXPECT_EQ(request.exchange.sent_body, R"({"message":"Payload Too Large"})");
  EXPECT_EQ(request.context.reason, "body_too_large");
  EXPECT_EQ(request.exchange.consumed, 0u);
}

}  // namespace
}  // namespace gatehouse::middleware
