// Every bad attribute value, and what the client is told.
#include "unit/dynamo/wire/support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

using test::nested_lists;
using test::read_item;
using test::read_value;
using test::read_with;
using test::through;

struct Refusal {
  std::string json;
  std::string message;
};

void expect_validation(std::initializer_list<Refusal> table) {
  for (const auto& [json, message] : table) EXPECT_EQ(through(json), "ValidationException: " + message) << json;
}

void expect_serialization(std::initializer_list<Refusal> table) {
  for (const auto& [json, message] : table) EXPECT_EQ(through(json), "SerializationException: " + message) << json;
}

const std::string kEmpty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const std::string kMany =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
const std::string kInvalid = "One or more parameter values were invalid: ";
const std::string kDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

TEST(JsonRefusalsTest, AValueHasExactlyOneType) {
  expect_validation({{"{}", kEmpty},
                     {"null", kEmpty},
                     {R"({"S":null})", kEmpty},
                     {R"({"X":"a"})", kEmpty},
                     {R"({"s":"a"})", kEmpty},
                     {R"({"L":[{}]})", kEmpty},
                     {R"({"L":[null]})", kEmpty},
                     {R"({"M":{"a":null}})", kEmpty},
                     {R"({"S":"a","N":"1"})", kMany},
                     {R"({"NULL":true,"L":[]})", kMany},
                     {R"({"L":[{"S":"a","N":"1"}]})", kMany}});
}

TEST(JsonRefusalsTest, NumbersAreDecimalsOfTheServicesRange) {
  const std::string numeric = "The parameter cannot be converted to a numeric value";
  expect_validation({
      {R"({"N":""})", numeric},
      {R"({"N":"abc"})", numeric + ": abc"},
      {R"({"N":" 1"})", numeric + ":  1"},
      {R"({"N":"NaN"})", numeric + ": NaN"},
      {R"({"N":"Infinity"})", numeric + ": Infinity"},
      {R"({"NS":["1","x"]})", numeric + ": x"},
      {R"({"N":"1e126"})", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
      {R"({"N":"-1e-131"})",
       "Number underflow. Attempting to store a number with magnitude smaller than supported range"},
      {R"({"N":"123456789012345678901234567890123456789"})",
       "Attempting to store more than 38 significant digits in a Number"},
  });
}

TEST(JsonRefusalsTest, SetsAreNeitherEmptyNorHaveDuplicates) {
  expect_validation({
      {R"({"SS":[]})", kInvalid + "An string set  may not be empty"},
      {R"({"NS":[]})", kInvalid + "An number set  may not be empty"},
      {R"({"BS":[]})", kInvalid + "Binary sets should not be empty"},
      {R"({"SS":["a","a"]})", kInvalid + "Input collection [a, a] contains duplicates."},
      {R"({"SS":["b","a","b"]})", kInvalid + "Input collection [b, a, b] contains duplicates."},
      {R"({"SS":["a","\u0061"]})", kInvalid + "Input collection [a, a] contains duplicates."},
      {R"({"NS":["1","2","1.0"]})", "Input collection contains duplicates"},
      {R"({"BS":["YQ==","YQ=="]})", kInvalid + "Input collection [YQ==, YQ==]of type BS contains duplicates."},
      {R"({"SS":["a",null]})", kInvalid + "An string set may not have a null string as a member"},
      {R"({"NS":[null]})", "The parameter cannot be converted to a numeric value"},
      {R"({"BS":[null]})", kEmpty},
  });
}

TEST(JsonRefusalsTest, NullIsTrue) {
  expect_validation({{R"({"NULL":false})", kInvalid + "Null attribute value types must have the value of true"}});
}

TEST(JsonRefusalsTest, NestingEndsWhereTheServiceEndsIt) {
  EXPECT_EQ(through(nested_lists(31)), nested_lists(31));
  expect_validation({{nested_lists(32), kDeep}, {nested_lists(60), kDeep}});
  EXPECT_EQ(through(nested_lists(100)), "SerializationException: ");
  EXPECT_EQ(
      through(std::string(200'000, '[')),
      "SerializationException: Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue");
  EXPECT_EQ(through(R"({"X":)" + std::string(200'000, '[')), "SerializationException: ");
}

TEST(JsonRefusalsTest, NamesOfAttributesAreNotEmpty) {
  expect_validation({{R"({"M":{"":{"S":"x"}}})", "Empty attribute name"}});
  EXPECT_EQ(read_item(R"({"":{"S":"x"}})").refusal, "ValidationException: Empty attribute name");
}

TEST(JsonRefusalsTest, TypesOfJsonAreNamedAsTheServiceDoes) {
  expect_serialization({
      {R"({"S":5})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"S":1.5})", "DECIMAL_VALUE cannot be converted to String"},
      {R"({"N":true})", "TRUE_VALUE cannot be converted to String"},
      {R"({"S":false})", "FALSE_VALUE cannot be converted to String"},
      {R"({"S":["a"]})", "Unrecognized collection type class java.lang.String"},
      {R"({"S":{}})", "Start of structure or map found where not expected"},
      {R"({"SS":[5]})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"NS":[[]]})", "Unrecognized collection type class java.lang.String"},
      {R"({"BOOL":1})", "NUMBER_VALUE cannot be converted to Boolean"},
      {R"({"BOOL":"maybe"})", "Unexpected token received from parser"},
      {R"({"BOOL":{}})", "Start of structure or map found where not expected"},
      {R"({"BOOL":[]})", "Unrecognized collection type class java.lang.Boolean"},
      {R"({"SS":"a"})", "Unexpected field type"},
      {R"({"L":5})", "Unexpected field type"},
      {R"({"L":{}})", "Start of structure or map found where not expected"},
      {R"({"M":"a"})", "Unexpected field type"},
      {R"({"M":[]})",
       "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},
      {R"(5)", "Unexpected value type in payload"},
      {R"({"L":["a"]})", "Unexpected value type in payload"},
      {R"({"M":{"a":true}})", "Unexpected value type in payload"},
      {R"({"L":[[]]})", "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
  });
}

TEST(JsonRefusalsTest, BinariesAreBase64) {
  expect_serialization({
      {R"({"B":5})", "only base-64-encoded strings are convertible to bytes"},
      {R"({"BS":[true]})", "only base-64-encoded strings are convertible to bytes"},
      {R"({"B":[]})", "Unrecognized collection type class java.nio.ByteBuffer"},
      {R"({"B":{}})", "Start of structure or map found where not expected"},
      {R"({"B":"YQ"})", "Base64 encoded length is expected a multiple of 4 bytes but found: 2"},
      {R"({"BS":["a"]})", "Base64 encoded length is expected a multiple of 4 bytes but found: 1"},
      {R"({"B":"Y!Q="})", "Invalid base 64 character: '!'"},
      {R"({"B":"YR=="})", "Invalid last non-pad Base64 character dectected"},
  });
}

TEST(JsonRefusalsTest, WhatIsNoJsonIsRefusedWithoutAWord) {
  for (const std::string json : {"",
                                 " ",
                                 "{",
                                 "}",
                                 R"({"S")",
                                 R"({"S":)",
                                 R"({"S":"a")",
                                 R"({"S":"a",})",
                                 R"({,"S":"a"})",
                                 R"({"S" "a"})",
                                 R"({S:"a"})",
                                 R"({'S':'a'})",
                                 R"({"S":'a'})",
                                 R"({"S":NaN})",
                                 R"({"S":Infinity})",
                                 R"({"S":-})",
                                 R"({"X":01})",
                                 R"({"X":1.})",
                                 R"({"X":.5})",
                                 R"({"X":+1})",
                                 R"({"X":1e})",
                                 R"({"X":tru})",
                                 R"({"X":nul})",
                                 R"({"S":"a"}x)",
                                 R"({"S":"a"}{})",
                                 R"({"S":"a")",
                                 R"({"S":"\x"})",
                                 R"({"S":"\u12"})",
                                 R"({"S":"\u12G4"})",
                                 "{\"S\":\"\n\"}",
                                 "{\"S\":\"a\0\"}",
                                 R"({"S":"\)",
                                 R"({"S":"\")",
                                 R"({"L":[)",
                                 R"({"L":[{"S":"a"})",
                                 R"({"L":[{"S":"a"},]})",
                                 R"({"L":[,]})",
                                 R"({"L":[{"S":"a"} {"S":"b"}]})",
                                 R"({"SS":["a",]})",
                                 R"({"SS":["a" "b"]})",
                                 R"({"SS":[)",
                                 R"({"M":{"a"}})",
                                 R"({"M":{"a":{"S":"b"},}})",
                                 R"({"X":[1,]})",
                                 R"({"X":{"a":1,}})",
                                 R"({"X":{"a" 1}})",
                                 R"({"X":[1 2]})",
                                 R"({"X":[}})",
                                 R"({/**/})",
                                 "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(through(json), "SerializationException: ") << json;
  }
}

TEST(JsonRefusalsTest, HalfASurrogatePairIsNoText) {
  for (const char* json :
       {R"({"S":"\ud800"})", R"({"S":"\udc00"})", R"({"S":"\ud800\u0041"})", R"({"S":"\ud800\ud800"})",
        R"({"S":"\ud83dx"})", R"({"S":"\uDE00\uD83D"})", R"({"M":{"\ud800":{"S":"a"}}})"}) {
    EXPECT_EQ(through(json), "SerializationException: ") << json;
  }
}

TEST(JsonRefusalsTest, RepeatedNamesAreRefused) {
  expect_serialization({{R"({"S":"a","S":"b"})", "Duplicate field 'S'"},
                        {R"({"S":null,"S":"b"})", "Duplicate field 'S'"},
                        {R"({"M":{"a":{"S":"x"},"a":{"S":"y"}}})", "Duplicate field 'a'"},
                        {R"({"M":{"a":{"S":"x"},"\u0061":{"S":"y"}}})", "Duplicate field 'a'"}});
}

TEST(JsonRefusalsTest, SerializationCountsMoreWhereverItStands) {
  EXPECT_EQ(through(R"({"L":[{"N":"x"},{"S":5}]})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(through(R"({"N":"x"}x)"), "SerializationException: ");
}

TEST(JsonRefusalsTest, TheFirstBadValueCounts) {
  EXPECT_EQ(through(R"({"L":[{"N":"x"},{"SS":[]},{"N":"y"}]})"),
            "ValidationException: The parameter cannot be converted to a numeric value: x");
  EXPECT_EQ(through(R"({"S":"a","N":"x"})"),
            "ValidationException: The parameter cannot be converted to a numeric value: x");
}

// Whoever checks other things first goes on with what was read.
TEST(JsonRefusalsTest, WhatIsReadInsteadOfABadValueIsWellFormed) {
  for (const std::string& value :
       {std::string("null"), std::string("{}"), std::string(R"({"N":"x"})"), std::string(R"({"SS":[]})"),
        std::string(R"({"SS":["a","a"]})"), std::string(R"({"NS":["x","y"]})"), std::string(R"({"S":"a","N":"1"})"),
        std::string(R"({"NULL":false})")}) {
    const auto read = read_item(R"({"before":{"S":"x"},"a":)" + value + R"(,"after":{"N":"1"}})");
    EXPECT_TRUE(read.refusal.starts_with("ValidationException: ")) << value;
    EXPECT_TRUE(is_valid_item(read.bytes)) << value;
    EXPECT_EQ(read.item().find("after").text(), "1") << value;
  }
}

TEST(JsonRefusalsTest, WhatLiesTooDeepIsLeftOut) {
  const auto read = read_item(R"({"a":)" + nested_lists(40) + R"(,"after":{"N":"1"}})");
  EXPECT_EQ(read.refusal, "ValidationException: " + kDeep);
  EXPECT_EQ(read.item().find("after").text(), "1");
}

TEST(JsonRefusalsTest, ABadValueIsKnownBeforeTheEnd) {
  read_with(R"({"N":"x"})", [](JsonReader& reader, ValueWriter& to) {
    EXPECT_FALSE(reader.value_fault());
    EXPECT_TRUE(reader.read_value(to));
    EXPECT_FALSE(reader.failed());
    ASSERT_TRUE(reader.value_fault());
    EXPECT_EQ(reader.value_fault()->message(), "The parameter cannot be converted to a numeric value: x");
  });
}

}  // namespace
}  // namespace gatehouse::dynamo
