#include "gatehouse/wsapi/connection_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse::wsapi {
namespace {

TEST(ConnectionIdTest, SaysWhoHoldsTheSocket) {
  const ConnectionId id = ConnectionId::make(0xfedcba98, 0x1234, 0x89abcdef);
  EXPECT_EQ(id.node(), 0xfedcba98u);
  EXPECT_EQ(id.worker(), 0x1234);
  EXPECT_EQ(id.slot(), 0x89abcdefu);
}

TEST(ConnectionIdTest, IsReadBackFromItsText) {
  const ConnectionId id = ConnectionId::make(1, 2, 3);
  const std::string text = id.to_string();
  ASSERT_EQ(text.size(), ConnectionId::kTextSize);
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
  EXPECT_EQ(ConnectionId::parse(text), id);
}

TEST(ConnectionIdTest, IsNeverTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(ConnectionId::make(1, 2, 3).to_string());
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(ConnectionIdTest, IsNotReadFromAnythingElse) {
  const std::string text = ConnectionId::make(1, 2, 3).to_string();
  EXPECT_FALSE(ConnectionId::parse(""));
  EXPECT_FALSE(ConnectionId::parse(text.substr(1)));
  EXPECT_FALSE(ConnectionId::parse(text + "A"));
  EXPECT_FALSE(ConnectionId::parse("L0SM9cOFvHcCIhw="));
  EXPECT_FALSE(ConnectionId::parse("+" + text.substr(1)));
  EXPECT_FALSE(ConnectionId::parse(text.substr(1) + "="));
}

}  // namespace
}  // namespace gatehouse::wsapi
