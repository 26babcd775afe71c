#include "http/serializer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

namespace gatehouse::http {
namespace {

TEST(BytesTest, BeginsEmptyAndTakesNoMemoryForNothing) {
  Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.size(), 0U);
  EXPECT_TRUE(bytes.view().empty());
  bytes.append("");
  EXPECT_EQ(bytes.view().data(), nullptr);
}

TEST(BytesTest, KeepsWhatIsAppendedReservedAndNotConsumed) {
  std::minstd_rand random(7);
  Bytes bytes;
  std::string model;
  std::size_t written = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = random() % (i % 100 == 0 ? 9'000 : 50);
    if (random() % 2 == 0) {
      std::string text(size, '\0');
      for (char& c : text) c = static_cast<char>('a' + written++ % 26);
      if (random() % 2 == 0) {
        bytes.append(text);
      } else {
        std::copy(text.begin(), text.end(), bytes.reserve(size + random() % 10));
        bytes.commit(size);
      }
      model += text;
    } else {
      const std::size_t taken = std::min(size, model.size());
      bytes.consume(taken);
      model.erase(0, taken);
    }
    ASSERT_EQ(bytes.view(), model);
    ASSERT_EQ(bytes.empty(), model.empty());
  }
}

TEST(BytesTest, DoesNotMoveForWhatWasReserved) {
  Bytes bytes;
  bytes.append("x");
  char* const at = bytes.reserve(5000);
  for (int i = 0; i < 5000; ++i) bytes.append("y");
  EXPECT_EQ(bytes.view().data() + 1, at);
}

TEST(BytesTest, UsesTheRoomThatWasConsumedInFront) {
  Bytes bytes;
  const char* lowest = nullptr;
  const char* highest = nullptr;
  for (int i = 0; i < 1000; ++i) {
    bytes.append(std::string(600, 'b'));
    bytes.consume(bytes.size() - 10);
    if (i == 100) lowest = highest = bytes.view().data();
    if (i > 100) {
      lowest = std::min(lowest, bytes.view().data());
      highest = std::max(highest, bytes.view().data());
    }
  }
  // 600,000 bytes went through; it settled in one block of a few.
  EXPECT_LT(highest - lowest, 4096);
}

TEST(BytesTest, BeginsAtTheFrontAgainWhenAllIsConsumed) {
  Bytes bytes;
  bytes.reserve(1000);
  bytes.append("first");
  const char* const front = bytes.view().data();
  bytes.consume(5);
  bytes.append("other");
  EXPECT_EQ(bytes.view().data(), front);
}

TEST(BytesTest, MovesItsMemory) {
  Bytes from;
  from.append("hello world");
  from.consume(6);
  const char* const memory = from.view().data();
  Bytes to(std::move(from));
  EXPECT_EQ(to.view().data(), memory);
  EXPECT_EQ(to.view(), "world");
  Bytes other;
  other.append("gone");
  other = std::move(to);
  EXPECT_EQ(other.view(), "world");
  other.clear();
  EXPECT_TRUE(other.empty());
  other.append("again");
  EXPECT_EQ(other.view(), "again");
}

}  // namespace
}  // namespace gatehouse::http
