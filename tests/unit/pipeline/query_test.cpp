#include "gatehouse/pipeline/query.hpp"

#include <gtest/gtest.h>

namespace gatehouse::pipeline {
namespace {

TEST(FindParameter, FirstOccurrenceWins) { EXPECT_EQ(find_parameter("a=1&b=2&b=3", "b"), "2"); }

TEST(FindParameter, ValueIsLeftEncoded) { EXPECT_EQ(find_parameter("q=a%20b+c", "q"), "a%20b+c"); }

TEST(FindParameter, NamesAreComparedDecoded) {
  EXPECT_EQ(find_parameter("na%6De=x", "name"), "x");
  EXPECT_EQ(find_parameter("a+b=x", "a b"), "x");
  EXPECT_EQ(find_parameter("filter%5Bid%5D=7", "filter[id]"), "7");
}

TEST(FindParameter, WithoutEqualsIsEmptyAndAbsentIsNone) {
  EXPECT_EQ(find_parameter("flag&x=1", "flag"), "");
  EXPECT_EQ(find_parameter("x=&y", "x"), "");
  EXPECT_EQ(find_parameter("xx=1", "x"), std::nullopt);
  EXPECT_EQ(find_parameter("", "x"), std::nullopt);
  EXPECT_EQ(find_parameter("&&", ""), std::nullopt);
}

TEST(EqualsDecoded, InvalidEscapesStandForThemselves) {
  EXPECT_TRUE(equals_decoded("100%", "100%"));
  EXPECT_TRUE(equals_decoded("%zz", "%zz"));
  EXPECT_FALSE(equals_decoded("%41", "%41"));
  EXPECT_FALSE(equals_decoded("ab", "a"));
  EXPECT_FALSE(equals_decoded("%61", "ab"));
}

TEST(QueryTest, LeavesAParameterOut) {
  Arena arena;
  const auto without = [&arena](std::string_view query) { return without_parameter(query, "key", arena); };
  EXPECT_EQ(without("a=b&c"), "a=b&c");
  EXPECT_EQ(without("key=secret&a=b"), "a=b");
  EXPECT_EQ(without("a=%41&key=secret&c&&d="), "a=%41&c&d=");
  EXPECT_EQ(without("a=b&k%65y=one&key&key=two"), "a=b");
  EXPECT_EQ(without("keys=1&key=2"), "keys=1");
  EXPECT_EQ(without("key=secret").data(), nullptr);
  EXPECT_NE(without("").data(), nullptr);
}

}  // namespace
}  // namespace gatehouse::pipeline
