#include "middleware/freshness.hpp"

#include "gatehouse/http/validators.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr std::time_t kNow = 1'700'000'000;

struct Case {
  const char* name;
  const char* control;
  int date, expires;  // seconds from now; 1: not given
  const char* age;
  int took;
  std::int64_t fresh, initial_age;  // expected
};

class FreshnessTableTest : public ::testing::TestWithParam<Case> {};

TEST_P(FreshnessTableTest, FollowsRfc9111Section4) {
  const Case& c = GetParam();
  const WallTime now = std::chrono::system_clock::from_time_t(kNow);
  const std::string date = http::http_date(kNow + c.date);
  const std::string expires = http::http_date(kNow + c.expires);
  AnswerFacts answer;
  answer.control.add(c.control);
  if (c.date != 1) answer.date = date;
  if (c.expires != 1) answer.expires = expires;
  if (*c.age != 0) answer.age = c.age;
  const Lifetime lifetime = lifetime_of(answer, {}, now, seconds(c.took));
  EXPECT_EQ(lifetime.fresh, seconds(c.fresh));
  EXPECT_EQ(lifetime.initial_age, seconds(c.initial_age));
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9111, FreshnessTableTest,
    ::testing::Values(Case{"NothingSaid", "", 0, 1, "", 0, 0, 0}, Case{"MaxAge", "max-age=60", 0, 1, "", 0, 60, 0},
                      Case{"SharedWins", "max-age=60, s-maxage=10", 0, 1, "", 0, 10, 0},
                      Case{"MaxAgeBeforeExpires", "max-age=60", 0, 600, "", 0, 60, 0}, Case{"Expires", "", 0, 600, "", 0, 600, 0},
                      Case{"ExpiresCountsFromDate", "", -100, 500, "", 0, 600, 100},
                      Case{"ExpiresInThePast", "", 0, -5, "", 0, 0, 0}, Case{"ExpiresWithoutDate", "", 1, 60, "", 0, 60, 0},
                      Case{"AgeOfAnotherCache", "max-age=60", 0, 1, "20", 0, 60, 20},
                      Case{"AgeAndDelay", "max-age=60", 0, 1, "20", 3, 60, 23},
                      Case{"DateBeforeAge", "max-age=60", -50, 1, "20", 3, 60, 50},
                      Case{"ClockAhead", "max-age=60", 30, 1, "", 2, 60, 2}, Case{"AgeUnreadable", "max-age=60", 0, 1, "x", 0, 60, 0},
                      Case{"Unreadable", "max-age=-1", 0, 1, "", 0, 0, 0}, Case{"ShortestOfTwo", "max-age=60, max-age=5", 0, 1, "", 0, 5, 0},
                      Case{"Quoted", "max-age=\"60\"", 0, 1, "", 0, 60, 0},
                      Case{"BeyondCounting", "max-age=99999999999999999999", 0, 1, "", 0, 2147483648, 0}),
    [](const auto& param) { return param.param.name; });

CacheControl control(std::string_view text) {
  CacheControl read;
  read.add(text);
  return read;
}

TEST(CacheControlTest, ReadsDirectivesOfAnyCaseAndSkipsWhatItDoesNotKnow) {
  const CacheControl read = control("No-Store, x-own=\"a, no-cache\", private=\"set-cookie\" ,, must-revalidate, stale-if-error=7");
  EXPECT_TRUE(read.no_store && read.is_private && read.must_revalidate);
  EXPECT_FALSE(read.no_cache);
  EXPECT_EQ(read.stale_if_error, 7s);
  EXPECT_EQ(control("max-stale").max_stale, CacheControl::kForever);
  EXPECT_EQ(control("max-stale=9").max_stale, 9s);
  EXPECT_EQ(control("\"").max_age, std::nullopt);
  EXPECT_EQ(control("max-age=\"\\").max_age, 0s);
}

AnswerFacts facts(std::string_view text, int status = 200) {
  AnswerFacts answer;
  answer.status = status;
  answer.control = control(text);
  return answer;
}

std::string_view refusal(const AnswerFacts& answer, const CacheSettings& settings = {}, bool validator = false) {
  return refusal_to_keep(answer, settings, lifetime_of(answer, settings, std::chrono::system_clock::from_time_t(kNow), 0s), validator);
}

TEST(KeepingTest, SaysWhyAnAnswerIsNotKept) {
  EXPECT_EQ(refusal(facts("max-age=5")), "");
  EXPECT_EQ(refusal(facts("max-age=5, no-store")), "no-store");
  EXPECT_EQ(refusal(facts("max-age=5, private")), "private");
  EXPECT_EQ(refusal(facts("max-age=5", 206)), "status");
  EXPECT_EQ(refusal(facts("max-age=5", 401)), "status");
  EXPECT_EQ(refusal(facts("max-age=5", 404)), "");
  EXPECT_EQ(refusal(facts("")), "no-freshness");
  EXPECT_EQ(refusal(facts("max-age=0")), "no-freshness");
  EXPECT_EQ(refusal(facts("max-age=0"), {}, true), "");
  EXPECT_EQ(refusal(facts("no-cache"), {}, true), "");
  EXPECT_EQ(refusal(facts("no-cache")), "no-freshness");
  AnswerFacts cookie = facts("max-age=5");
  cookie.sets_cookie = true;
  EXPECT_EQ(refusal(cookie), "set-cookie");
  AnswerFacts vary = facts("max-age=5");
  vary.varies_by_all = true;
  EXPECT_EQ(refusal(vary), "vary");
}

TEST(KeepingTest, TtlFillsInOrWins) {
  CacheSettings settings;
  settings.ttl = 60s;
  EXPECT_EQ(refusal(facts(""), settings), "");
  EXPECT_EQ(refusal(facts("", 404), settings), "no-freshness");
  EXPECT_EQ(refusal(facts("max-age=0"), settings), "no-freshness");
  settings.freshness = CacheFreshness::kTtl;
  EXPECT_EQ(refusal(facts("max-age=0, no-cache"), settings), "");
  EXPECT_EQ(refusal(facts("private"), settings), "private");
  settings.credentials = CacheCredentials::kPerIdentity;
  EXPECT_EQ(refusal(facts("private"), settings), "");
}

TEST(KeepingTest, StaleUseIsWhatTheBackendAllows) {
  CacheSettings settings;
  settings.stale_while_revalidate = 10s;
  settings.stale_if_error = 20s;
  const WallTime now = std::chrono::system_clock::from_time_t(kNow);
  EXPECT_EQ(lifetime_of(facts("max-age=1"), settings, now, 0s).stale_while_revalidate, 10s);
  EXPECT_EQ(lifetime_of(facts("max-age=1, stale-while-revalidate=3"), settings, now, 0s).stale_while_revalidate, 3s);
  for (const char* const strict : {"max-age=1, must-revalidate", "s-maxage=1", "max-age=1, proxy-revalidate", "no-cache"}) {
    EXPECT_EQ(lifetime_of(facts(strict), settings, now, 0s).stale_if_error, 0s) << strict;
    EXPECT_TRUE(lifetime_of(facts(strict), settings, now, 0s).must_revalidate) << strict;
  }
}

}  // namespace
}  // namespace gatehouse::middleware
