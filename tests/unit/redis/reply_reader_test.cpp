#include "redis/reply_reader.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::redis {
namespace {

using Kind = Reply::Kind;

// The replies in `bytes`, fed in pieces of `piece` bytes; nothing when they are refused.
std::optional<Replies> read(const std::string& bytes, std::size_t piece = 1 << 16) {
  ReplyReader reader;
  Replies replies;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(std::string_view(bytes).substr(at, piece));
    while (true) {
      std::optional<Reply> reply;
      if (!reader.next(reply)) return std::nullopt;
      if (!reply) break;
      replies.push_back(std::move(*reply));
    }
  }
  return replies;
}

TEST(ReplyReaderTest, ReadsEveryKindWhateverThePieces) {
  const std::string bytes = "+OK\r\n-ERR no\r\n:-7\r\n$5\r\nhe\r\no\r\n$-1\r\n*3\r\n:1\r\n$1\r\na\r\n*1\r\n$-1\r\n*-1\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    const auto replies = read(bytes, piece);
    ASSERT_TRUE(replies);
    ASSERT_EQ(replies->size(), 7u);
    EXPECT_EQ((*replies)[0].text, "OK");
    EXPECT_EQ((*replies)[1].kind, Kind::kError);
    EXPECT_EQ((*replies)[1].text, "ERR no");
    EXPECT_EQ((*replies)[2].integer, -7);
    EXPECT_EQ((*replies)[3].text, "he\r\no");
    EXPECT_EQ((*replies)[4].kind, Kind::kNil);
    ASSERT_EQ((*replies)[5].items.size(), 3u);
    EXPECT_EQ((*replies)[5].items[1].text, "a");
    EXPECT_EQ((*replies)[5].items[2].items.front().kind, Kind::kNil);
    EXPECT_EQ((*replies)[6].kind, Kind::kNil);
  }
}

TEST(ReplyReaderTest, KnowsWhetherAnythingIsLeft) {
  ReplyReader reader;
  EXPECT_TRUE(reader.empty());
  reader.feed(":1\r\n:2");
  std::optional<Reply> reply;
  ASSERT_TRUE(reader.next(reply));
  EXPECT_FALSE(reader.empty());
}

TEST(ReplyReaderTest, RefusesWhatIsNoReplyOrTooLarge) {
  EXPECT_FALSE(read("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_FALSE(read("$-5\r\nx\r\n"));
  EXPECT_FALSE(read("*1000000\r\n"));
  EXPECT_FALSE(read("*-7\r\n"));
  EXPECT_FALSE(read("*2147483648\r\n:1\r\n"));
  EXPECT_FALSE(read("$2000000\r\n" + std::string(2'000'000, 'x'), 1000));
  EXPECT_FALSE(read(std::string(2'000'000, '+'), 1000));
  std::string nested;
  for (int i = 0; i < 20; ++i) nested += "*1\r\n";
  EXPECT_FALSE(read(nested));
  std::string list = "*100\r\n";
  for (int i = 0; i < 100; ++i) list += "$20000\r\n" + std::string(20000, 'x') + "\r\n";
  EXPECT_FALSE(read(list, 4096));
}

TEST(ReplyReaderTest, BoundsEachReplyByItself) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += "$900000\r\n" + std::string(900'000, 'x') + "\r\n";
  const auto replies = read(bytes, 250'000);
  ASSERT_TRUE(replies);
  EXPECT_EQ(replies->size(), 4u);
}

}  // namespace
}  // namespace gatehouse::redis
