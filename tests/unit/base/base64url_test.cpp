#include "gatehouse/base/base64url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse {
namespace {

std::optional<std::string> decode(std::string_view text) {
  std::string bytes(base64url_decoded_size(text.size()), '?');
  const auto size = decode_base64url(bytes.data(), text);
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

TEST(Base64UrlTest, DecodesTheExamplesOfTheRfcWithoutPadding) {
  EXPECT_EQ(decode(""), "");
  EXPECT_EQ(decode("Zg"), "f");
  EXPECT_EQ(decode("Zm8"), "fo");
  EXPECT_EQ(decode("Zm9v"), "foo");
  EXPECT_EQ(decode("Zm9vYg"), "foob");
  EXPECT_EQ(decode("Zm9vYmE"), "fooba");
  EXPECT_EQ(decode("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decode("-_-_"), "\xFB\xFF\xBF");
}

TEST(Base64UrlTest, RefusesPadding) {
  EXPECT_EQ(decode("Zg=="), std::nullopt);
  EXPECT_EQ(decode("Zm8="), std::nullopt);
}

TEST(Base64UrlTest, RefusesBitsBehindTheLastByte) {
  EXPECT_EQ(decode("Zh"), std::nullopt);
  EXPECT_EQ(decode("Zm9"), std::nullopt);
  EXPECT_EQ(decode("Zm9vZh"), std::nullopt);
}

TEST(Base64UrlTest, RefusesOtherCharactersInEachPlace) {
  for (const char wrong : {'+', '/', '=', ' ', '\n', '.', '\0', '\x80', '\xFF'}) {
    for (std::size_t at = 0; at < 7; ++at) {
      std::string text = "Zm9vYmE";
      text[at] = wrong;
      EXPECT_EQ(decode(text), std::nullopt) << at << ' ' << static_cast<int>(wrong);
    }
  }
}

TEST(Base64UrlTest, RefusesALoneCharacterAtTheEnd) {
  EXPECT_EQ(decode("Z"), std::nullopt);
  EXPECT_EQ(decode("Zm9vY"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse
