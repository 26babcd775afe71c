#include "request_cases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gatehouse::http::testing {
namespace {

using std::string_literals::operator""s;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RequestHeadTest, ReadsATypicalRequest) {
  const std::string bytes =
      "GET /orders/7?limit=20 HTTP/1.1\r\nHost: api.example.com:8080\r\nUser-Agent: a client/1.0 (x; y)\r\nAccept: "
      "*/*\r\n"
      "Cookie: a=b; c=d\r\nX-Custom:no space\r\nX-Empty:\r\nx-padded: \t wide  \t\r\n\r\nnot of the head";
  auto feed = request_feed();
  const RequestHead head = parse(feed, bytes);
  EXPECT_EQ(head.method, Method::kGet);
  EXPECT_EQ(head.method_text, "GET");
  EXPECT_EQ(head.version, Version::kHttp11);
  EXPECT_EQ(head.path, "/orders/7");
  EXPECT_EQ(head.query, "limit=20");
  EXPECT_EQ(head.authority, "api.example.com:8080");
  EXPECT_TRUE(head.protocol.empty());
  EXPECT_FALSE(head.has_body);
  EXPECT_FALSE(head.content_length.has_value());
  EXPECT_TRUE(feed.parser().keep_alive());
  EXPECT_FALSE(feed.parser().expects_continue());
  EXPECT_EQ(feed.parser().head_size(), bytes.size() - std::string_view("not of the head").size());
  ASSERT_EQ(head.fields.size(), 7U);
  EXPECT_EQ(head.fields[1].name, "User-Agent");
  EXPECT_EQ(head.fields[1].value, "a client/1.0 (x; y)");
  EXPECT_EQ(head.fields[1].id, FieldId::kUserAgent);
  EXPECT_EQ(head.fields.get("x-custom"), "no space");
  EXPECT_EQ(head.fields.get("X-EMPTY"), "");
  EXPECT_EQ(head.fields.get("x-padded"), "wide");
  EXPECT_EQ(tell_request(bytes), feed.told());
}

TEST(RequestHeadTest, KeepsTheLinesOfFieldsWhereTheyWere) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nA:  b \r\nC:d\r\n\r\n";
  auto feed = request_feed();
  const Fields fields = parse(feed, bytes).fields;
  ASSERT_EQ(fields.size(), 3U);
  std::string lines;
  for (std::uint32_t i = 0; i < fields.size(); ++i)
    lines += std::string(fields.base() + fields.ref(i).name_at, fields.ref(i).line_size);
  EXPECT_EQ(lines, "Host: a\r\nA:  b \r\nC:d\r\n");
}

TEST(RequestHeadTest, GivesTheSameHeadHoweverItIsCut) {
  for (const std::string& bytes :
       {with_fields("Content-Length: 5\r\n"), with_fields("Transfer-Encoding: chunked\r\n"),
        with_fields("Connection: close, X-A\r\nX-A: 1\r\nX-B: 2\r\n"), with_target("http://other.example:81/p?q"),
        with_fields("A:\r\nB:\t\r\nC: \t x\ty \t\r\n"), with_fields("Expect: 100-continue\r\n"),
        "\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n"s, with_host("[2001:db8::1]:443"),
        with_fields(
            "X_Forwarded_For: 1\r\nx-long-name-that-is-not-known-to-anybody: and a value that is longer than that\r\n"),
        with_target("/" + std::string(70, 'a') + "=|~" + "?" + std::string(70, 'b'))}) {
    SCOPED_TRACE(::testing::PrintToString(bytes));
    EXPECT_THAT(tell_request(bytes), HasSubstr("size=" + std::to_string(bytes.size())));
  }
}

TEST(RequestHeadTest, SaysIncompleteForEveryProperPrefix) {
  const std::string bytes = with_fields("Content-Length: 5\r\nX-A: b\r\n");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(tell_request(bytes.substr(0, size)), "incomplete") << size;
}

TEST(RequestHeadTest, NeedsNoRestartWithinAMessageAndOneBetween) {
  HeadParser parser(kUsualLimits);
  FieldRefs refs;
  const std::string first = with_fields("Connection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n");
  ASSERT_EQ(parser.parse_request(first, refs), ParseStatus::kComplete);
  ASSERT_EQ(parser.parse_request(first, refs), ParseStatus::kComplete);
  EXPECT_EQ(parser.head_size(), first.size());
  parser.restart();
  EXPECT_FALSE(parser.started());
  const std::string second = "GET /y HTTP/1.1\r\nHost: b\r\n\r\n";
  ASSERT_EQ(parser.parse_request(second, refs), ParseStatus::kComplete);
  EXPECT_TRUE(parser.started());
  EXPECT_TRUE(parser.keep_alive());
  EXPECT_FALSE(parser.expects_continue());
  EXPECT_EQ(parser.request_framing(), Framing::kNone);
  EXPECT_EQ(refs.size(), 1U);
  EXPECT_EQ(parser.request(second.data(), refs).authority, "b");
}

TEST(RequestHeadTest, SkipsEmptyLinesBeforeTheRequest) {
  HeadParser parser(kUsualLimits);
  FieldRefs refs;
  EXPECT_EQ(parser.parse_request("\r\n\r\n\r", refs), ParseStatus::kIncomplete);
  EXPECT_FALSE(parser.started());
  const std::string bytes = "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(parser.parse_request(bytes, refs), ParseStatus::kComplete);
  EXPECT_TRUE(parser.started());
  EXPECT_EQ(parser.head_size(), bytes.size());
  expect_refused(
      {{"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bare_lf"}, {"\r\rGET", "400 bare_cr"}, {"\r\n\n", "400 bare_lf"}});
}

TEST(RequestHeadTest, RefusesMalformedLines) {
  expect_refused({{with_fields("A : b\r\n"), "400 space_before_colon"},
                  {with_fields("A\t: b\r\n"), "400 space_before_colon"},
                  {with_fields("A b: c\r\n"), "400 space_before_colon"},
                  {with_fields("Transfer-Encoding : chunked\r\n"), "400 space_before_colon"},
                  {with_fields(" A: b\r\n"), "400 obs_fold"},
                  {with_fields("A: b\r\n c\r\n"), "400 obs_fold"},
                  {with_fields("A: b\r\n\tc\r\n"), "400 obs_fold"},
                  {with_fields("A: b\r\n \r\n"), "400 obs_fold"},
                  {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 obs_fold"},
                  {with_fields(": b\r\n"), "400 invalid_field_name"},
                  {with_fields("A\r\n"), "400 invalid_field_name"},
                  {with_fields("Content-Length\r\n"), "400 invalid_field_name"},
                  {with_fields("Content-Length\r: 1\r\n"), "400 invalid_field_name"},
                  {with_fields("Content\rLength: 1\r\n"), "400 invalid_field_name"},
                  {with_fields("A(: b\r\n"), "400 invalid_field_name"},
                  {with_fields("\xC3\xA9: b\r\n"), "400 invalid_field_name"},
                  {with_fields("A\0: b\r\n"s), "400 invalid_field_name"},
                  {with_fields("\0: b\r\n"s), "400 invalid_field_name"},
                  {with_fields("A: b\n"), "400 bare_lf"},
                  {with_fields("A\n"), "400 bare_lf"},
                  {with_fields("A: b\r\n\nC: d\r\n"), "400 bare_lf"},
                  {with_fields("A: b\rC: d\r\n"), "400 bare_cr"},
                  {with_fields("A: b\r\r\n"), "400 bare_cr"},
                  {with_fields("A: b\r\n\rX"), "400 bare_cr"},
                  {"GET / HTTP/1.1\r\nHost: a\r\n\n", "400 bare_lf"},
                  {"GET / HTTP/1.1\nHost: a\n\n", "400 bare_lf"}});
}

TEST(RequestHeadTest, JudgesEveryByteOfANameAndOfAValue) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    SCOPED_TRACE(byte);
    const bool token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
    const bool value = c == '\t' || (byte >= 0x20 && byte != 0x7f);
    if (c != ':') {
      for (const std::string& name : {"X" + std::string(1, c) + "Y", "A-Name-Of-Over-16-" + std::string(1, c)}) {
        const std::string told = tell_request(with_fields(name + ": b\r\n"));
        const bool blank = c == ' ' || c == '\t';
        const std::string_view refused = blank       ? "400 space_before_colon"
                                         : c == '\n' ? "400 bare_lf"
                                                     : "400 invalid_field_name";
        EXPECT_TRUE(token ? told.starts_with("POST") : told == refused) << told;
      }
    }
    for (const std::string& before : {""s, "x"s, "a value of over sixteen bytes"s}) {
      const std::string told =
          tell_request(with_fields("X: " + before + std::string(1, c) + "y and some more to be sure\r\n"));
      const std::string_view refused = c == '\n'   ? "400 bare_lf"
                                       : c == '\r' ? "400 bare_cr"
                                                   : "400 invalid_field_value";
      EXPECT_TRUE(value ? told.starts_with("POST") : told == refused) << told;
    }
  }
}

TEST(RequestHeadTest, RefusesAmbiguousFraming) {
  expect_refused({{with_fields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), "400 conflicting_framing"},
                  {with_fields("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), "400 conflicting_framing"},
                  {with_fields("Content-Length: 3\r\nContent-Length: 4\r\n"), "400 repeated_content_length"},
                  {with_fields("Content-Length: 3\r\ncontent-length: 3\r\n"), "400 repeated_content_length"},
                  {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 transfer_encoding_in_http10"}});
  for (const std::string_view length : {"+5", "-1", "0x5", "", "5 5", "5, 5", "3, 3", "5;", "5.0", "1e3", "\xB2",
                                        "9223372036854775808", "18446744073709551616", "99999999999999999999999999"}) {
    SCOPED_TRACE(length);
    EXPECT_EQ(tell_request(with_fields("Content-Length: " + std::string(length) + "\r\n")),
              "400 invalid_content_length");
  }
  for (const std::string_view coding :
       {"", "xchunked", "chunkedx", "identity", "gzip", "chunked, gzip", "gzip, chunked", "chunked, chunked",
        "chunked,", ",chunked", "chunked;q=1", "\"chunked\"", "chun ked", "chunked\tx",
        "\x0b"
        "chunked"}) {
    SCOPED_TRACE(coding);
    EXPECT_THAT(tell_request(with_fields("Transfer-Encoding: " + std::string(coding) + "\r\n")),
                ::testing::AnyOf("400 invalid_transfer_encoding", "400 invalid_field_value"));
  }
  expect_refused(
      {{with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400 invalid_transfer_encoding"},
       {with_fields("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), "400 invalid_transfer_encoding"}});
}

TEST(RequestHeadTest, FramesTheBody) {
  struct Case {
    std::string_view lines;
    Framing framing;
    std::optional<std::uint64_t> length;
  };
  for (const Case& expected :
       {Case{"", Framing::kNone, std::nullopt}, Case{"Content-Length: 0\r\n", Framing::kNone, 0},
        Case{"Content-Length: 007\r\n", Framing::kLength, 7}, Case{"content-length:  42 \r\n", Framing::kLength, 42},
        Case{"Content-Length: 9223372036854775807\r\n", Framing::kLength, 9223372036854775807U},
        Case{"Transfer-Encoding: chunked\r\n", Framing::kChunked, std::nullopt},
        Case{"TRANSFER-ENCODING: \tChunked \r\n", Framing::kChunked, std::nullopt}}) {
    SCOPED_TRACE(expected.lines);
    auto feed = request_feed();
    const RequestHead head = parse(feed, with_fields(expected.lines));
    EXPECT_EQ(feed.parser().request_framing(), expected.framing);
    EXPECT_EQ(head.has_body, expected.framing != Framing::kNone);
    EXPECT_EQ(head.content_length, expected.length);
  }
}

TEST(RequestHeadTest, KeepsAliveByVersionAndConnection) {
  struct Case {
    std::string_view version, connection;
    bool keep_alive;
  };
  for (const Case& expected :
       {Case{"1.1", "keep-alive", true}, Case{"1.1", "close", false}, Case{"1.1", "Close", false},
        Case{"1.1", "", true}, Case{"1.1", "keep-alive, close", false}, Case{"1.1", ",, close ,", false},
        Case{"1.1", "x, CLOSE", false}, Case{"1.0", "keep-alive", true}, Case{"1.0", "Keep-Alive", true},
        Case{"1.0", "close", false}, Case{"1.0", "x", false}, Case{"1.0", "close, keep-alive", false}}) {
    SCOPED_TRACE(expected.connection);
    auto feed = request_feed();
    parse(feed, "GET / HTTP/" + std::string(expected.version) +
                    "\r\nHost: a\r\nConnection: " + std::string(expected.connection) + "\r\n\r\n");
    EXPECT_EQ(feed.parser().keep_alive(), expected.keep_alive);
  }
  expect_refused({{with_fields("Connection: close;x\r\n"), "400 invalid_connection"},
                  {with_fields("Connection: a b\r\n"), "400 invalid_connection"}});
}

TEST(RequestHeadTest, DropsWhatConnectionNamesAndNothingThatItKnows) {
  auto feed = request_feed();
  const Fields fields =
      parse(feed,
            with_fields("X-User: 1\r\nx-other: 2\r\nAuthorization: b\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: c=d\r\n"
                        "Connection: x-user, Authorization, Host, cookie\r\nX-USER: 3\r\n"
                        "Connection: Content-Length, X-Forwarded-For,http2-settings\r\nHTTP2-Settings: x\r\n"))
          .fields;
  std::string dropped;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (fields.ref(i).named_by_connection) dropped += std::string(fields[i].name) + " ";
  }
  EXPECT_EQ(dropped, "X-User X-USER HTTP2-Settings ");
}

TEST(RequestHeadTest, BoundsHowManyFieldsConnectionNames) {
  std::string options;
  for (int i = 0; i < 64; ++i) options += "x" + std::to_string(i) + ",";
  EXPECT_TRUE(tell_whole(HeadKind::kRequest, with_fields("Connection: " + options + "\r\n")).starts_with("POST"));
  EXPECT_EQ(tell_whole(HeadKind::kRequest, with_fields("Connection: " + options + "y\r\n")),
            "400 too_many_connection_options");
}

TEST(RequestHeadTest, NeverForwardsUnderscoreTwins) {
  for (const std::string_view name :
       {"X_Forwarded_For", "x-forwarded_for", "Content_Length", "TRANSFER_ENCODING", "X_Real_IP", "User_Agent"}) {
    EXPECT_THAT(tell_request(with_fields(std::string(name) + ": 1\r\n")), HasSubstr("|dropped] " + std::string(name)))
        << name;
  }
  for (const std::string_view name : {"my_field", "X_Forwarded", "a_"}) {
    EXPECT_THAT(tell_request(with_fields(std::string(name) + ": 1\r\n")), Not(HasSubstr("dropped"))) << name;
  }
}

TEST(RequestHeadTest, JudgesExpectations) {
  EXPECT_THAT(tell_request(with_fields("Expect: 100-continue\r\n")), HasSubstr("expects=1"));
  EXPECT_THAT(tell_request(with_fields("expect: 100-Continue\r\n")), HasSubstr("expects=1"));
  EXPECT_THAT(tell_request("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), HasSubstr("expects=0"));
  expect_refused({{with_fields("Expect: magic\r\n"), "417 unsupported_expectation"},
                  {with_fields("Expect: \r\n"), "417 unsupported_expectation"},
                  {with_fields("Expect: 100-continue, x\r\n"), "417 unsupported_expectation"}});
}

TEST(RequestHeadTest, OffersAProtocolOnlyWithItsConnectionOption) {
  const auto protocol_of = [](std::string_view lines) {
    auto feed = request_feed();
    return std::string(parse(feed, with_fields(lines)).protocol);
  };
  EXPECT_EQ(protocol_of("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "websocket");
  EXPECT_EQ(protocol_of("Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"), "WebSocket");
  EXPECT_EQ(protocol_of("Connection: Upgrade\r\nUpgrade: IRC/6.9, websocket\r\n"), "IRC/6.9");
  EXPECT_EQ(protocol_of("Upgrade: websocket\r\n"), "");
  EXPECT_EQ(protocol_of("Connection: upgrade\r\n"), "");
  EXPECT_EQ(protocol_of("Connection: upgrade\r\nUpgrade: a b\r\n"), "");
  EXPECT_EQ(protocol_of("Connection: upgrade\r\nUpgrade: a/\r\n"), "");
  EXPECT_THAT(tell_request("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
              HasSubstr("protocol= "));
}

}  // namespace
}  // namespace gatehouse::http::testing
