#include "gatehouse/http/websocket.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http::websocket {
namespace {

using namespace std::string_literals;

FrameHeader read_whole(std::string_view bytes) {
  HeaderReader reader;
  EXPECT_TRUE(reader.read(bytes));
  EXPECT_TRUE(bytes.empty());
  return reader.header();
}

// RFC 6455 section 5.7.
TEST(WebSocketHeaderTest, ReadsTheExamplesOfTheStandard) {
  const FrameHeader hello = read_whole("\x81\x05"s);
  EXPECT_TRUE(hello.final);
  EXPECT_EQ(hello.opcode, Opcode::kText);
  EXPECT_FALSE(hello.masked);
  EXPECT_EQ(hello.length, 5u);
  const FrameHeader masked = read_whole("\x81\x85\x37\xfa\x21\x3d"s);
  EXPECT_TRUE(masked.masked);
  EXPECT_EQ(masked.mask, (std::array<std::uint8_t, 4>{0x37, 0xfa, 0x21, 0x3d}));
  EXPECT_FALSE(read_whole("\x01\x03"s).final);
  EXPECT_EQ(read_whole("\x80\x02"s).opcode, Opcode::kContinuation);
  EXPECT_EQ(read_whole("\x82\x7e\x01\x00"s).length, 256u);
  EXPECT_EQ(read_whole("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s).length, 65536u);
  EXPECT_EQ(read_whole("\xc9\x00"s).reserved, 4u);
}

TEST(WebSocketHeaderTest, ReadsByteByByteAndLeavesThePayload) {
  const std::string bytes = "\x82\xfe\x01\x02\x0a\x0b\x0c\x0d"s + "payload";
  HeaderReader reader;
  for (std::size_t i = 0; i < 7; ++i) {
    std::string_view one(bytes.data() + i, 1);
    EXPECT_FALSE(reader.read(one));
    EXPECT_FALSE(reader.at_start());
  }
  std::string_view rest(bytes.data() + 7, bytes.size() - 7);
  EXPECT_TRUE(reader.read(rest));
  EXPECT_EQ(rest, "payload");
  EXPECT_EQ(reader.header().length, 0x102u);
  EXPECT_TRUE(reader.at_start());
}

TEST(WebSocketHeaderTest, SaysWhenALengthIsLongerThanItMustBe) {
  EXPECT_TRUE(read_whole("\x82\x7e\x00\x7e"s).minimal);
  EXPECT_FALSE(read_whole("\x82\x7e\x00\x7d"s).minimal);
  EXPECT_FALSE(read_whole("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"s).minimal);
}

TEST(WebSocketHeaderTest, KnowsALengthThatCannotBe) {
  HeaderReader reader;
  const std::string bytes = "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"s;
  std::string_view view = bytes;
  EXPECT_TRUE(reader.read(view));
  EXPECT_TRUE(reader.impossible());
}

TEST(WebSocketHeaderTest, WritesWhatItReads) {
  for (const std::uint64_t length : {0ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, 1ULL << 40}) {
    char bytes[kMaxHeader];
    const char* const end = write_header(bytes, Opcode::kBinary, length, length % 2 == 0);
    const FrameHeader header = read_whole({bytes, static_cast<std::size_t>(end - bytes)});
    EXPECT_EQ(header.length, length);
    EXPECT_EQ(header.final, length % 2 == 0);
    EXPECT_TRUE(header.minimal);
    EXPECT_EQ(header.opcode, Opcode::kBinary);
  }
}

TEST(WebSocketCloseTest, HoldsTheCodeAndWhatFitsOfTheReason) {
  char frame[2 + kMaxControlPayload];
  const char* end = write_close(frame, CloseCode::kTooBig, "too big");
  EXPECT_EQ(std::string_view(frame, static_cast<std::size_t>(end - frame)), "\x88\x09\x03\xf1too big");
  end = write_close(frame, CloseCode::kNormal, std::string(200, 'r'));
  EXPECT_EQ(end - frame, 127);
}

TEST(WebSocketMaskTest, IsItsOwnInverseFromAnyOffset) {
  const std::array<std::uint8_t, 4> mask{1, 2, 3, 4};
  const std::string plain = "a message that is longer than two words of the machine";
  for (std::uint64_t offset = 0; offset < 9; ++offset) {
    std::string bytes = plain;
    apply_mask(bytes.data(), bytes.size(), mask, offset);
    for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], static_cast<char>(plain[i] ^ mask[(offset + i) % 4]));
    apply_mask(bytes.data(), bytes.size(), mask, offset);
    EXPECT_EQ(bytes, plain);
  }
}

}  // namespace
}  // namespace gatehouse::http::websocket
