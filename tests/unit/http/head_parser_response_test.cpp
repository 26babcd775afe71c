#include "head_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http::testing {
namespace {

using std::string_literals::operator""s;
using ::testing::HasSubstr;

struct Refused {
  std::string bytes;
  std::string_view reason;
};

void expect_refused(std::initializer_list<Refused> cases) {
  for (const Refused& refused : cases) {
    SCOPED_TRACE(::testing::PrintToString(refused.bytes));
    EXPECT_EQ(tell_response(refused.bytes), "502 " + std::string(refused.reason));
  }
}

std::string with_fields(std::string_view lines) { return "HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n"; }

TEST(ResponseHeadTest, ReadsATypicalResponse) {
  const std::string bytes =
      "HTTP/1.1 404 Not \tFound \xC3\xA9\r\nServer: x\r\nContent-Length: 12\r\nSet-Cookie: a\r\nSet-Cookie: "
      "b\r\n\r\nbody";
  HeadFeed feed(HeadKind::kResponse, kUsualLimits);
  ASSERT_EQ(feed.give(bytes), ParseStatus::kComplete);
  const IncomingResponse head = feed.response(Method::kGet);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not \tFound \xC3\xA9");
  EXPECT_EQ(head.version, Version::kHttp11);
  EXPECT_TRUE(head.has_body);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.fields.count(FieldId::kSetCookie), 2U);
  EXPECT_TRUE(feed.parser().keep_alive());
  EXPECT_EQ(feed.parser().head_size(), bytes.size() - 4);
  EXPECT_EQ(tell_response(bytes), feed.told());
}

TEST(ResponseHeadTest, GivesTheSameHeadHoweverItIsCut) {
  for (const std::string& bytes :
       {"HTTP/1.1 200\r\n\r\n"s, "HTTP/1.1 200 \r\n\r\n"s, "HTTP/1.0 599 x\r\nConnection: keep-alive\r\n\r\n"s,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"s,
        with_fields("Transfer-Encoding: chunked\r\nTrailer: x\r\n")}) {
    SCOPED_TRACE(bytes);
    EXPECT_THAT(tell_response(bytes), HasSubstr("size=" + std::to_string(bytes.size())));
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(tell_response(bytes.substr(0, size)), "incomplete") << size;
  }
}

TEST(ResponseHeadTest, TakesAMissingReason) {
  EXPECT_THAT(tell_response("HTTP/1.1 200\r\n\r\n"), HasSubstr("200  protocol="));
  EXPECT_THAT(tell_response("HTTP/1.1 200 \r\n\r\n"), HasSubstr("200  protocol="));
}

TEST(ResponseHeadTest, RefusesMalformedStatusLines) {
  expect_refused({{"\r\nHTTP/1.1 200 OK\r\n\r\n", "invalid_version"},
                  {"garbage", "invalid_version"},
                  {"HTTP/1.1200 OK\r\n", "invalid_version"},
                  {"HTTP/1.1\r\n", "invalid_version"},
                  {"HTTP/2.0 200 OK\r\n", "unsupported_version"},
                  {"HTTP/1.1  200 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 20 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 2000 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 20x OK\r\n", "invalid_status"},
                  {"HTTP/1.1 -20 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 099 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 600 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 999 OK\r\n", "invalid_status"},
                  {"HTTP/1.1 200\tOK\r\n", "invalid_status"},
                  {"HTTP/1.1 200\n\n", "bare_lf"},
                  {"HTTP/1.1 200 OK\n", "bare_lf"},
                  {"\nHTTP/1.1 200 OK\n", "bare_lf"},
                  {"HTTP/1.1 200 OK\rx", "bare_cr"},
                  {"HTTP/1.1 200 O\0K\r\n"s, "invalid_reason"},
                  {"HTTP/1.1 200 O\x7fK\r\n", "invalid_reason"}});
}

TEST(ResponseHeadTest, JudgesFieldsAsStrictlyAsInRequests) {
  expect_refused({{with_fields("A : b\r\n"), "space_before_colon"},
                  {with_fields("A: b\r\n c\r\n"), "obs_fold"},
                  {with_fields("A: b\n"), "bare_lf"},
                  {with_fields("A: \x01\r\n"), "invalid_field_value"},
                  {with_fields("A\r\n"), "invalid_field_name"},
                  {with_fields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), "conflicting_framing"},
                  {with_fields("Content-Length: 3\r\nContent-Length: 3\r\n"), "repeated_content_length"},
                  {with_fields("Content-Length: 3, 3\r\n"), "invalid_content_length"},
                  {with_fields("Content-Length: -3\r\n"), "invalid_content_length"},
                  {with_fields("Transfer-Encoding: gzip, chunked\r\n"), "invalid_transfer_encoding"},
                  {with_fields("Transfer-Encoding: identity\r\n"), "invalid_transfer_encoding"},
                  {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer_encoding_in_http10"}});
}

TEST(ResponseHeadTest, AnswersEveryExcessWith502) {
  const std::string bytes = with_fields("A: b\r\nC: d\r\n");
  EXPECT_EQ(tell_response(bytes, {30, 0, 10}), "502 head_too_large");
  EXPECT_EQ(tell_response(bytes, {1000, 0, 1}), "502 too_many_headers");
  EXPECT_TRUE(tell_response(bytes, {1000, 0, 2}).starts_with("200"));
}

TEST(ResponseHeadTest, DoesNotJudgeWhatOnlyRequestsMean) {
  EXPECT_TRUE(tell_response(with_fields("Host: a b\r\nHost: c\r\nExpect: magic\r\n")).starts_with("200 OK"));
}

TEST(ResponseHeadTest, FramesTheBody) {
  struct Case {
    int status;
    Method method;
    std::string_view lines;
    Framing framing;
    std::optional<std::uint64_t> length;
  };
  for (const Case& expected : {
           Case{200, Method::kGet, "", Framing::kUntilClose, std::nullopt},
           Case{200, Method::kGet, "Content-Length: 0\r\n", Framing::kNone, 0},
           Case{200, Method::kGet, "Content-Length: 7\r\n", Framing::kLength, 7},
           Case{200, Method::kGet, "Transfer-Encoding: chunked\r\n", Framing::kChunked, std::nullopt},
           Case{200, Method::kHead, "", Framing::kNone, std::nullopt},
           Case{200, Method::kHead, "Content-Length: 7\r\n", Framing::kNone, 7},
           Case{200, Method::kHead, "Transfer-Encoding: chunked\r\n", Framing::kNone, std::nullopt},
           Case{304, Method::kGet, "Content-Length: 7\r\n", Framing::kNone, 7},
           Case{204, Method::kGet, "Content-Length: 7\r\n", Framing::kNone, std::nullopt},
           Case{204, Method::kGet, "Transfer-Encoding: chunked\r\n", Framing::kNone, std::nullopt},
           Case{100, Method::kGet, "", Framing::kNone, std::nullopt},
           Case{103, Method::kGet, "Content-Length: 7\r\n", Framing::kNone, std::nullopt},
           Case{101, Method::kGet, "Transfer-Encoding: chunked\r\n", Framing::kNone, std::nullopt},
           Case{500, Method::kPost, "", Framing::kUntilClose, std::nullopt},
       }) {
    SCOPED_TRACE(std::to_string(expected.status) + " " + std::string(expected.lines));
    HeadFeed feed(HeadKind::kResponse, kUsualLimits);
    ASSERT_EQ(
        feed.give("HTTP/1.1 " + std::to_string(expected.status) + " x\r\n" + std::string(expected.lines) + "\r\n"),
        ParseStatus::kComplete);
    const IncomingResponse head = feed.response(expected.method);
    EXPECT_EQ(feed.parser().response_framing(expected.method), expected.framing);
    EXPECT_EQ(head.has_body, expected.framing != Framing::kNone);
    EXPECT_EQ(head.content_length, expected.length);
  }
}

TEST(ResponseHeadTest, NamesTheProtocolOfA101Alone) {
  EXPECT_THAT(tell_response("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
              HasSubstr("protocol=websocket "));
  EXPECT_THAT(tell_response("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n"), HasSubstr("protocol= "));
  EXPECT_THAT(tell_response("HTTP/1.1 426 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), HasSubstr("protocol= "));
}

TEST(ResponseHeadTest, KeepsAliveByVersionAndConnection) {
  EXPECT_THAT(tell_response("HTTP/1.1 200 x\r\nConnection: close\r\n\r\n"), HasSubstr("keep=0"));
  EXPECT_THAT(tell_response("HTTP/1.1 200 x\r\n\r\n"), HasSubstr("keep=1"));
  EXPECT_THAT(tell_response("HTTP/1.0 200 x\r\n\r\n"), HasSubstr("keep=0"));
  EXPECT_THAT(tell_response("HTTP/1.0 200 x\r\nConnection: Keep-Alive\r\n\r\n"), HasSubstr("keep=1"));
}

TEST(ResponseHeadTest, DropsWhatConnectionNames) {
  EXPECT_THAT(tell_response(with_fields("Connection: X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a\r\n")),
              HasSubstr("[X-Hop|1|0|dropped]"));
}

}  // namespace
}  // namespace gatehouse::http::testing
