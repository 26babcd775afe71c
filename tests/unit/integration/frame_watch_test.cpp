#include "integration/frame_watch.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::integration {
namespace {

using namespace std::string_literals;
using Verdict = FrameWatch::Verdict;

WebSocketSettings limits(std::uint64_t frame, std::uint64_t message) {
  WebSocketSettings settings;
  settings.frame = frame;
  settings.message = message;
  return settings;
}

TEST(FrameWatchTest, CountsMessagesAndNotFramesOrControlFrames) {
  FrameWatch watch;
  const std::string bytes = "\x01\x02hi"s + "\x89\x00"s + "\x00\x01!"s + "\x80\x00"s + "\x82\x03" "abc"s;
  for (const char byte : bytes) EXPECT_EQ(watch.look({&byte, 1}, {}), Verdict::kFine);
  EXPECT_EQ(watch.messages(), 2u);
  EXPECT_TRUE(watch.between_frames());
  EXPECT_EQ(watch.close_code(), 0);
}

TEST(FrameWatchTest, IsNotBetweenFramesWithinOne) {
  FrameWatch watch;
  watch.look("\x81\x05he", {});
  EXPECT_FALSE(watch.between_frames());
  watch.look("llo", {});
  EXPECT_TRUE(watch.between_frames());
  watch.look("\x81", {});
  EXPECT_FALSE(watch.between_frames());
}

TEST(FrameWatchTest, JudgesAFrameByItsHeader) {
  FrameWatch watch;
  EXPECT_EQ(watch.look("\x82\x7e\x01\x00"s, limits(256, 0)), Verdict::kFine);
  FrameWatch other;
  EXPECT_EQ(other.look("\x82\x7e\x01\x01"s, limits(256, 0)), Verdict::kFrameTooBig);
  FrameWatch third;
  EXPECT_EQ(third.look("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"s, {}), Verdict::kFrameTooBig);
}

TEST(FrameWatchTest, JudgesAMessageByAllItsFrames) {
  FrameWatch watch;
  EXPECT_EQ(watch.look("\x01\x03" "abc\x00\x03" "def"s, limits(0, 6)), Verdict::kFine);
  EXPECT_EQ(watch.look("\x80\x01"s, limits(0, 6)), Verdict::kMessageTooBig);
  FrameWatch next;
  EXPECT_EQ(next.look("\x81\x06" "abcdef\x81\x06" "abcdef"s, limits(0, 6)), Verdict::kFine);
}

TEST(FrameWatchTest, SeesTheCodeOfAClose) {
  FrameWatch plain;
  plain.look("\x88\x02\x03\xe8"s, {});
  EXPECT_EQ(plain.close_code(), 1000);
  FrameWatch masked;
  const std::string bytes = "\x88\x82\x01\x02\x03\x04\x02\xeb"s;
  for (const char byte : bytes) masked.look({&byte, 1}, {});
  EXPECT_EQ(masked.close_code(), 0x03e9);
  FrameWatch empty;
  empty.look("\x88\x00"s, {});
  EXPECT_EQ(empty.close_code(), 1005);
}

}  // namespace
}  // namespace gatehouse::integration
