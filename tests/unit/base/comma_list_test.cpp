#include "gatehouse/base/comma_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse {
namespace {

std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> all;
  for (std::string_view element; next_element(list, element);) all.emplace_back(element);
  return all;
}

using Elements = std::vector<std::string>;

TEST(CommaList, BlanksAroundAnElementAreNotPartOfIt) { EXPECT_EQ(elements(" a ,\tb c\t,d"), (Elements{"a", "b c", "d"})); }

TEST(CommaList, EmptyElementsAreSkipped) { EXPECT_EQ(elements(",a,, ,b,"), (Elements{"a", "b"})); }

TEST(CommaList, AListOfNothingHasNoElements) {
  for (const char* nothing : {"", " ", ",", " , \t,"}) EXPECT_EQ(elements(nothing), Elements{}) << nothing;
}

TEST(CommaList, WhatIsLeftIsBehindTheComma) {
  std::string_view list = "first, rest, of it";
  std::string_view element;
  ASSERT_TRUE(next_element(list, element));
  EXPECT_EQ(element, "first");
  EXPECT_EQ(list, " rest, of it");
}

}  // namespace
}  // namespace gatehouse
