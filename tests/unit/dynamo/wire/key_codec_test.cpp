#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using namespace std::string_literals;

std::string escaped(std::string_view bytes) {
  std::string to;
  append_escaped_key(to, bytes);
  return to;
}

std::string number_key(std::string_view number) {
  std::string to;
  append_number_key(to, number);
  return to;
}

bool takes_number(std::string_view bytes) {
  std::string to;
  return take_number_key(bytes, to);
}

// The table of docs/storage-format.md.
TEST(KeyCodecTest, NumbersAreTheDocumentedBytes) {
  EXPECT_EQ(number_key("0"), "\x80\x00"s);
  EXPECT_EQ(number_key("1"), "\x80\x83\x0B\x00"s);
  EXPECT_EQ(number_key("12.5"), "\x80\x84\x0D\x33\x00"s);
  EXPECT_EQ(number_key("-1"), "\x7F\x7D\xF4\xFF"s);
}

TEST(KeyCodecTest, EveryByteStringThatIsTakenIsTheOneThatIsWritten) {
  std::mt19937 random(7);
  int taken = 0;
  for (int i = 0; i < 300'000; ++i) {
    std::string bytes = {static_cast<char>(random() % 3 == 0   ? 0x7F
                                           : random() % 2 == 0 ? 0x80
                                                               : 0x81),
                         static_cast<char>(random())};
    for (unsigned length = random() % 5; length > 0; --length) bytes += static_cast<char>(random());
    bytes += random() % 2 == 0 ? '\0' : '\xFF';
    std::string_view from = bytes;
    std::string number;
    if (!take_number_key(from, number)) continue;
    ++taken;
    ASSERT_EQ(number_key(number), bytes.substr(0, bytes.size() - from.size()));
  }
  EXPECT_GT(taken, 10'000);
}

TEST(KeyCodecTest, RefusesBytesThatAreNoNumber) {
  const std::string table[] = {
      "",
      "\x80",
      "\x80\x83",               // no digits
      "\x80\x83\x00"s,          // no digits, but an end
      "\x80\x83\x0B",           // no end
      "\x80\x83\x0A\x00"s,      // 09: the first digit is zero
      "\x80\x83\x0B\x01\x00"s,  // the pair 00 at the end
      "\x80\x83\x66\x00"s,      // the pair 101
      "\x81\x01\x0B\x00"s,      // beyond 9.99E+125
      "\x7E\xFF\xF4\xFF",       // the same, negative
      "\x80\x83" + std::string(20, '\x0C') + '\0',
  };
  for (const std::string& bytes : table) EXPECT_FALSE(takes_number(bytes)) << testing::PrintToString(bytes);
  EXPECT_TRUE(takes_number("\x81\x00\x0B\x00"s));
}

TEST(KeyCodecTest, StringsComeBackAndSortAsTheyDo) {
  std::vector<std::string> strings = {"",     "\0"s,   "\0\0"s, "\0\1"s, "\0\xFF"s, "\1"s,  "a",
                                      "a\0"s, "a\0b"s, "a\1"s,  "ab",    "b",       "\xFF", "\xFF\xFF"};
  for (const std::string& a : strings) {
    const std::string key = escaped(a) + "rest";
    std::string_view from = key;
    std::string back;
    ASSERT_TRUE(take_escaped_key(from, back));
    EXPECT_EQ(back, a);
    EXPECT_EQ(from, "rest");
    for (const std::string& b : strings) {
      EXPECT_EQ(a < b, escaped(a) + "\xFF" < escaped(b)) << testing::PrintToString(a) << testing::PrintToString(b);
    }
  }
}

TEST(KeyCodecTest, RefusesStringsWithoutEndAndLeavesTheTargetAsItWas) {
  for (const std::string& bytes : {""s, "a"s, "a\0"s, "a\0\2"s, "\0\xFF"s}) {
    std::string_view from = bytes;
    std::string to = "kept";
    EXPECT_FALSE(take_escaped_key(from, to)) << testing::PrintToString(bytes);
    EXPECT_EQ(to, "kept");
    EXPECT_EQ(from, bytes);
  }
}

TEST(KeyCodecTest, AfterPrefixIsTheSmallestGreaterThanAllThatBeginWithIt) {
  EXPECT_EQ(after_prefix("a"), "b");
  EXPECT_EQ(after_prefix("a\xFF\xFF"), "b");
  EXPECT_EQ(after_prefix("\x7F"), "\x80");
  EXPECT_EQ(after_prefix("a\0"s), "a\1");
  EXPECT_EQ(after_prefix(""), std::nullopt);
  EXPECT_EQ(after_prefix("\xFF\xFF"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::dynamo
