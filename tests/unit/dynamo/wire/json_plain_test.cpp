#include "unit/dynamo/wire/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

using test::read_with;

test::Read read_plain(std::string_view json) {
  return read_with(json, [](JsonReader& reader, ValueWriter& to) { read_plain_value(reader, to); });
}

test::Read read_item(std::string_view json) {
  return read_with(json, [](JsonReader& reader, ValueWriter& to) { read_plain_item(reader, to); });
}

std::string plain(Value value) {
  std::string to;
  write_plain_value(to, value);
  return to;
}

TEST(JsonPlainTest, WhatJsonHasComesBack) {
  for (const char* json :
       {R"("text")", R"("a\"b\n")", "0", "-1.5", "12345678901234567890123456789012345678", "true", "false", "null",
        "[]", "{}", R"([1,"a",[null,{"b":false}]])", R"({"a":{"b":[{"c":1}]},"d\"":""})"}) {
    const auto read = read_plain(json);
    EXPECT_EQ(read.refusal, "") << json;
    EXPECT_EQ(plain(read.value()), json);
  }
}

TEST(JsonPlainTest, BecomesAttributeValues) {
  const auto read = read_item(R"({"s":"a","n":1.50e1,"t":true,"z":null,"l":[1],"m":{"x":"y"}})");
  EXPECT_TRUE(is_valid_item(read.bytes));
  EXPECT_EQ(
      test::written(read.item()),
      R"({"s":{"S":"a"},"n":{"N":"15"},"t":{"BOOL":true},"z":{"NULL":true},"l":{"L":[{"N":"1"}]},"m":{"M":{"x":{"S":"y"}}}})");
}

TEST(JsonPlainTest, BinariesBecomeTextAndSetsArrays) {
  const auto read = test::read_item(
      R"({"b":{"B":"AAH/"},"ss":{"SS":["a\"","b"]},"ns":{"NS":["1","2.5"]},"bs":{"BS":["AA==","AQ=="]}})");
  std::string to;
  write_plain_item(to, read.item());
  EXPECT_EQ(to, R"({"b":"AAH/","ss":["a\"","b"],"ns":[1,2.5],"bs":["AA==","AQ=="]})");
}

TEST(JsonPlainTest, RefusesWhatCannotBeStored) {
  EXPECT_EQ(read_plain("1e126").refusal,
            "ValidationException: The number 1e126 cannot be stored: its magnitude is larger than 9.99E+125");
  EXPECT_EQ(read_plain("1e-131").refusal,
            "ValidationException: The number 1e-131 cannot be stored: its magnitude is smaller than 1E-130");
  EXPECT_EQ(read_plain("123456789012345678901234567890123456789").refusal,
            "ValidationException: The number 123456789012345678901234567890123456789 cannot be stored: it has more "
            "than 38 significant digits");
  EXPECT_EQ(read_plain(R"({"":1})").refusal, "ValidationException: Empty attribute name");
  EXPECT_EQ(read_plain(R"({"a":1,"a":2})").refusal, "SerializationException: Duplicate field 'a'");
  EXPECT_EQ(read_item("[]").refusal, "SerializationException: Unexpected field type");
  for (const char* json : {"", "[1,]", "{\"a\":}", "[", "nul", "[1 2]", "NaN"})
    EXPECT_EQ(read_plain(json).refusal, "SerializationException: ") << json;
}

TEST(JsonPlainTest, NestingEndsWhereTheApiEndsIt) {
  const auto nested = [](int count) { return std::string(count, '[') + "1" + std::string(count, ']'); };
  EXPECT_EQ(plain(read_plain(nested(31)).value()), nested(31));
  EXPECT_EQ(read_plain(nested(32)).refusal, "ValidationException: Values lie more than 32 levels deep in one another");
  EXPECT_EQ(read_plain(nested(100'000)).refusal, "SerializationException: ");
}

}  // namespace
}  // namespace gatehouse::dynamo
