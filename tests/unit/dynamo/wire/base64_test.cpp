#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gatehouse::dynamo {
namespace {

bool decodes(std::string_view text) {
  std::string to = "kept";
  const bool decoded = append_base64_decoded(to, text);
  EXPECT_TRUE(decoded || to == "kept");
  return decoded;
}

// RFC 4648, section 10.
TEST(Base64Test, EncodesTheExamplesOfTheStandard) {
  const std::pair<const char*, const char*> table[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(base64(bytes), text);
    std::string back;
    EXPECT_TRUE(append_base64_decoded(back, text));
    EXPECT_EQ(back, bytes);
  }
}

TEST(Base64Test, AllBytesComeBack) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random());
    std::string back = "before";
    ASSERT_TRUE(append_base64_decoded(back, base64(bytes)));
    ASSERT_EQ(back, "before" + bytes);
  }
}

TEST(Base64Test, TakesOnlyWhatItWouldWrite) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "=", "Zm9v\n", "Zm 9v", "Zm-_",
                           "Zg=g", "\xc3\xa9\xc3\xa9"}) {
    EXPECT_FALSE(decodes(text)) << text;
  }
  EXPECT_TRUE(decodes("+/+/"));
}

// The check value of CRC-32/ISO-HDLC, and the one of the service's health answer.
TEST(Crc32Test, IsTheOneOfTheHeader) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32("healthy: dynamodb.us-east-1.amazonaws.com "), 3128867991U);
  EXPECT_EQ(crc32(""), 0U);
}

}  // namespace
}  // namespace gatehouse::dynamo
