#include "gatehouse/dynamo/wire/value.hpp"

#include "unit/dynamo/wire/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using test::read_item;
using test::read_value;
using test::written;

std::string item_of_everything() {
  std::string bytes;
  ValueWriter writer(bytes);
  auto item = writer.begin_item();
  writer.name(item, "s");
  writer.string("text");
  writer.name(item, "n");
  writer.number("-12.5");
  writer.name(item, "b");
  writer.binary(std::string_view("\0\xFF", 2));
  writer.name(item, "t");
  writer.boolean(true);
  writer.name(item, "f");
  writer.boolean(false);
  writer.name(item, "z");
  writer.null();
  writer.name(item, "ss");
  writer.set(Type::kStringSet, std::vector<std::string>{"", "a", "b\""});
  writer.name(item, "l");
  auto list = writer.begin_list();
  writer.string("");
  writer.null();
  list.count = 2;
  writer.end_list(list);
  writer.name(item, "m");
  auto map = writer.begin_map();
  writer.name(map, "inner");
  writer.number("0");
  writer.end_map(map);
  writer.end_item(item);
  return bytes;
}

TEST(ValueTest, WhatIsWrittenIsReadInPlace) {
  const std::string bytes = item_of_everything();
  const Map item = Map::item(bytes);
  EXPECT_EQ(item.count(), 9U);
  EXPECT_EQ(item.find("s").type(), Type::kString);
  EXPECT_EQ(item.find("s").text(), "text");
  EXPECT_EQ(item.find("n").text(), "-12.5");
  EXPECT_EQ(item.find("b").text(), std::string_view("\0\xFF", 2));
  EXPECT_TRUE(item.find("t").boolean());
  EXPECT_FALSE(item.find("f").boolean());
  EXPECT_EQ(item.find("z").type(), Type::kNull);
  const Elements set = item.find("ss").elements();
  EXPECT_EQ(std::vector<std::string_view>(set.begin(), set.end()), (std::vector<std::string_view>{"", "a", "b\""}));
  EXPECT_TRUE(set.contains("a"));
  EXPECT_FALSE(set.contains("b"));
  EXPECT_EQ(item.find("l").count(), 2U);
  EXPECT_EQ(item.find("l").list().at(1).type(), Type::kNull);
  EXPECT_FALSE(item.find("l").list().at(2));
  EXPECT_EQ(item.find("m").map().find("inner").text(), "0");
  EXPECT_FALSE(item.find("missing"));
  EXPECT_FALSE(item.find(""));
  EXPECT_TRUE(is_valid_item(bytes));
}

TEST(ValueTest, AnEmptyMapHasNothing) {
  const Map none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.begin(), none.end());
  EXPECT_FALSE(none.find("a"));
  EXPECT_EQ(written(none), "{}");
  EXPECT_TRUE(equal(none, read_item("{}").item()));
}

TEST(ValueTest, LengthsOfEverySizeComeBack) {
  for (const std::size_t size : {0U, 1U, 62U, 63U, 64U, 65U, 8191U, 8192U, 8193U, 400'000U, 2'000'000U}) {
    std::string bytes;
    ValueWriter writer(bytes);
    auto item = writer.begin_item();
    writer.name(item, std::string(size, 'n'));
    writer.string(std::string(size, 's'));
    writer.name(item, "after");
    writer.binary(std::string(size, 'b'));
    writer.end_item(item);
    const Map map = Map::item(bytes);
    EXPECT_EQ(map.find(std::string(size, 'n')).text(), std::string(size, 's'));
    EXPECT_EQ(map.find("after").text().size(), size);
    EXPECT_TRUE(is_valid_item(bytes));
  }
}

TEST(ValueTest, AValueCanBeCopiedWhole) {
  const std::string bytes = item_of_everything();
  std::string copy;
  ValueWriter writer(copy);
  auto item = writer.begin_item();
  for (const Attribute& attribute : Map::item(bytes)) {
    writer.name(item, attribute.name);
    writer.value(attribute.value);
  }
  writer.end_item(item);
  EXPECT_EQ(copy, bytes);
}

TEST(ValueTest, EqualityKnowsTypesAndIgnoresTheOrderOfMaps) {
  const auto equals = [](std::string_view a, std::string_view b) {
    const auto left = read_value(a);
    const auto right = read_value(b);
    EXPECT_EQ(left.refusal + right.refusal, "");
    EXPECT_EQ(equal(left.value(), right.value()), equal(right.value(), left.value()));
    return equal(left.value(), right.value());
  };
  EXPECT_TRUE(equals(R"({"N":"1.0"})", R"({"N":"+1"})"));
  EXPECT_FALSE(equals(R"({"N":"1"})", R"({"S":"1"})"));
  EXPECT_FALSE(equals(R"({"S":"YQ=="})", R"({"B":"YQ=="})"));
  EXPECT_TRUE(equals(R"({"SS":["b","a"]})", R"({"SS":["a","b"]})"));
  EXPECT_TRUE(equals(R"({"NS":["10","2.0"]})", R"({"NS":["2","1e1"]})"));
  EXPECT_FALSE(equals(R"({"SS":["a"]})", R"({"L":[{"S":"a"}]})"));
  EXPECT_FALSE(equals(R"({"L":[{"S":"a"},{"S":"b"}]})", R"({"L":[{"S":"b"},{"S":"a"}]})"));
  EXPECT_FALSE(equals(R"({"L":[{"S":"a"}]})", R"({"L":[{"S":"a"},{"S":"b"}]})"));
  EXPECT_TRUE(
      equals(R"({"L":[{"M":{"x":{"N":"1"},"y":{"N":"2"}}}]})", R"({"L":[{"M":{"y":{"N":"2"},"x":{"N":"1.0"}}}]})"));
  EXPECT_FALSE(equals(R"({"M":{"x":{"N":"1"},"y":{"N":"2"}}})", R"({"M":{"y":{"N":"1"},"x":{"N":"2"}}})"));
  EXPECT_FALSE(equals(R"({"M":{"x":{"N":"1"},"y":{"N":"2"}}})", R"({"M":{"x":{"N":"1"},"z":{"N":"2"}}})"));
  EXPECT_TRUE(equals(R"({"NULL":true})", R"({"NULL":true})"));
  EXPECT_FALSE(equals(R"({"BOOL":true})", R"({"BOOL":false})"));
}

// 20,000 names in reverse order: looking each up in turn would take minutes.
TEST(ValueTest, LargeMapsInDifferentOrdersCompareFast) {
  std::string forward = "{";
  std::string backward = "{";
  for (int i = 0; i < 20'000; ++i) {
    const auto attribute = [](int n) {
      return "\"name" + std::to_string(n) + R"(":{"N":")" + std::to_string(n) + "\"}";
    };
    forward += (i == 0 ? "" : ",") + attribute(i);
    backward += (i == 0 ? "" : ",") + attribute(19'999 - i);
  }
  EXPECT_TRUE(equal(read_item(forward + "}").item(), read_item(backward + "}").item()));
  EXPECT_FALSE(
      equal(read_item(forward + R"(,"x":{"N":"1"}})").item(), read_item(backward + R"(,"y":{"N":"1"}})").item()));
}

TEST(ValueTest, ComparesNumbersNumericallyAndBytesUnsigned) {
  const auto compares = [](std::string_view a, std::string_view b) {
    return compare(read_value(a).value(), read_value(b).value());
  };
  EXPECT_LT(compares(R"({"N":"9"})", R"({"N":"10"})"), 0);
  EXPECT_GT(compares(R"({"S":"9"})", R"({"S":"10"})"), 0);
  EXPECT_LT(compares(R"({"S":"z"})", R"({"S":"é"})"), 0);
  EXPECT_LT(compares(R"({"B":"fw=="})", R"({"B":"gA=="})"), 0);
  EXPECT_EQ(compares(R"({"N":"-0"})", R"({"N":"0.0"})"), 0);
  EXPECT_LT(compares(R"({"S":"a"})", R"({"S":"aa"})"), 0);
}

// "Item sizes and formats" of the developer guide: 3 bytes for a list or map, 1 more for each of its members.
TEST(ValueTest, SizeIsTheServicesAccounting) {
  const std::pair<const char*, unsigned> table[] = {
      {R"({"S":""})", 0},
      {R"({"S":"é"})", 2},
      {R"({"N":"1249.95"})", 4},
      {R"({"B":"AAAA"})", 3},
      {R"({"BOOL":false})", 1},
      {R"({"NULL":true})", 1},
      {R"({"SS":["ab","c"]})", 3},
      {R"({"NS":["1","-12"]})", 5},
      {R"({"BS":["AAAA","AA=="]})", 4},
      {R"({"L":[]})", 3},
      {R"({"L":[{"S":"ab"},{"NULL":true}]})", 8},
      {R"({"M":{}})", 3},
      {R"({"M":{"key":{"S":"ab"}}})", 9},
  };
  for (const auto& [json, size] : table) EXPECT_EQ(size_of(read_value(json).value()), size) << json;
  EXPECT_EQ(size_of(read_item(R"({"id":{"S":"abc"},"n":{"N":"1"}})").item()), 8U);
}

TEST(ValueTest, TypesHaveTheNamesOfTheApi) {
  EXPECT_EQ(type_name(Type::kString), "S");
  EXPECT_EQ(type_name(Type::kBool), "BOOL");
  EXPECT_EQ(type_name(Type::kMap), "M");
}

}  // namespace
}  // namespace gatehouse::dynamo
