#include "config/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::config {
namespace {

TEST(TextTest, AcceptsEveryFormOfUtf8) {
  EXPECT_FALSE(find_bad_byte("plain\ttext\r\n"));
  EXPECT_FALSE(find_bad_byte("é € 𝄞"));
  EXPECT_FALSE(
      find_bad_byte("\xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf"));  // next to the surrogates, and the last code point
}

TEST(TextTest, FindsTheFirstByteThatIsNoUtf8) {
  for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                                     "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xc3"}) {
    const auto found = find_bad_byte("ab" + std::string(bad));
    ASSERT_TRUE(found) << in_quotes(bad);
    EXPECT_EQ(found->offset, 2u);
    EXPECT_EQ(found->why, "is not valid UTF-8");
  }
}

TEST(TextTest, FindsControlCharacters) {
  for (const char bad : {'\0', '\x04', '\x1b', '\x7f'}) {
    const auto found = find_bad_byte(std::string("é") + bad);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->offset, 2u);
    EXPECT_EQ(found->why, "holds a control character");
  }
}

TEST(TextTest, TellsLineAndColumn) {
  EXPECT_EQ(position_of("abc", 0), (Position{1, 1}));
  EXPECT_EQ(position_of("abc\ndef", 3), (Position{1, 4}));
  EXPECT_EQ(position_of("abc\ndef", 4), (Position{2, 1}));
  EXPECT_EQ(position_of("abc\n\ndef", 7), (Position{3, 3}));
}

TEST(TextTest, QuotesOnOneLine) {
  EXPECT_EQ(in_quotes("it's é"), "'it's é'");
  EXPECT_EQ(in_quotes("a\nb\tc\rd"), "'a\\nb\\tc\\x0dd'");
  EXPECT_EQ(in_quotes(std::string_view("\0\x1b\xff", 3)), "'\\x00\\x1b\\xff'");
}

TEST(TextTest, ShortensWhatIsLongAtACharacter) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "é";
  const std::string shown = in_quotes(text);
  EXPECT_LT(shown.size(), 70u);
  EXPECT_TRUE(shown.ends_with("é...'")) << shown;
}

}  // namespace
}  // namespace gatehouse::config
