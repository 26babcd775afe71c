#include "gateway/memory_guard.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

TEST(MemoryBoundsTest, RefusesRequestsFirstAndThenConnections) {
  Overload overload;
  const MemoryBounds bounds(900, 950);
  EXPECT_FALSE(bounds.update(899, overload));
  EXPECT_TRUE(bounds.update(900, overload));
  EXPECT_TRUE(overload.refuses_requests);
  EXPECT_FALSE(overload.refuses_connections);
  EXPECT_TRUE(bounds.update(950, overload));
  EXPECT_TRUE(overload.refuses_connections);
}

TEST(MemoryBoundsTest, TakesWorkAgainOnlyATwentiethBelowTheBound) {
  Overload overload;
  const MemoryBounds bounds(1000, 2000);
  bounds.update(1000, overload);
  EXPECT_FALSE(bounds.update(999, overload));
  EXPECT_FALSE(bounds.update(950, overload));
  EXPECT_TRUE(overload.refuses_requests);
  EXPECT_TRUE(bounds.update(949, overload));
  EXPECT_FALSE(overload.refuses_requests);
  EXPECT_FALSE(bounds.update(999, overload));
}

TEST(MemoryBoundsTest, TakesEverythingAgainWhenAReloadRemovesTheBounds) {
  Overload overload;
  MemoryBounds(10, 20).update(100, overload);
  EXPECT_TRUE(MemoryBounds(0, 0).update(100, overload));
  EXPECT_FALSE(overload.refuses_requests);
  EXPECT_FALSE(overload.refuses_connections);
}

}  // namespace
}  // namespace gatehouse::gateway
