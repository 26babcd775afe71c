#include "gatehouse/routing/path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::routing {
namespace {

std::string normal(std::string_view path) {
  Arena arena;
  const auto result = normalise_path(path, arena);
  return result ? std::string(*result) : "refused";
}

TEST(NormalisePath, PlainPathIsReturnedItself) {
  Arena arena;
  const std::string_view path = "/orders/42/items;v=1";
  EXPECT_EQ(normalise_path(path, arena)->data(), path.data());
  const std::string_view hidden = "/.well-known/x";
  EXPECT_EQ(normalise_path(hidden, arena)->data(), hidden.data());
}

TEST(NormalisePath, DotSegmentsAreResolvedAndNeverAboveTheRoot) {
  EXPECT_EQ(normal("/a/./b"), "/a/b");
  EXPECT_EQ(normal("/a/../b"), "/b");
  EXPECT_EQ(normal("/a/b/.."), "/a/");
  EXPECT_EQ(normal("/a/b/../"), "/a/");
  EXPECT_EQ(normal("/a/."), "/a/");
  EXPECT_EQ(normal("/.."), "/");
  EXPECT_EQ(normal("/../../../etc/passwd"), "/etc/passwd");
  EXPECT_EQ(normal("/a/b/c/../../d"), "/a/d");
}

TEST(NormalisePath, EscapedDotSegmentsCountAsDotSegments) {
  EXPECT_EQ(normal("/public/%2e%2e/admin"), "/admin");
  EXPECT_EQ(normal("/public/.%2E/admin"), "/admin");
  EXPECT_EQ(normal("/a/%2e/b"), "/a/b");
}

TEST(NormalisePath, SlashesInARowAreOne) {
  EXPECT_EQ(normal("//a///b//"), "/a/b/");
  EXPECT_EQ(normal("//"), "/");
  EXPECT_EQ(normal("/a//../b"), "/b");
}

TEST(NormalisePath, TrailingSlashStays) {
  EXPECT_EQ(normal("/a/"), "/a/");
  EXPECT_EQ(normal("/%61/"), "/a/");
  EXPECT_EQ(normal("/%61"), "/a");
}

TEST(NormalisePath, EscapedSeparatorsStayAndNeverSeparate) {
  EXPECT_EQ(normal("/a%2fb"), "/a%2Fb");
  EXPECT_EQ(normal("/a%5cb/%7euser"), "/a%5Cb/~user");
  EXPECT_EQ(normal("/a/b%2fc/../d"), "/a/d");
}

TEST(NormalisePath, PathParametersAreText) { EXPECT_EQ(normal("/public/..;/admin"), "/public/..;/admin"); }

TEST(NormalisePath, RefusesWhatBackendsReadDifferently) {
  for (const char* bad : {"/a%", "/a%2", "/%g1", "/a%00", "/a\\..\\b", "/public/..%2fadmin", "/public/%2e%2e%5cadmin",
                          "/a/.%2f", "a", "", "*"})
    EXPECT_EQ(normal(bad), "refused") << bad;
}

TEST(NormalisePath, IsIdempotent) {
  for (const char* path : {"/a%2fb/../c|d", "/%252e%252e/x", "//%41/./b/", "/caf\xC3\xA9"})
    EXPECT_EQ(normal(normal(path)), normal(path));
}

}  // namespace
}  // namespace gatehouse::routing
