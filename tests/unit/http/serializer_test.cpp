#include "http/serializer.hpp"

#include "head_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gatehouse::http::testing {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

class SerializerTest : public ::testing::Test {
 protected:
  // Parses a request with these field lines, to be a base.
  const Fields* base(std::string_view lines) {
    EXPECT_EQ(feed_.give("GET / HTTP/1.1\r\nHost: client.example\r\n" + std::string(lines) + "\r\n"),
              ParseStatus::kComplete)
        << feed_.told();
    base_ = feed_.request().fields;
    return &base_;
  }

  std::string written() {
    std::string text(bytes_.view());
    bytes_.clear();
    return text;
  }

  std::string response(const ResponseHead& head, Framing framing = Framing::kNone,
                       ConnectionOption connection = ConnectionOption::kNone, bool head_only = false,
                       std::string_view date = {}) {
    write_response_head(bytes_, head, framing, connection, head_only, date);
    return written();
  }

  std::string request(const OutgoingRequest& head, Framing framing = Framing::kNone,
                      ConnectionOption connection = ConnectionOption::kNone) {
    write_request_head(bytes_, head, framing, connection);
    return written();
  }

  static OutgoingRequest get() {
    OutgoingRequest head;
    head.method = "GET";
    head.target = "/x?y";
    head.authority = "backend:81";
    return head;
  }

  Arena arena_;
  FieldEdits edits_{arena_};
  Bytes bytes_;
  HeadFeed feed_{HeadKind::kRequest, kUsualLimits};
  Fields base_;
};

TEST_F(SerializerTest, WritesAResponseOfItsOwn) {
  ResponseHead head(arena_);
  head.edits.set(FieldId::kContentType, "text/plain");
  head.content_length = 5;
  EXPECT_EQ(response(head, Framing::kLength, ConnectionOption::kNone, false, kDate),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: "
            "5\r\n\r\n");
}

TEST_F(SerializerTest, WritesTheFramingThatIsAskedForAndNoOther) {
  ResponseHead head(arena_);
  head.base = base("Content-Length: 99\r\nA: b\r\n");
  head.content_length = 7;
  EXPECT_EQ(response(head, Framing::kLength),
            "HTTP/1.1 200 OK\r\nHost: client.example\r\nA: b\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(response(head, Framing::kChunked),
            "HTTP/1.1 200 OK\r\nHost: client.example\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(response(head, Framing::kUntilClose, ConnectionOption::kClose),
            "HTTP/1.1 200 OK\r\nHost: client.example\r\nA: b\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response(head, Framing::kNone),
            "HTTP/1.1 200 OK\r\nHost: client.example\r\nA: b\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(SerializerTest, KeepsTheLengthTowardsHeadAndIn304) {
  ResponseHead head(arena_);
  head.content_length = 7;
  EXPECT_EQ(response(head, Framing::kNone, ConnectionOption::kNone, true),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
  head.status = 304;
  EXPECT_EQ(response(head), "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  head.content_length.reset();
  EXPECT_EQ(response(head), "HTTP/1.1 304 Not Modified\r\n\r\n");
  head.status = 200;
  EXPECT_EQ(response(head, Framing::kNone, ConnectionOption::kNone, true), "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_F(SerializerTest, WritesNoFramingWhereTheStatusForbidsIt) {
  ResponseHead head(arena_);
  head.content_length = 0;
  for (const Framing framing : {Framing::kNone, Framing::kLength, Framing::kChunked}) {
    head.status = 204;
    EXPECT_EQ(response(head, framing), "HTTP/1.1 204 No Content\r\n\r\n");
    head.status = 101;
    EXPECT_EQ(response(head, framing), "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  }
}

TEST_F(SerializerTest, WritesOneDate) {
  ResponseHead head(arena_);
  head.base = base("Date: then\r\n");
  EXPECT_THAT(response(head, Framing::kNone, ConnectionOption::kNone, false, kDate),
              HasSubstr("Date: then\r\nContent"));
  head.edits.remove(FieldId::kDate);
  EXPECT_THAT(response(head, Framing::kNone, ConnectionOption::kNone, false, kDate), Not(HasSubstr("then")));
  EXPECT_THAT(response(head, Framing::kNone, ConnectionOption::kNone, false, kDate), HasSubstr("\r\nDate: Sun, 06"));
  head.edits.set(FieldId::kDate, "now");
  EXPECT_EQ(response(head, Framing::kNone, ConnectionOption::kNone, false, kDate),
            "HTTP/1.1 200 OK\r\nHost: client.example\r\nDate: now\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(SerializerTest, WritesTheReasonOrTheStandardOne) {
  ResponseHead head(arena_);
  head.reason = "Fine";
  EXPECT_THAT(response(head), HasSubstr("HTTP/1.1 200 Fine\r\n"));
  head.reason = "Fine\r\nX: y";
  EXPECT_THAT(response(head), HasSubstr("HTTP/1.1 200 OK\r\nContent"));
  head.reason = {};
  head.status = 299;
  EXPECT_THAT(response(head), HasSubstr("HTTP/1.1 299 \r\nContent"));
}

TEST_F(SerializerTest, CopiesEveryFieldThatStaysAsItWasWritten) {
  OutgoingRequest head = get();
  head.base = base("accept:  */* \r\nX-One:1\r\nCOOKIE: a=b\r\nX-Obs: \xC3\xA9\tx\r\n");
  EXPECT_EQ(
      request(head),
      "GET /x?y HTTP/1.1\r\nHost: backend:81\r\naccept:  */* \r\nX-One:1\r\nCOOKIE: a=b\r\nX-Obs: \xC3\xA9\tx\r\n\r\n");
}

TEST_F(SerializerTest, DropsHopByHopFieldsAndWhatConnectionNames) {
  OutgoingRequest head = get();
  head.base = base(
      "Keep-Alive: 5\r\nA: 1\r\nConnection: x-hop, keep-alive\r\nX-Hop: 2\r\nTE: trailers\r\nB: 3\r\nC: 4\r\nUpgrade: "
      "websocket\r\n"
      "Proxy-Connection: x\r\nProxy-Authorization: x\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\nX_Forwarded_For: 9\r\nD: 5\r\n");
  EXPECT_EQ(request(head), "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nA: 1\r\nB: 3\r\nC: 4\r\nD: 5\r\n\r\n");
}

TEST_F(SerializerTest, AppliesEdits) {
  OutgoingRequest head = get();
  head.base = base("X-User: forged\r\nCookie: a\r\nX_User: forged\r\nA: b\r\nX-Forwarded-For: 9\r\n");
  head.edits = &edits_;
  edits_.set("X-User", "real");
  edits_.remove(FieldId::kCookie);
  edits_.set(FieldId::kXForwardedFor, "1.2.3.4");
  edits_.append("A", "c");
  EXPECT_EQ(
      request(head),
      "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nA: b\r\nX-User: real\r\nX-Forwarded-For: 1.2.3.4\r\nA: c\r\n\r\n");
}

TEST_F(SerializerTest, NeverLetsAnEditSplitOrReframeAHead) {
  edits_.set("X-A", "b\r\nX-Evil: 1");
  edits_.set("X-B", "b\0c"sv);
  edits_.set("X-C", "b\nc");
  edits_.set("X-D: 1\r\nX-Evil", "b");
  edits_.set("", "b");
  edits_.set(FieldId::kVia, "\x7f");
  edits_.set(FieldId::kContentLength, "7");
  edits_.set("Transfer-Encoding", "chunked");
  edits_.set(FieldId::kConnection, "close");
  edits_.set(FieldId::kHost, "evil");
  edits_.set(FieldId::kUpgrade, "h2c");
  edits_.set("X-E", "fine\tand \xC3\xA9");
  edits_.set("X-F", "");
  OutgoingRequest head = get();
  head.edits = &edits_;
  EXPECT_EQ(request(head), "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nX-E: fine\tand \xC3\xA9\r\nX-F: \r\n\r\n");
}

TEST_F(SerializerTest, WritesTheFramingOfARequest) {
  OutgoingRequest head = get();
  head.base = base("Content-Length: 99\r\n");
  EXPECT_EQ(request(head), "GET /x?y HTTP/1.1\r\nHost: backend:81\r\n\r\n");
  head.content_length = 0;
  EXPECT_EQ(request(head), "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nContent-Length: 0\r\n\r\n");
  head.content_length = 12;
  EXPECT_EQ(request(head, Framing::kLength), "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(request(head, Framing::kChunked),
            "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nTransfer-Encoding: chunked\r\n\r\n");
  head.content_length.reset();
  head.method = "POST";
  EXPECT_EQ(request(head), "POST /x?y HTTP/1.1\r\nHost: backend:81\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(SerializerTest, EscapesWhatATargetCannotHave) {
  OutgoingRequest head = get();
  head.target = "/a b\r\nX: y\x7f\xC3\xA9";
  head.authority = "a\r\nX: y";
  EXPECT_EQ(request(head), "GET /a%20b%0D%0AX:%20y%7F%C3%A9 HTTP/1.1\r\nHost: \r\n\r\n");
}

TEST_F(SerializerTest, WritesConnectionAndUpgrade) {
  OutgoingRequest head = get();
  head.base = base("Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n");
  head.upgrade = "websocket";
  EXPECT_EQ(request(head, Framing::kNone, ConnectionOption::kUpgrade),
            "GET /x?y HTTP/1.1\r\nHost: backend:81\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nUpgrade: "
            "websocket\r\n\r\n");
  EXPECT_THAT(request(head, Framing::kNone, ConnectionOption::kClose), HasSubstr("\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(request(head, Framing::kNone, ConnectionOption::kKeepAlive),
              HasSubstr("\r\nConnection: keep-alive\r\n\r\n"));

  ResponseHead answer(arena_);
  answer.status = 101;
  answer.base = head.base;
  EXPECT_EQ(response(answer, Framing::kNone, ConnectionOption::kUpgrade),
            "HTTP/1.1 101 Switching Protocols\r\nHost: client.example\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
            "13\r\nConnection: Upgrade\r\n\r\n");
  answer.base = nullptr;
  answer.edits.set(FieldId::kUpgrade, "websocket");
  EXPECT_EQ(response(answer, Framing::kNone, ConnectionOption::kUpgrade),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}

TEST_F(SerializerTest, WritesInformationalHeads) {
  write_informational(bytes_, 100, nullptr);
  EXPECT_EQ(written(), "HTTP/1.1 100 Continue\r\n\r\n");
  write_informational(bytes_, 103, base("Link: </a>\r\nContent-Length: 5\r\nConnection: close\r\n"));
  EXPECT_EQ(written(), "HTTP/1.1 103 Early Hints\r\nHost: client.example\r\nLink: </a>\r\n\r\n");
}

TEST_F(SerializerTest, AppendsBehindWhatIsThere) {
  bytes_.append("before ");
  write_informational(bytes_, 100, nullptr);
  write_request_head(bytes_, get(), Framing::kNone, ConnectionOption::kNone);
  EXPECT_EQ(written(), "before HTTP/1.1 100 Continue\r\n\r\nGET /x?y HTTP/1.1\r\nHost: backend:81\r\n\r\n");
}

TEST_F(SerializerTest, WritesChunkHeaders) {
  for (const auto& [size, text] : {std::pair<std::uint64_t, std::string_view>{1, "1\r\n"},
                                   {15, "f\r\n"},
                                   {16, "10\r\n"},
                                   {0x1f4, "1f4\r\n"},
                                   {0x123456789abcdef0, "123456789abcdef0\r\n"},
                                   {~std::uint64_t{0}, "ffffffffffffffff\r\n"}}) {
    char buffer[18];
    char* const end = write_chunk_header(buffer, size);
    EXPECT_EQ(std::string_view(buffer, static_cast<std::size_t>(end - buffer)), text);
  }
}

TEST_F(SerializerTest, WritesTheLastChunkWithTrailers) {
  write_last_chunk(bytes_, Fields());
  EXPECT_EQ(written(), "0\r\n\r\n");
  HeadParser parser(kUsualLimits);
  FieldRefs refs;
  const std::string lines = "A: 1\r\nContent-Length: 4\r\nB: 2\r\nTransfer-Encoding: x\r\nC: 3\r\n\r\n";
  ASSERT_EQ(parser.parse_trailers(lines, refs), ParseStatus::kComplete);
  write_last_chunk(bytes_, parser.fields(lines.data(), refs));
  EXPECT_EQ(written(), "0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n");
  // A gap where a line was taken out by the reader.
  refs.erase(refs.begin() + 1);
  refs.erase(refs.begin() + 2);
  write_last_chunk(bytes_, parser.fields(lines.data(), refs));
  EXPECT_EQ(written(), "0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n");
}

TEST_F(SerializerTest, WritesWhatTheParserReadsBackAsTheSame) {
  OutgoingRequest head = get();
  head.method = "PATCH";
  head.base = base("Accept: a\r\nConnection: X-Gone\r\nX-Gone: 1\r\nX-Stays: \t 2 \r\n");
  head.edits = &edits_;
  edits_.append("X-New", "3");
  head.content_length = 10;
  const std::string text = request(head, Framing::kLength);
  HeadFeed back(HeadKind::kRequest, kUsualLimits);
  ASSERT_EQ(back.give(text), ParseStatus::kComplete) << back.told();
  const RequestHead read = back.request();
  EXPECT_EQ(read.method, Method::kPatch);
  EXPECT_EQ(read.path, "/x");
  EXPECT_EQ(read.query, "y");
  EXPECT_EQ(read.authority, "backend:81");
  EXPECT_EQ(read.content_length, 10U);
  EXPECT_EQ(read.fields.get("accept"), "a");
  EXPECT_EQ(read.fields.get("x-stays"), "2");
  EXPECT_EQ(read.fields.get("x-new"), "3");
  EXPECT_EQ(read.fields.get("x-gone"), std::nullopt);
}

TEST(ValidityTest, JudgesValuesAndTokens) {
  EXPECT_TRUE(is_valid_field_value(""));
  EXPECT_TRUE(is_valid_field_value("a b\tc \xC3\xA9"));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = "0123456789abcdef" + std::string(1, static_cast<char>(byte)) + "x";
    EXPECT_EQ(is_valid_field_value(value), byte == '\t' || (byte >= 0x20 && byte != 0x7f)) << byte;
  }
  EXPECT_TRUE(is_token("X-a!#$%&'*+-.^_`|~09"));
  EXPECT_FALSE(is_token(""));
  for (const std::string_view text : {"a b", "a:", "a\r", "(", "a,", "\xC3", "a/b", "\""})
    EXPECT_FALSE(is_token(text)) << text;
}

}  // namespace
}  // namespace gatehouse::http::testing
