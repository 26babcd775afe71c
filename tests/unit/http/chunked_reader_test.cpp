#include "chunked_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gatehouse::http::testing {
namespace {

using std::string_literals::operator""s;

struct Case {
  std::string bytes;
  std::string_view told;
};

void expect_told(std::initializer_list<Case> cases) {
  for (const Case& expected : cases) {
    SCOPED_TRACE(::testing::PrintToString(expected.bytes));
    EXPECT_EQ(tell_chunked_all_ways(expected.bytes), expected.told);
  }
}

TEST(ChunkedReaderTest, GivesTheDataAndFindsTheEnd) {
  expect_told({{"0\r\n\r\n", " / end +0"},
               {"5\r\nhello\r\n0\r\n\r\n", "hello / end +0"},
               {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", "hello world / end +5"},
               {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789 / end +0"},
               {"000000000000000a\r\n\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n0\r\n\r\n\r / 400 bare_lf"},
               {"2\r\n\r\n\r\n00\r\n\r\n", "\r\n / end +0"}});
}

TEST(ChunkedReaderTest, WantsMoreUntilTheEnd) {
  const std::string bytes = "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(tell_chunked_all_ways(bytes.substr(0, size)).ends_with(" / more")) << size;
  }
}

TEST(ChunkedReaderTest, RefusesMalformedSizes) {
  for (const std::string_view size :
       {"", "-1", "+1", "0x5", " 5", "5 ", "5\t", "g", "5g", "5,", "00000000000000001", "11111111111111111",
        "8000000000000000", "ffffffffffffffff", "\xB2", "5\x01", "0 "}) {
    SCOPED_TRACE(size);
    EXPECT_EQ(tell_chunked_all_ways(std::string(size) + "\r\nhello\r\n0\r\n\r\n"), " / 400 invalid_chunk_size");
  }
  EXPECT_EQ(tell_chunked_all_ways("5\0\r\nhello"s), " / 400 invalid_chunk_size");
  EXPECT_EQ(tell_chunked_all_ways("7fffffffffffffff\r\nhello"), "hello / more");
}

TEST(ChunkedReaderTest, EndsLinesWithCrLfOnly) {
  expect_told({{"5\nhello\r\n0\r\n\r\n", " / 400 bare_lf"},
               {"\n5\r\nhello", " / 400 bare_lf"},
               {"5\rhello\r\n0\r\n\r\n", " / 400 bare_cr"},
               {"5\r\r\nhello\r\n", " / 400 bare_cr"},
               {"5\r\nhello\n0\r\n\r\n", "hello / 400 bare_lf"},
               {"5\r\nhello\r0\r\n\r\n", "hello / 400 bare_cr"},
               {"5\r\nhello0\r\n\r\n", "hello / 400 invalid_chunk_end"},
               {"5\r\nhelloo\r\n0\r\n\r\n", "hello / 400 invalid_chunk_end"},
               {"0\r\n\n", " / 400 bare_lf"},
               {"0\r\n\rX", " / 400 bare_cr"},
               {"0\n\r\n", " / 400 bare_lf"},
               {"5;a\nhello", " / 400 bare_lf"},
               {"5;a=\"\nb\"\r\nhello", " / 400 bare_lf"}});
}

TEST(ChunkedReaderTest, ReadsAndForgetsExtensions) {
  for (const std::string_view extension :
       {";a", ";a=b", ";a=\"b\"", ";a=\"b\\\"c;\\\\\"", ";a=\"\"", ";a;b;c=d", "; a = b", ";\ta\t=\t\"b\"", ";a ;b",
        ";a=b ;c", ";a=\"\xC3\xA9 \t\"", ";!#$%&'*+-.^_`|~=1"}) {
    SCOPED_TRACE(extension);
    EXPECT_EQ(
        tell_chunked_all_ways("5" + std::string(extension) + "\r\nhello\r\n0" + std::string(extension) + "\r\n\r\n"),
        "hello / end +0");
  }
}

TEST(ChunkedReaderTest, RefusesMalformedExtensions) {
  for (const std::string& extension :
       {";"s,     ";;"s,           ";="s,        ";=b"s,         ";a="s,         ";a=b c"s,
        ";a b"s,  ";a=\"b"s,       ";a=\"b\"c"s, ";a "s,         ";a=b "s,       ";a=\"b\" "s,
        ";a,b"s,  ";\x01"s,        ";a\0"s,      ";a=\"\x01\""s, ";a=\"\x7f\""s, ";a=\"\\\x01\""s,
        ";\xC3"s, ";a="s + "\x80", "; "s,        ";a=b;"s,       ";a\rb"s}) {
    SCOPED_TRACE(::testing::PrintToString(extension));
    const std::string told = tell_chunked_all_ways("5" + extension + "\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(told, extension == ";a\rb" ? " / 400 bare_cr" : " / 400 invalid_chunk_extension");
  }
}

TEST(ChunkedReaderTest, BoundsExtensions) {
  const auto with_extension = [](std::size_t bytes) {
    return "1;" + std::string(bytes - 1, 'x') + "\r\nx\r\n0\r\n\r\n";
  };
  EXPECT_EQ(tell_chunked_whole(with_extension(4095)), "x / end +0");
  EXPECT_EQ(tell_chunked_whole(with_extension(4096)), "x / end +0");
  EXPECT_EQ(tell_chunked_whole(with_extension(4097)), " / 400 chunk_extension_too_large");
  EXPECT_EQ(tell_chunked(
                std::string("1;") + std::string(4096, 'x'), [](std::size_t) { return std::size_t{1}; }, 1),
            " / 400 chunk_extension_too_large");
}

TEST(ChunkedReaderTest, BoundsWhatFramingMayCost) {
  std::string dear;
  for (int i = 0; i < 10; ++i) dear += "1;" + std::string(3000, 'x') + "\r\ny\r\n";
  EXPECT_EQ(tell_chunked_whole(dear + "0\r\n\r\n"), "yyyyy / 400 chunk_overhead_too_large");
  std::string cheap;
  for (int i = 0; i < 20'000; ++i) cheap += "1\r\ny\r\n";
  EXPECT_EQ(tell_chunked_whole(cheap + "0\r\n\r\n"), std::string(20'000, 'y') + " / end +0");
  std::string paid;
  for (int i = 0; i < 20; ++i) paid += "5dc;" + std::string(3000, 'x') + "\r\n" + std::string(1500, 'y') + "\r\n";
  EXPECT_EQ(tell_chunked_whole(paid + "0\r\n\r\n"), std::string(30'000, 'y') + " / end +0");
}

TEST(ChunkedReaderTest, GivesTrailers) {
  expect_told(
      {{"0\r\nX-Checksum: abc\r\n\r\nrest", " / end +4 [X-Checksum|abc]X-Checksum: abc\r\n"},
       {"1\r\nx\r\n0\r\nA:\r\ngrpc-status:  0 \r\n\r\n", "x / end +0 [A|]A:\r\n [grpc-status|0]grpc-status:  0 \r\n"},
       {"0\r\nETag: \"x\"\r\n\r\n", " / end +0 [ETag|\"x\"]ETag: \"x\"\r\n"}});
}

TEST(ChunkedReaderTest, DropsTrailersThatMayNotComeLate) {
  for (const std::string_view name : {"Content-Length",
                                      "Transfer-Encoding",
                                      "Host",
                                      "Authorization",
                                      "Cookie",
                                      "Set-Cookie",
                                      "Content-Type",
                                      "Content-Encoding",
                                      "content-disposition",
                                      "Trailer",
                                      "TE",
                                      "Cache-Control",
                                      "Connection",
                                      "Expect",
                                      "If-Match",
                                      "X-Forwarded-For",
                                      "x-forwarded-user",
                                      "Forwarded",
                                      "Via",
                                      "Location",
                                      "Max-Forwards",
                                      "Pragma",
                                      "Content_Length",
                                      "X_Forwarded_For",
                                      "Upgrade",
                                      "Proxy-Authorization",
                                      "Date",
                                      "Age",
                                      "Vary"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(tell_chunked_all_ways("0\r\nA: b\r\n" + std::string(name) + ": 1\r\nC: d\r\n\r\n"),
              " / end +0 [A|b]A: b\r\n [C|d]C: d\r\n");
  }
}

TEST(ChunkedReaderTest, RefusesMalformedTrailers) {
  expect_told({{"0\r\nA : b\r\n\r\n", " / 400 space_before_colon"},
               {"0\r\n A: b\r\n\r\n", " / 400 obs_fold"},
               {"0\r\nA: b\r\n c\r\n\r\n", " / 400 obs_fold"},
               {"0\r\nA: b\n\r\n", " / 400 bare_lf"},
               {"0\r\nA: \x01\r\n\r\n", " / 400 invalid_field_value"},
               {"0\r\nA\r\n\r\n", " / 400 invalid_field_name"},
               {"0\r\n0\r\n\r\n", " / 400 invalid_field_name"}});
}

TEST(ChunkedReaderTest, BoundsTrailers) {
  std::string many = "0\r\n";
  for (int i = 0; i < 10; ++i) many += "A: b\r\n";
  EXPECT_TRUE(tell_chunked_all_ways(many + "\r\n").starts_with(" / end +0"));
  EXPECT_EQ(tell_chunked_all_ways(many + "C: d\r\n\r\n"), " / 431 too_many_trailers");
  // 1000 bytes with the empty line.
  const std::string line = "A: " + std::string(993, 'b') + "\r\n";
  EXPECT_TRUE(tell_chunked_all_ways("0\r\n" + line + "\r\nmore").starts_with(" / end +4"));
  EXPECT_EQ(tell_chunked_all_ways("0\r\nb" + line + "\r\n"), " / 431 trailers_too_large");
  EXPECT_EQ(tell_chunked_all_ways("0\r\n" + std::string(1000, 'x')), " / 431 trailers_too_large");
  EXPECT_EQ(tell_chunked_all_ways("0\r\n" + std::string(999, 'x')), " / more");
}

TEST(ChunkedReaderTest, StartsAfreshWithRestart) {
  ChunkedReader reader;
  reader.restart(kTrailerLimits);
  EXPECT_EQ(reader.next("0\r\nA: b\r\n\r\n").state, ChunkedReader::State::kEnd);
  EXPECT_EQ(reader.trailers().size(), 1U);
  EXPECT_EQ(reader.next("more").state, ChunkedReader::State::kEnd);
  EXPECT_EQ(reader.next("more").used, 0U);
  reader.restart(kTrailerLimits);
  EXPECT_EQ(reader.trailers().size(), 0U);
  EXPECT_EQ(reader.next("x").state, ChunkedReader::State::kMalformed);
  EXPECT_EQ(reader.next("0").state, ChunkedReader::State::kMalformed);
  reader.restart(kTrailerLimits);
  EXPECT_EQ(reader.next("3\r\nab").data, "ab");
}

}  // namespace
}  // namespace gatehouse::http::testing
