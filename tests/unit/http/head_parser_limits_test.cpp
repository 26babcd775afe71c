#include "head_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http::testing {
namespace {

constexpr std::string_view kLine = "GET /0123456789 HTTP/1.1\r\n";

std::string request(std::string_view fields) {
  return std::string(kLine) + "Host: a\r\n" + std::string(fields) + "\r\n";
}

TEST(HeadLimitsTest, TakesAHeadOfExactlyTheLimit) {
  const std::string bytes = request("A: b\r\n");
  EXPECT_TRUE(tell_request(bytes, {bytes.size(), 100, 10}).starts_with("GET"));
  EXPECT_EQ(tell_request(bytes, {bytes.size() - 1, 100, 10}), "431 head_too_large");
}

TEST(HeadLimitsTest, RefusesAsSoonAsTheHeadCannotEndWithinTheLimit) {
  const std::string bytes = request(std::string("A: ") + std::string(200, 'b') + "\r\n");
  EXPECT_EQ(tell_request(bytes.substr(0, 100), {100, 100, 10}), "431 head_too_large");
  EXPECT_EQ(tell_request(bytes.substr(0, 99), {100, 100, 10}), "incomplete");
}

TEST(HeadLimitsTest, CountsEmptyLinesInFront) {
  std::string empty_lines;
  for (int i = 0; i < 50; ++i) empty_lines += "\r\n";
  EXPECT_EQ(tell_request(empty_lines, {100, 100, 10}), "431 head_too_large");
  EXPECT_EQ(tell_request(empty_lines + request(""), {120, 100, 10}), "431 head_too_large");
}

TEST(HeadLimitsTest, RefusesLongTargets) {
  const std::size_t size = std::string_view("/0123456789").size();
  EXPECT_TRUE(tell_request(request(""), {1000, size, 10}).starts_with("GET"));
  EXPECT_EQ(tell_request(request(""), {1000, size - 1, 10}), "414 uri_too_long");
  // Without waiting for its end, and whatever follows.
  EXPECT_EQ(tell_request("GET /0123", {1000, 4, 10}), "414 uri_too_long");
  EXPECT_EQ(tell_request("GET /012\x01", {1000, 4, 10}), "414 uri_too_long");
  EXPECT_EQ(tell_request("GET /0?2345", {1000, 4, 10}), "414 uri_too_long");
  EXPECT_EQ(tell_request("GET /012?", {1000, 4, 10}), "414 uri_too_long");
  EXPECT_EQ(tell_request("GET /01\x01", {1000, 4, 10}), "400 invalid_target");
  // The head's limit, met within the target.
  EXPECT_EQ(tell_request("GET /0123456789", {10, 100, 10}), "414 uri_too_long");
}

TEST(HeadLimitsTest, RefusesTooManyFieldsAtTheFirstByteOfTheNext) {
  EXPECT_TRUE(tell_request(request("A: b\r\nC: d\r\n"), {1000, 100, 3}).starts_with("GET"));
  EXPECT_EQ(tell_request(request("A: b\r\nC: d\r\nE: f\r\n"), {1000, 100, 3}), "431 too_many_headers");
  EXPECT_EQ(
      tell_request(request("A: b\r\nC: d\r\n").substr(0, request("A: b\r\nC: d\r\n").size() - 2) + "E", {1000, 100, 3}),
      "431 too_many_headers");
  // What cannot begin a line is said first.
  EXPECT_EQ(tell_request(request("A: b\r\nC: d\r\n E: f\r\n"), {1000, 100, 3}), "400 obs_fold");
}

TEST(HeadLimitsTest, RefusesLongNames) {
  const std::string name(1024, 'n');
  EXPECT_TRUE(tell_whole(HeadKind::kRequest, request(name + ": b\r\n")).starts_with("GET"));
  EXPECT_EQ(tell_request(request("n" + name + ": b\r\n")), "431 field_name_too_long");
  EXPECT_EQ(tell_request(request(name + "(: b\r\n")), "431 field_name_too_long");
  EXPECT_EQ(tell_request(request(name.substr(1) + "(: b\r\n")), "400 invalid_field_name");
}

TEST(HeadLimitsTest, CanBeChangedBetweenMessages) {
  HeadParser parser({20, 20, 10});
  FieldRefs refs;
  EXPECT_EQ(parser.parse_request(request(""), refs), ParseStatus::kMalformed);
  parser.restart();
  parser.set_limits(kUsualLimits);
  EXPECT_EQ(parser.parse_request(request(""), refs), ParseStatus::kComplete);
}

// A head that drips in must not be looked at from the start each time: 1 MiB byte by byte would take minutes.
TEST(HeadLimitsTest, LooksAtEachByteOnce) {
  constexpr std::size_t kSize = 1024 * 1024;
  for (const std::string& begin : {request("").substr(0, request("").size() - 2) + "A: ", std::string("GET /"),
                                   std::string("GET /?"), request("").substr(0, request("").size() - 2) + "A:"}) {
    const char filler = begin.ends_with(':') ? ' ' : 'x';
    const std::string bytes = begin + std::string(kSize, filler);
    HeadParser parser({kSize * 2, kSize * 2, 10});
    FieldRefs refs;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_EQ(parser.parse_request(std::string_view(bytes).substr(0, size), refs), ParseStatus::kIncomplete);
    }
  }
}

TEST(HeadLimitsTest, AllocatesNothingWhenThereIsRoomForTheFields) {
  HeadParser parser(kUsualLimits);
  FieldRefs refs;
  refs.reserve(10);
  const FieldRef* const memory = refs.data();
  const std::string bytes = request("A: b\r\nC: d\r\nConnection: A, keep-alive\r\nUpgrade: x\r\n");
  for (int i = 0; i < 3; ++i) {
    parser.restart();
    ASSERT_EQ(parser.parse_request(bytes, refs), ParseStatus::kComplete);
    EXPECT_EQ(refs.data(), memory);
    EXPECT_EQ(refs.size(), 5U);
  }
}

}  // namespace
}  // namespace gatehouse::http::testing
