#include "gatehouse/pipeline/answer_fields.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gatehouse::pipeline {
namespace {

using namespace std::chrono_literals;

std::string_view retry_after(Arena& arena, Duration wait) {
  Answer answer(arena, 503, "overloaded", "Service Unavailable");
  set_retry_after(answer, arena, wait);
  for (const auto* field = answer.fields.added(); field != nullptr; field = field->next)
    if (field->id == http::FieldId::kRetryAfter) return field->value;
  return {};
}

TEST(AnswerFields, SecondsAreRoundedUpSoThatWhoWaitsPasses) {
  EXPECT_EQ(seconds_up(1ns), 1u);
  EXPECT_EQ(seconds_up(2s), 2u);
  EXPECT_EQ(seconds_up(2s + 1ns), 3u);
  EXPECT_EQ(seconds_up(-5s), 0u);
}

TEST(AnswerFields, RetryAfterIsASecondAtLeast) {
  Arena arena;
  EXPECT_EQ(retry_after(arena, 0s), "1");
  EXPECT_EQ(retry_after(arena, -1s), "1");
  EXPECT_EQ(retry_after(arena, 90'001ms), "91");
}

}  // namespace
}  // namespace gatehouse::pipeline
