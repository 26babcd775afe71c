// Every combination of facts against the rule as retry.hpp and SECURITY 49 state it, and the rule's sentences one by one.
#include "gatehouse/upstream/retry.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace gatehouse::upstream {
namespace {

constexpr std::array kEveryError = {
    ErrorKind::kInvalid, ErrorKind::kNotFound, ErrorKind::kRefused, ErrorKind::kReset,       ErrorKind::kClosed,
    ErrorKind::kTimeout, ErrorKind::kProtocol, ErrorKind::kLimit,   ErrorKind::kUnavailable, ErrorKind::kInternal};

// A GET that could not connect: the plainest case for a second try.
constexpr TryFacts kPlain{.idempotent = true,
                          .sent = false,
                          .reused_connection = false,
                          .closed_before_answer = false,
                          .body_gone = false,
                          .responded = false,
                          .tries = 1,
                          .attempts = 1,
                          .error = ErrorKind::kRefused};

TEST(MayRetryTest, NeverOnceTheClientHasSeenAByte) {
  TryFacts facts = kPlain;
  EXPECT_TRUE(may_retry(facts));
  facts.responded = true;
  EXPECT_FALSE(may_retry(facts));
}

TEST(MayRetryTest, NeverWithoutTheBody) {
  TryFacts facts = kPlain;
  facts.body_gone = true;
  EXPECT_FALSE(may_retry(facts));
}

TEST(MayRetryTest, AtMostAsOftenAsConfigured) {
  TryFacts facts = kPlain;
  facts.attempts = 2;
  facts.tries = 2;
  EXPECT_TRUE(may_retry(facts));
  facts.tries = 3;
  EXPECT_FALSE(may_retry(facts));
  facts.attempts = 0;
  facts.tries = 1;
  EXPECT_FALSE(may_retry(facts));
}

TEST(MayRetryTest, APostOnceSentIsNeverRepeated) {
  TryFacts facts = kPlain;
  facts.idempotent = false;
  EXPECT_TRUE(may_retry(facts)) << "nothing was sent";
  facts.sent = true;
  facts.reused_connection = facts.closed_before_answer = true;
  for (const ErrorKind error : kEveryError) {
    facts.error = error;
    EXPECT_FALSE(may_retry(facts)) << static_cast<int>(error);
  }
}

TEST(MayRetryTest, ATimeoutOnceSentIsNeverRepeated) {
  TryFacts facts = kPlain;
  facts.error = ErrorKind::kTimeout;
  EXPECT_TRUE(may_retry(facts)) << "connecting took too long";
  facts.sent = true;
  EXPECT_FALSE(may_retry(facts));
}

TEST(MayRetryTest, AMalformedAnswerStands) {
  TryFacts facts = kPlain;
  facts.sent = true;
  facts.error = ErrorKind::kProtocol;
  EXPECT_FALSE(may_retry(facts));
}

TEST(MayRetryTest, OneTryOnAStaleConnectionIsFree) {
  TryFacts facts = kPlain;
  facts.sent = facts.reused_connection = facts.closed_before_answer = true;
  facts.error = ErrorKind::kClosed;
  facts.attempts = 0;
  EXPECT_TRUE(may_retry(facts));
  facts.tries = 2;
  EXPECT_FALSE(may_retry(facts));
  facts.tries = 1;
  facts.reused_connection = false;
  EXPECT_FALSE(may_retry(facts));
}

// The rule as a table: what may be repeated at all, before it is counted.
bool repeatable(bool idempotent, bool sent, ErrorKind error) {
  switch (error) {
    case ErrorKind::kReset:
    case ErrorKind::kClosed: return !sent || idempotent;
    case ErrorKind::kRefused:
    case ErrorKind::kTimeout:
    case ErrorKind::kProtocol:
    case ErrorKind::kNotFound: return !sent;
    default: return false;
  }
}

TEST(MayRetryTest, HoldsForEveryCombination) {
  int checked = 0;
  int allowed = 0;
  for (const ErrorKind error : kEveryError) {
    for (unsigned bits = 0; bits < 64; ++bits) {
      for (std::uint32_t tries = 1; tries <= 4; ++tries) {
        for (std::uint32_t attempts = 0; attempts <= 3; ++attempts) {
          const TryFacts facts{(bits & 1) != 0, (bits & 2) != 0,  (bits & 4) != 0,
                               (bits & 8) != 0, (bits & 16) != 0, (bits & 32) != 0,
                               tries,           attempts,         error};
          const bool stale = facts.reused_connection && facts.closed_before_answer &&
                             (error == ErrorKind::kReset || error == ErrorKind::kClosed);
          const std::uint32_t allowance = tries == 1 && stale && attempts == 0 ? 1 : attempts;
          const bool expected = !facts.responded && !facts.body_gone &&
                                repeatable(facts.idempotent, facts.sent, error) && tries <= allowance;
          EXPECT_EQ(may_retry(facts), expected) << "error " << static_cast<int>(error) << " bits " << bits << " tries "
                                                << tries << " attempts " << attempts;
          ++checked;
          allowed += expected ? 1 : 0;
        }
      }
    }
  }
  EXPECT_EQ(checked, 10 * 64 * 4 * 4);
  EXPECT_GT(allowed, 100);
}

}  // namespace
}  // namespace gatehouse::upstream
