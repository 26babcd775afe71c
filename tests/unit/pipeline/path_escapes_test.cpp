#include "gatehouse/pipeline/path_escapes.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace gatehouse::pipeline {
namespace {

std::optional<std::string> normal(std::string_view segment) {
  std::string out(segment.size() * 3, '\0');
  const char* const end = normalise_segment(segment, out.data());
  if (!end) return std::nullopt;
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

TEST(NormaliseSegment, DecodesUnreservedCharactersOnly) {
  EXPECT_EQ(normal("%41%7a%30%2D%2e%5F%7E"), "Az0-._~");
  EXPECT_EQ(normal("%2f%3b%3F%23%20%25"), "%2F%3B%3F%23%20%25");
}

TEST(NormaliseSegment, DoesNotDecodeTwice) { EXPECT_EQ(normal("%252e%252E"), "%252e%252E"); }

TEST(NormaliseSegment, KeepsReservedCharactersAsTheyStand) {
  EXPECT_EQ(normal("a;v=1,2:(b)@!$&'*+"), "a;v=1,2:(b)@!$&'*+");
}

TEST(NormaliseSegment, EscapesWhatMayNotStandInAPath) { EXPECT_EQ(normal("a\"b|c^\xC3\xA9"), "a%22b%7Cc%5E%C3%A9"); }

TEST(NormaliseSegment, RefusesInvalidEscapesNulAndBackslash) {
  for (const char* bad : {"%", "%4", "%4g", "%zz", "a%", "%00", "a%00b", "a\\b"})
    EXPECT_EQ(normal(bad), std::nullopt) << bad;
}

TEST(NormaliseSegment, RefusesDotSegmentsBehindEscapedSeparators) {
  for (const char* bad : {"..%2fadmin", "%2e%2e%2Fadmin", "a%2f..", "a%2F..%2Fb", "..%5cadmin", ".%2F", "%2F."})
    EXPECT_EQ(normal(bad), std::nullopt) << bad;
  EXPECT_EQ(normal("a%2f..b%2f.c"), "a%2F..b%2F.c");
}

TEST(PlainPath, IsOneThatNeedsNoWork) {
  EXPECT_TRUE(is_plain_path("/a/b.c/d..e/"));
  EXPECT_TRUE(is_plain_path("/"));
  for (const char* work : {"/a//b", "/./a", "/a/..", "/a%20", "/a\\b", "/a|b"})
    EXPECT_FALSE(is_plain_path(work)) << work;
}

TEST(DotSegments, AreFoundWhole) {
  for (const char* with : {"/a/../b", "/..", ".", "/./"}) EXPECT_TRUE(has_dot_segment(with)) << with;
  for (const char* without : {"/a/...", "/a.b/", "/.well-known", ""}) EXPECT_FALSE(has_dot_segment(without)) << without;
}

}  // namespace
}  // namespace gatehouse::pipeline
