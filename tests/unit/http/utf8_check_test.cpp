#include "gatehouse/http/utf8_check.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

using namespace std::string_literals;

// RFC 3629 section 3, written from the ranges and not from the code.
std::string encoded(std::uint32_t code) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(code)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(code >> 6), tail(code)};
  return {static_cast<char>(0xf0 | code >> 18), tail(code >> 12), tail(code >> 6), tail(code)};
}

TEST(Utf8CheckTest, TakesEveryCharacterAndNoSurrogate) {
  for (std::uint32_t code = 0; code < 0x110000; ++code)
    ASSERT_EQ(is_utf8(encoded(code)), code < 0xd800 || code > 0xdfff) << std::hex << code;
}

TEST(Utf8CheckTest, TakesACharacterCutAnywhere) {
  const std::string text = "a\xc3\xa9" "b\xe2\x82\xac" "c\xf0\x9f\x98\x80"s;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Check check;
    EXPECT_TRUE(check.take(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(check.take(std::string_view(text).substr(cut)));
    EXPECT_TRUE(check.complete());
  }
}

TEST(Utf8CheckTest, KnowsThatACharacterIsNotComplete) {
  for (const std::string& begun : {"\xc3"s, "\xe2\x82"s, "\xf0\x9f\x98"s}) {
    Utf8Check check;
    EXPECT_TRUE(check.take(begun));
    EXPECT_FALSE(check.complete());
  }
}

TEST(Utf8CheckTest, RefusesAtTheFirstByteThatCannotBe) {
  for (const std::string& bad : {"\x80"s, "\xbf"s, "\xc0"s, "\xc1"s, "\xc3("s, "\xe0\x9f"s, "\xed\xa0"s, "\xf0\x8f"s, "\xf4\x90"s, "\xf5"s,
                                 "\xfe"s, "\xff"s, "\xe2\x82("s, "\xf0\x9f\x98("s}) {
    Utf8Check check;
    EXPECT_TRUE(check.take("ascii text that is long enough " + bad.substr(0, bad.size() - 1)));
    EXPECT_FALSE(check.take(bad.substr(bad.size() - 1))) << bad;
  }
}

TEST(Utf8CheckTest, SeesABadByteAtEveryPlace) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\xff';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
}

}  // namespace
}  // namespace gatehouse::http
