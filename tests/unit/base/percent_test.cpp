#include "gatehouse/base/percent.hpp"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(PercentTest, DecodesEscapesAndNothingElse) {
  const std::pair<const char*, const char*> table[] = {
      {"", ""},       {"plain", "plain"}, {"a%20b", "a b"},       {"%41%5a%5A", "AZZ"},
      {"a+b", "a+b"}, {"%2525", "%25"},   {"%c3%A9", "\xc3\xa9"},
  };
  for (const auto& [text, decoded] : table) EXPECT_EQ(percent_decode(text), decoded) << text;
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

TEST(PercentTest, RefusesInvalidEscapes) {
  for (const char* text : {"%", "a%", "%4", "%4g", "%g4", "%%41", "ok%2", "% 41", "%-1"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentTest, DecodesForms) {
  EXPECT_EQ(form_decode("a+b%2Bc"), "a b+c");
  EXPECT_EQ(form_decode("100%"), "100%");
  EXPECT_EQ(form_decode("%zz%41"), "%zzA");
}

TEST(PercentTest, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=e&f+g%\xff"), "a%20b%2Fc%3Fd%3De%26f%2Bg%25%FF");
}

TEST(PercentTest, DecodingUndoesEncoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(PercentTest, KnowsHexadecimalDigits) {
  const std::string_view digits = "0123456789abcdef";
  for (int c = 0; c < 256; ++c) {
    const char lower = static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c);
    const auto at = digits.find(lower);
    EXPECT_EQ(hex_value(static_cast<char>(c)), at == std::string_view::npos ? -1 : static_cast<int>(at)) << c;
  }
}

}  // namespace
}  // namespace gatehouse
