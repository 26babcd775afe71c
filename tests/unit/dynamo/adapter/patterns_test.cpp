#include "dynamo/adapter/patterns.hpp"

#include "dynamo/adapter/actions.hpp"
#include "gatehouse/dynamo/adapter/settings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

TEST(PatternsTest, StarsAndQuestionMarks) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("notes", "notes"));
  EXPECT_FALSE(matches("notes", "notes2"));
  EXPECT_TRUE(matches("orders-*", "orders-"));
  EXPECT_TRUE(matches("orders-*", "orders-2025"));
  EXPECT_FALSE(matches("orders-*", "order-2025"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(matches("a*b*c", "a-b-b-d"));
  EXPECT_TRUE(matches("?x", "ax"));
  EXPECT_FALSE(matches("?x", "x"));
}

TEST(PatternsTest, ManyStarsDoNotExplode) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(20'000, 'a')));
}

TEST(ActionsTest, NamesAreMatchedInAnyLetterCaseWithOrWithoutPrefix) {
  EXPECT_TRUE(names_an_action("GetItem"));
  EXPECT_TRUE(names_an_action("dynamodb:getitem"));
  EXPECT_TRUE(names_an_action("dynamodb:*"));
  EXPECT_TRUE(names_an_action("PartiQLSelect"));
  EXPECT_FALSE(names_an_action("GetItems"));
  EXPECT_FALSE(names_an_action("s3:GetObject"));
}

TEST(ActionsTest, StarIsEverything) { EXPECT_TRUE(matching_actions({"*"}).all()); }

TEST(ActionsTest, APatternIsNoMoreThanItSays) {
  const Actions actions = matching_actions({"Get*", "dynamodb:Query"});
  EXPECT_TRUE(actions.test(action_of(Operation::kGetItem)));
  EXPECT_TRUE(actions.test(action_of(Operation::kGetRecords)));
  EXPECT_TRUE(actions.test(action_of(Operation::kQuery)));
  EXPECT_FALSE(actions.test(action_of(Operation::kBatchGetItem)));
  EXPECT_FALSE(actions.test(action_of(Operation::kPutItem)));
}

}  // namespace
}  // namespace gatehouse::dynamo
