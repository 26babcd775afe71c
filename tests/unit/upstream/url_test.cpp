#include "gatehouse/upstream/url.hpp"

#include <gtest/gtest.h>

namespace gatehouse::upstream {
namespace {

TEST(UrlTest, ReadsUrls) {
  const auto plain = parse_url("http://scylla-1:8000");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->target.host, "scylla-1");
  EXPECT_EQ(plain->target.port, 8000);
  EXPECT_FALSE(plain->target.tls);
  EXPECT_EQ(plain->path, "/");
  EXPECT_EQ(host_field(plain->target), "scylla-1:8000");
  const auto tls = parse_url("https://dynamodb.us-east-1.amazonaws.com/a?b");
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->target.port, 443);
  EXPECT_EQ(tls->path, "/a?b");
  EXPECT_EQ(host_field(tls->target), "dynamodb.us-east-1.amazonaws.com");
  const auto six = parse_url("http://[::1]:8000");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->target.host, "::1");
  EXPECT_EQ(host_field(six->target), "[::1]:8000");
}

TEST(UrlTest, RefusesWhatIsNoUrl) {
  for (const char* bad : {"", "scylla", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536", "http://a:x", "http://[::1",
                          "http://user@a", "http://a b", "http://a/b c", "http://a/\r\nx: y", "http://a/#b", "http://a/\x80"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

}  // namespace
}  // namespace gatehouse::upstream
