#include "gatehouse/base/block_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

namespace gatehouse {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif

TEST(BlockPoolTest, EverySizeGetsAtLeastWhatItAsksFor) {
  for (std::size_t asked = 0; asked < 300 * 1024; asked += 1 + asked / 7) {
    std::size_t size = asked;
    void* const block = block_pool::take(size);
    ASSERT_GE(size, asked);
    ASSERT_LE(size, std::max<std::size_t>(64, asked + asked / 2));
    std::memset(block, 0xab, size);
    block_pool::give(block, asked);
  }
}

#ifndef __SANITIZE_ADDRESS__  // under it blocks come from the heap, so that a stale one is found
TEST(BlockPoolTest, ABlockReturnsToItsClassByEitherSize) {
  for (const std::size_t asked : {1, 64, 65, 96, 97, 128, 129, 1000, 65536, 65537, 200'000, 262'144}) {
    std::size_t size = asked;
    void* const first = block_pool::take(size);
    block_pool::give(first, asked);
    std::size_t again = size;
    void* const second = block_pool::take(again);
    EXPECT_EQ(first, second) << asked;
    EXPECT_EQ(size, again) << asked;
    block_pool::give(second, again);
  }
}
#endif

TEST(BlockPoolTest, KeepsABoundedNumberOfBytesPerClass) {
  std::thread([] {
    for (const std::size_t asked : {64UL, 4096UL, 262'144UL}) {
      const std::size_t before = block_pool::kept_bytes();
      std::vector<void*> blocks;
      for (std::size_t total = 0; total < 4 * 1024 * 1024; total += asked) {
        std::size_t size = asked;
        blocks.push_back(block_pool::take(size));
      }
      for (void* block : blocks) block_pool::give(block, asked);
      EXPECT_LE(block_pool::kept_bytes() - before, 1024 * 1024U);
      if (kPooled) {
        EXPECT_GT(block_pool::kept_bytes(), before);
      }
    }
  }).join();
}

TEST(BlockPoolTest, KeepsNothingAboveTheLargestClass) {
  const std::size_t before = block_pool::kept_bytes();
  std::size_t size = 262'145;
  void* const block = block_pool::take(size);
  EXPECT_EQ(size, 262'145U);
  block_pool::give(block, size);
  EXPECT_EQ(block_pool::kept_bytes(), before);
}

}  // namespace
}  // namespace gatehouse
