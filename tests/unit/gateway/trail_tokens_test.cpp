#include "gateway/trail_tokens.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1000h};

TEST(TrailTokensTest, AcceptsWhatItIssuedUntilItExpires) {
  const TrailTokens tokens;
  const std::string token = tokens.issue(kNow + 10min);
  EXPECT_TRUE(tokens.accepts(token, kNow));
  EXPECT_TRUE(tokens.accepts(token, kNow + 10min - 1ns));
  EXPECT_FALSE(tokens.accepts(token, kNow + 10min));
}

TEST(TrailTokensTest, AnotherProcessIssuedNothing) {
  const TrailTokens mine;
  const TrailTokens theirs;
  EXPECT_FALSE(mine.accepts(theirs.issue(kNow + 10min), kNow));
}

TEST(TrailTokensTest, NoByteOfATokenCanBeChanged) {
  const TrailTokens tokens;
  const std::string token = tokens.issue(kNow + 10min);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_FALSE(tokens.accepts(changed, kNow)) << i;
  }
}

TEST(TrailTokensTest, RefusesWhatIsNoToken) {
  const TrailTokens tokens;
  const std::string token = tokens.issue(kNow + 10min);
  const std::string mac = token.substr(token.find('.'));
  for (const std::string& wrong : {std::string(), std::string("."), mac, token + "0", token.substr(0, token.size() - 1), "ffffffffffffffffff" + mac, "zz" + mac})
    EXPECT_FALSE(tokens.accepts(wrong, kNow)) << wrong;
}

}  // namespace
}  // namespace gatehouse::gateway
