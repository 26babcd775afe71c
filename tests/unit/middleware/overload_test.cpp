#include "gatehouse/middleware/overload.hpp"

#include "step_fixture.hpp"

#include <memory>

namespace gatehouse::middleware {
namespace {

using OverloadStepTest = StepTest;

TEST_F(OverloadStepTest, TurnsRequestsAwayOnlyWhileThereIsTooLittleMemory) {
  const auto overload = std::make_shared<Overload>();
  route_.steps = {make_overload(overload)};
  Request before(worker_, route_, "GET", "/");
  EXPECT_TRUE(before.run());
  overload->refuses_requests = true;
  Request during(worker_, route_, "GET", "/");
  EXPECT_FALSE(during.run());
  EXPECT_EQ(during.exchange.status, 503);
  EXPECT_EQ(during.context.reason, "overloaded");
  EXPECT_EQ(during.field("Retry-After"), "1");
  overload->refuses_requests = false;
  Request after(worker_, route_, "GET", "/");
  EXPECT_TRUE(after.run());
}

}  // namespace
}  // namespace gatehouse::middleware
