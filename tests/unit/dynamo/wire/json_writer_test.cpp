#include "unit/dynamo/wire/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

std::string json_string(std::string_view text) {
  std::string to;
  write_json_string(to, text);
  return to;
}

TEST(JsonWriterTest, EscapesWhatJsonMustAndNothingElse) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_string("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json_string(std::string_view("\0\x01\x1F\x7F", 4)), "\"\\u0000\\u0001\\u001f\x7F\"");
  EXPECT_EQ(json_string("é\xE2\x80\xA8😀"), "\"é\xE2\x80\xA8😀\"");
}

TEST(JsonWriterTest, FindsAnEscapeAtEveryPlace) {
  for (std::size_t size = 1; size < 100; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '"';
      ASSERT_EQ(json_string(text), "\"" + std::string(at, 'x') + "\\\"" + std::string(size - at - 1, 'x') + "\"");
    }
  }
}

TEST(JsonWriterTest, WritesIntegers) {
  std::string to = "[";
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    write_json_integer(to, value);
    to += ',';
  }
  EXPECT_EQ(to, "[0,-1,9223372036854775807,-9223372036854775808,");
}

// Around the size of the buffer that pieces gather in.
TEST(JsonWriterTest, ValuesOfEverySizeComeOutWhole) {
  for (std::size_t size = 900; size < 1100; ++size) {
    const std::string x(size, 'x');
    const std::string item = R"({"a":{"S":")" + x + R"("},"b":{"N":"1"},")" + x + R"(":{"S":"\n)" + x +
                             R"("},"c":{"SS":[")" + x + R"("]},"d":{"L":[{"S":")" + x + R"("}]},"e":{"B":")" +
                             base64(x) + R"("},"f":{"BS":[")" + base64(x) + R"("]}})";
    const auto read = test::read_item(item);
    ASSERT_EQ(read.refusal, "");
    ASSERT_EQ(test::written(read.item()), item);
  }
}

TEST(JsonWriterTest, AppendsToWhatIsThere) {
  const auto read = test::read_item(R"({"a":{"BOOL":true}})");
  std::string to = "[";
  write_json_item(to, read.item());
  to += ',';
  write_json_value(to, read.item().find("a"));
  EXPECT_EQ(to, R"([{"a":{"BOOL":true}},{"BOOL":true})");
}

}  // namespace
}  // namespace gatehouse::dynamo
