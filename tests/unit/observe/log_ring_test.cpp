#include "observe/log_ring.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace gatehouse::observe {
namespace {

bool put(LogRing& ring, std::string_view text) {
  char* const room = ring.reserve(text.size());
  EXPECT_NE(room, nullptr);
  std::memcpy(room, text.data(), text.size());
  return ring.commit(text.size());
}

std::string take(LogRing& ring) {
  std::string text;
  const std::uint64_t end = ring.committed();
  for (const iovec& piece : ring.pieces(end)) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  ring.consume(end - ring.consumed());
  return text;
}

TEST(LogRingTest, GivesBackWhatWasCommitted) {
  LogRing ring(64, 32);
  put(ring, "one\n");
  put(ring, "two\n");
  EXPECT_EQ(take(ring), "one\ntwo\n");
  EXPECT_EQ(take(ring), "");
}

TEST(LogRingTest, KeepsALineWholeThatCrossesTheEnd) {
  LogRing ring(64, 32);
  const std::string first(50, 'a');
  put(ring, first.substr(0, 25));
  put(ring, first.substr(25));
  EXPECT_EQ(take(ring), first);
  put(ring, "0123456789abcdefghijABCDEFGHIJ");  // 14 bytes fit before the end
  EXPECT_EQ(take(ring), "0123456789abcdefghijABCDEFGHIJ");
  put(ring, "next\n");
  EXPECT_EQ(take(ring), "next\n");
}

TEST(LogRingTest, ForgetsWhatWasReservedAndNotCommitted) {
  LogRing ring(64, 32);
  std::memset(ring.reserve(32), 'x', 32);
  put(ring, "line\n");
  EXPECT_EQ(take(ring), "line\n");
}

TEST(LogRingTest, HasNoRoomWhileFullAndAgainOnceRead) {
  LogRing ring(64, 32);
  put(ring, std::string(32, 'a'));
  put(ring, std::string(31, 'b'));
  EXPECT_EQ(ring.reserve(2), nullptr);
  EXPECT_NE(ring.reserve(1), nullptr);
  EXPECT_EQ(take(ring).size(), 63u);
  EXPECT_NE(ring.reserve(32), nullptr);
}

TEST(LogRingTest, AsksForTheWriterOnceEachTimeItBecomesMoreThanHalfFull) {
  LogRing ring(64, 32);
  EXPECT_FALSE(put(ring, std::string(32, 'a')));
  EXPECT_TRUE(put(ring, "b"));
  EXPECT_FALSE(put(ring, "c"));
  EXPECT_TRUE(ring.crowded());
  take(ring);
  EXPECT_FALSE(ring.crowded());
  EXPECT_FALSE(put(ring, std::string(32, 'd')));
  EXPECT_TRUE(put(ring, "e"));
}

}  // namespace
}  // namespace gatehouse::observe
