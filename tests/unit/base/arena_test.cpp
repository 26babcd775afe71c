#include "gatehouse/base/arena.hpp"

#include "gatehouse/base/block_pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse {
namespace {

TEST(ArenaTest, KeepsEverythingItHandsOutApart) {
  Arena arena;
  std::vector<std::string_view> copies;
  std::vector<std::string> originals;
  for (int i = 0; i < 2000; ++i)
    originals.push_back(std::string(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26)));
  for (const auto& text : originals) copies.push_back(arena.copy(text));
  for (std::size_t i = 0; i < originals.size(); ++i) ASSERT_EQ(copies[i], originals[i]);
}

TEST(ArenaTest, AlignsAsAsked) {
  Arena arena;
  for (const std::size_t alignment : {1, 2, 4, 8, 16, 64}) {
    arena.copy("x");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.allocate(3, alignment)) % alignment, 0U);
  }
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.array<std::uint64_t>(3).data()) % alignof(std::uint64_t), 0U);
}

TEST(ArenaTest, ServesMoreThanABlock) {
  Arena arena;
  const auto small = arena.copy("small");
  const std::string large(300'000, 'L');
  EXPECT_EQ(arena.copy(large), large);
  EXPECT_EQ(arena.copy("after"), "after");
  EXPECT_EQ(small, "small");
}

TEST(ArenaTest, JoinsParts) {
  Arena arena;
  EXPECT_EQ(arena.concat({"/base", "", "/path", std::string_view{}, "?q"}), "/base/path?q");
  EXPECT_EQ(arena.concat({}), "");
  EXPECT_EQ(arena.copy({}), "");
}

TEST(ArenaTest, CanBeUsedAgainAfterClear) {
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(arena.copy("round"), "round");
    arena.allocate(10'000);
    arena.clear();
    arena.clear();
  }
}

TEST(ArenaTest, GivesItsBlocksBackToThePool) {
  {
    Arena warm;
    warm.allocate(100'000);
  }
  const std::size_t before = block_pool::kept_bytes();
  {
    Arena arena;
    arena.allocate(100'000);
    EXPECT_LE(block_pool::kept_bytes(), before);
  }
  EXPECT_EQ(block_pool::kept_bytes(), before);
}

}  // namespace
}  // namespace gatehouse
