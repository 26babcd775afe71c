#include "gatehouse/pipeline/answer.hpp"

#include "support/fake_fields.hpp"

#include <gtest/gtest.h>

namespace gatehouse::pipeline {
namespace {

TEST(AnswerTest, MessageBecomesJson) {
  Arena arena;
  const Answer answer(arena, 404, "route_not_found", "Not Found");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.reason, "route_not_found");
  EXPECT_EQ(answer.body, R"({"message":"Not Found"})");
  EXPECT_EQ(testing::find_field(testing::apply_edits(nullptr, &answer.fields), "content-type"), "application/json");
}

TEST(AnswerTest, AnyBodyHasTheTypeItWasGivenOrNone) {
  Arena arena;
  const Answer text(arena, 200, "ok", "text/plain", "pong");
  EXPECT_EQ(text.body, "pong");
  EXPECT_EQ(testing::find_field(testing::apply_edits(nullptr, &text.fields), "content-type"), "text/plain");
  const Answer nothing(arena, 204, "ok", "", "");
  EXPECT_TRUE(testing::apply_edits(nullptr, &nothing.fields).empty());
}

}  // namespace
}  // namespace gatehouse::pipeline
