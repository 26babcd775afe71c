#include "integration/conditional.hpp"

#include "support/fake_fields.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace gatehouse::integration {
namespace {

constexpr std::time_t kModified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
const Representation kFile{1000, kModified, "\"v1\""};

Selection ask(const testing::FieldList& list, http::Method method = http::Method::kGet,
              const Representation& file = kFile) {
  const testing::FakeFields fields(list);
  http::RequestHead request;
  request.method = method;
  request.fields = fields.fields();
  return select(request, file);
}

std::tuple<int, std::uint64_t, std::uint64_t> range(const std::string& value, const Representation& file = kFile) {
  const Selection selection = ask({{"Range", value}}, http::Method::kGet, file);
  return {selection.status, selection.first, selection.count};
}

TEST(HttpDate, IsWrittenAndReadBack) {
  EXPECT_EQ(http_date(kModified), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kModified);
}

TEST(HttpDate, ObsoleteFormsAreRead) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kModified);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kModified);
}

TEST(HttpDate, NonsenseIsNone) {
  for (const char* bad :
       {"", "yesterday", "0", "Sun, 06 Nov 1994 08:49:37 GMT and more", "Sun, 06 Nov 1994 08:49:37 +0200"})
    EXPECT_EQ(parse_http_date(bad), std::nullopt) << bad;
}

TEST(SelectTest, WithoutConditionsItIsTheWhole) {
  const Selection selection = ask({});
  EXPECT_EQ(selection.status, 200);
  EXPECT_EQ(selection.first, 0u);
  EXPECT_EQ(selection.count, 1000u);
}

TEST(SelectTest, EntityTagThatIsKnownIsNotModified) {
  EXPECT_EQ(ask({{"If-None-Match", "\"v1\""}}).status, 304);
  EXPECT_EQ(ask({{"If-None-Match", "\"v0\", W/\"v1\""}}).status, 304);
  EXPECT_EQ(ask({{"If-None-Match", "\"a,b\",\"v1\""}}).status, 304);
  EXPECT_EQ(ask({{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(ask({{"If-None-Match", "\"v0\""}, {"If-None-Match", "\"v1\""}}).status, 304);
  EXPECT_EQ(ask({{"If-None-Match", "\"v1\""}}, http::Method::kHead).status, 304);
  for (const char* other : {"\"v0\"", "v1", "\"v1", "", "\"\""})
    EXPECT_EQ(ask({{"If-None-Match", other}}).status, 200) << other;
}

TEST(SelectTest, DateThatIsNotOlderIsNotModified) {
  EXPECT_EQ(ask({{"If-Modified-Since", http_date(kModified)}}).status, 304);
  EXPECT_EQ(ask({{"If-Modified-Since", http_date(kModified + 1)}}).status, 304);
  EXPECT_EQ(ask({{"If-Modified-Since", http_date(kModified - 1)}}).status, 200);
  EXPECT_EQ(ask({{"If-Modified-Since", "soon"}}).status, 200);
}

TEST(SelectTest, EntityTagOverrulesTheDate) {
  EXPECT_EQ(ask({{"If-None-Match", "\"v0\""}, {"If-Modified-Since", http_date(kModified)}}).status, 200);
}

TEST(SelectTest, RangesOfBytes) {
  EXPECT_EQ(range("bytes=0-0"), std::tuple(206, 0, 1));
  EXPECT_EQ(range("bytes=10-19"), std::tuple(206, 10, 10));
  EXPECT_EQ(range("bytes=990-2000"), std::tuple(206, 990, 10));
  EXPECT_EQ(range("bytes=990-"), std::tuple(206, 990, 10));
  EXPECT_EQ(range("bytes=-10"), std::tuple(206, 990, 10));
  EXPECT_EQ(range("bytes=-5000"), std::tuple(206, 0, 1000));
  EXPECT_EQ(range("BYTES=1-2"), std::tuple(206, 1, 2));
  EXPECT_EQ(range("bytes=0-18446744073709551615"), std::tuple(206, 0, 1000));
}

TEST(SelectTest, RangesBeyondTheEndCannotBeSatisfied) {
  EXPECT_EQ(range("bytes=1000-"), std::tuple(416, 0, 0));
  EXPECT_EQ(range("bytes=5000-6000"), std::tuple(416, 0, 0));
  EXPECT_EQ(range("bytes=-0"), std::tuple(416, 0, 0));
  EXPECT_EQ(range("bytes=0-", {0, kModified, "\"v1\""}), std::tuple(416, 0, 0));
  EXPECT_EQ(range("bytes=-1", {0, kModified, "\"v1\""}), std::tuple(416, 0, 0));
}

TEST(SelectTest, WhatIsNoSingleRangeGetsTheWhole) {
  for (const char* other : {"bytes=0-1,5-6", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "lines=1-2", "bytes=1",
                            "bytes=+1-2", "bytes=99999999999999999999-", "5-6"})
    EXPECT_EQ(range(other), std::tuple(200, 0, 1000)) << other;
  EXPECT_EQ(ask({{"Range", "bytes=0-1"}}, http::Method::kHead).status, 200);
}

TEST(SelectTest, RangeIsOnlyForWhoHasTheSameFile) {
  const auto with = [](const std::string& condition) {
    return ask({{"Range", "bytes=0-1"}, {"If-Range", condition}}).status;
  };
  EXPECT_EQ(with("\"v1\""), 206);
  EXPECT_EQ(with("\"v0\""), 200);
  EXPECT_EQ(with("W/\"v1\""), 200);
  EXPECT_EQ(with(http_date(kModified)), 206);
  EXPECT_EQ(with(http_date(kModified + 1)), 200);
  EXPECT_EQ(with("soon"), 200);
}

}  // namespace
}  // namespace gatehouse::integration
