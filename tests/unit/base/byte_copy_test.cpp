#include "gatehouse/base/byte_copy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse {
namespace {

std::string alphabet(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST(ByteCopyTest, CopiesEverySizeAndNothingBesides) {
  for (std::size_t size = 0; size <= 70; ++size) {
    const std::string from = alphabet(size);
    std::string to(size + 2, '#');
    EXPECT_EQ(copy_bytes(to.data() + 1, from.data(), size), to.data() + 1 + size);
    EXPECT_EQ(to, '#' + from + '#');
  }
  EXPECT_EQ(copy_bytes(nullptr, nullptr, 0), nullptr);
}

TEST(ByteCopyTest, TheRoomyFormWritesNoMoreThanItsSlackBeyond) {
  const std::string from = alphabet(100);
  for (std::size_t size = 0; size <= 70; ++size) {
    std::string to(size + kCopySlack + 1, '#');
    char* const end = copy_roomy(to.data(), from.data(), size, from.data() + from.size());
    EXPECT_EQ(end, to.data() + size);
    EXPECT_EQ(to.substr(0, size), from.substr(0, size));
    EXPECT_EQ(to.back(), '#');
    // Where less than that may be read, exactly as much is.
    const std::string exact = alphabet(size);
    std::string other(size + 1, '#');
    copy_roomy(other.data(), exact.data(), size, exact.data() + size);
    EXPECT_EQ(other, exact + "#");
  }
}

}  // namespace
}  // namespace gatehouse
