#include "request_cases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gatehouse::http::testing {
namespace {

using std::string_literals::operator""s;
using ::testing::HasSubstr;

TEST(RequestLineTest, KnowsMethodsAndTakesAnyOtherToken) {
  for (const std::string_view method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"}) {
    EXPECT_THAT(tell_request(std::string(method) + " /m HTTP/1.1\r\nHost: a\r\n\r\n"),
                HasSubstr(std::string(method) + " (" + std::string(method) + ") path=/m "));
  }
  for (const std::string_view method :
       {"get", "PROPFIND", "M-SEARCH", "A", "!#$%&'*+-.^_`|~09", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"}) {
    EXPECT_THAT(tell_request(std::string(method) + " /m HTTP/1.1\r\nHost: a\r\n\r\n"),
                HasSubstr(std::string(method) + " () path=/m "));
  }
}

TEST(RequestLineTest, RefusesMethodsThatAreNoTokens) {
  expect_refused({{" GET / HTTP/1.1\r\n", "400 invalid_method"},
                  {"G\0T / HTTP/1.1\r\n"s, "400 invalid_method"},
                  {"G\xC3\x89T / HTTP/1.1\r\n", "400 invalid_method"},
                  {"GET\t/ HTTP/1.1\r\n", "400 invalid_method"},
                  {"GE(T / HTTP/1.1\r\n", "400 invalid_method"},
                  {"GET\r\n", "400 invalid_method"},
                  {"GET\n", "400 bare_lf"},
                  {"\x16\x03\x01\x02", "400 invalid_method"},  // a TLS client on a plain port
                  {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n", "501 method_too_long"}});
}

TEST(RequestLineTest, RefusesConnect) {
  expect_refused({{"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", "405 connect_not_supported"}});
}

TEST(RequestLineTest, RefusesWhatIsNotVersion10Or11) {
  expect_refused({{"GET /\r\n", "400 invalid_version"},
                  {"GET / \r\n", "400 invalid_version"},
                  {"GET / HTTP/1.1 \r\n", "400 invalid_version"},
                  {"GET / HTTP/1.1x\r\n", "400 invalid_version"},
                  {"GET / http/1.1\r\n", "400 invalid_version"},
                  {"GET / HTTP/1\r\n", "400 invalid_version"},
                  {"GET / HTTP/11\r\n", "400 invalid_version"},
                  {"GET / HTTP/.1\r\n", "400 invalid_version"},
                  {"GET / HTTP/1.\r\n", "400 invalid_version"},
                  {"GET / HTTP/1.10\r\n", "400 invalid_version"},
                  {"GET /  HTTP/1.1\r\n", "400 invalid_version"},
                  {"GET / x HTTP/1.1\r\n", "400 invalid_version"},
                  {"GET / HTTP/2.0\r\n", "505 unsupported_version"},
                  {"GET / HTTP/9.9\r\n", "505 unsupported_version"},
                  {"GET / HTTP/0.9\r\n", "505 unsupported_version"},
                  {"GET / HTTP/1.2\r\n", "505 unsupported_version"},
                  {"GET / HTTP/1.1\n", "400 bare_lf"},
                  {"GET / HTTP/1.\n", "400 bare_lf"},
                  {"GET / HTTP/1.1\rX", "400 bare_cr"},
                  {"GET /\n", "400 bare_lf"}});
}

TEST(RequestLineTest, JudgesEveryByteOfATarget) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == ' ' || c == '\r') continue;  // they end it
    SCOPED_TRACE(byte);
    const bool visible = byte > 0x20 && byte < 0x7f;
    const bool in_path = visible && std::string_view("\"#<>\\^`{}").find(c) == std::string_view::npos;
    const std::string_view refused = c == '\n' ? "400 bare_lf" : "400 invalid_target";
    const std::string byte_text(1, c);
    for (const std::string& target :
         {"/a" + byte_text + "b", "/0123456789abcdefgh" + byte_text, "/" + byte_text + "0123456789abcdefgh"}) {
      const std::string told = tell_request(with_target(target));
      EXPECT_TRUE(in_path ? told.starts_with("GET") : told == refused) << told;
    }
    for (const std::string& target : {"/a?b" + byte_text + "c", "/?0123456789abcdefgh" + byte_text + "i"}) {
      const std::string told = tell_request(with_target(target));
      EXPECT_TRUE(visible && c != '#' ? told.starts_with("GET") : told == refused) << told;
    }
  }
}

TEST(RequestLineTest, RefusesTargetsOfNoForm) {
  expect_refused({{with_target(""), "400 invalid_target"},
                  {with_target("path"), "400 invalid_target"},
                  {with_target("*"), "400 invalid_target"},
                  {"OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n", "400 invalid_target"},
                  {with_target("?q"), "400 invalid_target"},
                  {with_target("example.com:443"), "400 invalid_target"},
                  {with_target("http:/x"), "400 invalid_target"},
                  {with_target("http:///x"), "400 invalid_target"},
                  {with_target("http://"), "400 invalid_target"},
                  {with_target("ftp://a/x"), "400 invalid_target"},
                  {with_target("http://user@a/x"), "400 invalid_target"},
                  {with_target("http://user:pass@a/x"), "400 invalid_target"},
                  {with_target("http://a:b/x"), "400 invalid_target"},
                  {with_target("http://a:/x"), "400 invalid_target"},
                  {with_target("http://[::1/x"), "400 invalid_target"}});
}

TEST(RequestLineTest, SplitsTheTarget) {
  auto feed = request_feed();
  RequestHead head = parse(feed, with_target("/a%2Fb//c;d=e?x=1?y&/"));
  EXPECT_EQ(head.path, "/a%2Fb//c;d=e");
  EXPECT_EQ(head.query, "x=1?y&/");
  auto no_query = request_feed();
  EXPECT_EQ(parse(no_query, with_target("/a")).query.data(), nullptr);
  auto empty_query = request_feed();
  head = parse(empty_query, with_target("/a?"));
  EXPECT_NE(head.query.data(), nullptr);
  EXPECT_TRUE(head.query.empty());
}

TEST(RequestLineTest, TakesTheHostOfAnAbsoluteTarget) {
  struct Case {
    std::string_view target, authority, path, query;
  };
  for (const Case& expected :
       {Case{"http://b.example/p?q", "b.example", "/p", "q"}, Case{"HTTPS://b:8443/p", "b:8443", "/p", ""},
        Case{"http://b", "b", "/", ""}, Case{"http://b?q", "b", "/", "q"},
        Case{"http://[::1]:80/", "[::1]:80", "/", ""}, Case{"http://b/?x=http://c/", "b", "/", "x=http://c/"}}) {
    SCOPED_TRACE(expected.target);
    auto feed = request_feed();
    const RequestHead head = parse(feed, with_target(expected.target));
    EXPECT_EQ(head.authority, expected.authority);
    EXPECT_EQ(head.path, expected.path);
    EXPECT_EQ(head.query, expected.query);
    EXPECT_EQ(tell_request(with_target(expected.target)), feed.told());
  }
  expect_refused({{"GET http://b/ HTTP/1.1\r\n\r\n", "400 missing_host"},
                  {"GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n", "400 invalid_host"}});
}

TEST(RequestLineTest, AsksAboutTheServerWithOptions) {
  auto feed = request_feed();
  EXPECT_EQ(parse(feed, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path, "*");
  auto absolute = request_feed();
  EXPECT_EQ(parse(absolute, "OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n").path, "*");
  auto with_path = request_feed();
  EXPECT_EQ(parse(with_path, "OPTIONS http://b/ HTTP/1.1\r\nHost: a\r\n\r\n").path, "/");
}

TEST(RequestLineTest, RefusesMissingRepeatedAndInvalidHosts) {
  expect_refused({{"GET / HTTP/1.1\r\n\r\n", "400 missing_host"},
                  {"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "400 missing_host"},
                  {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 repeated_host"},
                  {"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "400 repeated_host"}});
  for (const std::string_view host : {"",         "a b",     "a@b",      "user:pw@a",   "a/b",
                                      "a?b",      "a#b",     "a\\b",     "a,b c",       "a:",
                                      "a:x",      "a:65536", "a:123456", "a:+1",        ":80",
                                      "[::1",     "[::1]x",  "[]",       "[127.0.0.1]", "[fe80::1%25eth0]",
                                      "[v1.a]",   "::1",     "a%zz",     "a%2",         "a%",
                                      "\xC3\xA9", "a<b",     "a|b",      "a\tb"}) {
    SCOPED_TRACE(host);
    EXPECT_EQ(tell_request(with_host(host)), "400 invalid_host");
  }
}

TEST(RequestLineTest, AcceptsValidHosts) {
  for (const std::string_view host :
       {"a", "example.com", "example.com.", "a-b.c_d", "127.0.0.1", "127.0.0.1:80", "[::1]", "[2001:db8::1]:8443",
        "a:0", "a:65535", "a%2Db", "xn--bcher-kva.example", "a;b"}) {
    SCOPED_TRACE(host);
    const std::string told = tell_request(with_host(host));
    EXPECT_TRUE(told.starts_with("GET") && told.find("authority=" + std::string(host) + " ") != std::string::npos)
        << told;
  }
}

TEST(RequestLineTest, AcceptsVersion10WithoutHost) {
  auto feed = request_feed();
  const RequestHead head = parse(feed, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(head.version, Version::kHttp10);
  EXPECT_TRUE(head.authority.empty());
  EXPECT_FALSE(feed.parser().keep_alive());
}

}  // namespace
}  // namespace gatehouse::http::testing
