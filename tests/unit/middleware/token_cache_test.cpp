#include "middleware/token_cache.hpp"

#include "gatehouse/base/json_tree.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

TokenCache::Entry entry(std::string token) {
  TokenCache::Entry made;
  made.token = std::move(token);
  made.claims = LocalClaims(crypto::Claims(std::move(*JsonTree::parse(R"({"sub":"alice"})"))));
  return made;
}

TEST(TokenCacheTest, FindsTheWholeTokenOnly) {
  TokenCache cache(64, 1 << 20);
  EXPECT_EQ(cache.find("a.b.c"), nullptr);
  cache.put(entry("a.b.c"));
  ASSERT_NE(cache.find("a.b.c"), nullptr);
  EXPECT_EQ(cache.find("a.b.d"), nullptr);
  EXPECT_EQ(cache.find("a.b."), nullptr);
  const std::string signature(86, 's');
  cache.put(entry("header.claims." + signature));
  EXPECT_EQ(cache.find("header.others." + signature), nullptr);
  EXPECT_EQ(cache.find(""), nullptr);
}

TEST(TokenCacheTest, ReplacesWhatIsThereAlready) {
  TokenCache cache(64, 1 << 20);
  cache.put(entry("a"));
  const std::size_t bytes = cache.bytes();
  auto second = entry("a");
  second.generation = 7;
  cache.put(std::move(second));
  EXPECT_EQ(cache.find("a")->generation, 7u);
  EXPECT_EQ(cache.bytes(), bytes);
  cache.remove(*cache.find("a"));
  EXPECT_EQ(cache.find("a"), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(TokenCacheTest, LeavesTheClaimsToThoseWhoHoldThem) {
  TokenCache cache(64, 1 << 20);
  cache.put(entry("a"));
  std::weak_ptr<const crypto::Claims> left;
  {
    const LocalClaims held = cache.find("a")->claims;
    LocalClaims again;
    again = held;
    left = held->shared();
    cache.remove(*cache.find("a"));
    EXPECT_EQ(held->find("sub").text(), "alice");
    EXPECT_EQ(again.get(), held.get());
  }
  EXPECT_TRUE(left.expired());
}

TEST(TokenCacheTest, ForgetsWhatWasUsedLongestAgo) {
  TokenCache cache(4, 1 << 20);  // one set
  for (const char* token : {"a", "b", "c", "d"}) cache.put(entry(token));
  ASSERT_NE(cache.find("a"), nullptr);
  cache.put(entry("e"));
  EXPECT_EQ(cache.find("b"), nullptr);
  for (const char* token : {"a", "c", "d", "e"}) EXPECT_NE(cache.find(token), nullptr) << token;
}

TEST(TokenCacheTest, HoldsNoMoreEntriesAndBytesThanItMay) {
  constexpr std::size_t kBytes = 100'000;
  TokenCache cache(64, kBytes);
  for (int i = 0; i < 10'000; ++i) {
    const std::string token = std::string(1000, 'x') + std::to_string(i);
    cache.put(entry(token));
    ASSERT_LE(cache.bytes(), kBytes);
    ASSERT_NE(cache.find(token), nullptr);
  }
  std::size_t found = 0;
  for (int i = 0; i < 10'000; ++i) found += cache.find(std::string(1000, 'x') + std::to_string(i)) != nullptr ? 1 : 0;
  EXPECT_GE(found, 10u);
  EXPECT_LE(found, 64u);
}

TEST(TokenCacheTest, DoesNotKeepATokenThatIsLargerThanAllOfIt) {
  TokenCache cache(64, 1000);
  cache.put(entry("small"));
  cache.put(entry(std::string(5000, 'x')));
  EXPECT_EQ(cache.find(std::string(5000, 'x')), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace gatehouse::middleware
