#include "gatehouse/plans/key_store.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse::plans {
namespace {

TEST(KeyStoreTest, KeysAre32RandomBytesThatNeedNoEscaping) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = make_key();
    EXPECT_EQ(key.size(), 3u + 43u);
    EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), std::string::npos);
    EXPECT_TRUE(seen.insert(key).second);
  }
}

TEST(KeyStoreTest, IdsAreWhatTheConfigurationTakes) {
  EXPECT_TRUE(is_key_id("partner-A_1"));
  EXPECT_TRUE(is_key_id(std::string(64, 'x')));
  for (const std::string& wrong : {std::string(), std::string("a b"), std::string("ä"), std::string(65, 'x'), std::string("a/b")})
    EXPECT_FALSE(is_key_id(wrong)) << wrong;
}

}  // namespace
}  // namespace gatehouse::plans
