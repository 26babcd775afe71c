#include "http/response_body.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {
namespace {

constexpr HeadLimits kLimits{64 * 1024, 8 * 1024, 100};

struct Decoded {
  std::string body;
  bool ended;
  bool surplus;
  bool malformed;
  bool operator==(const Decoded&) const = default;
};

// As a connection would: each piece is one read, in a buffer that the body may be moved in.
Decoded decode(Framing framing, std::uint64_t length, const std::vector<std::string_view>& pieces) {
  ResponseBody body;
  body.restart(framing, length, kLimits);
  std::string decoded;
  bool surplus = false;
  for (const std::string_view piece : pieces) {
    if (piece.empty() || body.malformed()) continue;
    if (body.ended()) {
      surplus = true;
      continue;
    }
    std::string raw(piece);
    const std::size_t size = body.decode(raw);
    decoded += raw.substr(0, size);
  }
  return {decoded, body.ended(), surplus || body.surplus(), body.malformed()};
}

struct Case {
  const char* name;
  Framing framing;
  std::uint64_t length;
  std::string raw;
  Decoded expected;
};

class ResponseBodyTest : public ::testing::TestWithParam<Case> {};

TEST_P(ResponseBodyTest, IsTheSameHoweverItIsCut) {
  const Case& given = GetParam();
  const std::string_view raw = given.raw;
  EXPECT_EQ(decode(given.framing, given.length, {raw}), given.expected);
  for (std::size_t cut = 1; cut < raw.size(); ++cut) {
    EXPECT_EQ(decode(given.framing, given.length, {raw.substr(0, cut), raw.substr(cut)}), given.expected) << cut;
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < raw.size(); ++i) bytes.push_back(raw.substr(i, 1));
  EXPECT_EQ(decode(given.framing, given.length, bytes), given.expected);
}

INSTANTIATE_TEST_SUITE_P(
    , ResponseBodyTest,
    ::testing::Values(
        Case{"Length", Framing::kLength, 5, "hello", {"hello", true, false, false}},
        Case{"LengthWithSurplus", Framing::kLength, 5, "hello!", {"hello", true, true, false}},
        Case{"LengthCut", Framing::kLength, 5, "hell", {"hell", false, false, false}},
        Case{"None", Framing::kNone, 0, "x", {"", true, true, false}},
        Case{"UntilClose", Framing::kUntilClose, 0, "anything", {"anything", false, false, false}},
        Case{"Chunks",
             Framing::kChunked,
             0,
             "1\r\na\r\n3;x=\"y\"\r\nbcd\r\n0010\r\n0123456789abcdef\r\n0\r\n\r\n",
             {"abcd0123456789abcdef", true, false, false}},
        Case{"ChunksWithTrailers", Framing::kChunked, 0, "2\r\nab\r\n0\r\nX-A: b\r\n\r\n", {"ab", true, false, false}},
        Case{"ChunksWithSurplus", Framing::kChunked, 0, "2\r\nab\r\n0\r\n\r\nHTTP/1.1", {"ab", true, true, false}},
        Case{"ChunksCut", Framing::kChunked, 0, "4\r\nab", {"ab", false, false, false}},
        Case{"ChunksMalformed", Framing::kChunked, 0, "2\r\nab\r\n-1\r\n", {"ab", false, false, true}}),
    [](const auto& tested) { return tested.param.name; });

TEST(ResponseBodyEndTest, OnlyAnUntilCloseBodyEndsWithTheStream) {
  ResponseBody body;
  body.restart(Framing::kUntilClose, 0, kLimits);
  EXPECT_FALSE(body.ended());
  EXPECT_TRUE(body.end_of_stream());
  body.restart(Framing::kLength, 1, kLimits);
  EXPECT_FALSE(body.end_of_stream());
  body.restart(Framing::kChunked, 0, kLimits);
  EXPECT_FALSE(body.end_of_stream());
}

TEST(ResponseBodyEndTest, ALengthOfZeroHasEnded) {
  ResponseBody body;
  body.restart(Framing::kLength, 0, kLimits);
  EXPECT_TRUE(body.ended());
}

}  // namespace
}  // namespace gatehouse::http
