#include "unit/dynamo/wire/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using test::read_item;
using test::read_value;
using test::read_with;
using test::through;
using test::told;

TEST(JsonReaderTest, ReadsEveryType) {
  for (const char* json : {R"({"S":""})", R"({"S":"text"})", R"({"S":"a\"b\\c\n\u0001é😀"})", R"({"N":"-12.5"})",
                           R"({"B":""})", R"({"B":"AAH/"})", R"({"BOOL":true})", R"({"BOOL":false})",
                           R"({"NULL":true})", R"({"SS":["","a","b\t"]})", R"({"NS":["-2","0.5","10"]})",
                           R"({"BS":["","AA==","/w=="]})", R"({"L":[]})", R"({"L":[{"S":"a"},{"L":[{"NULL":true}]}]})",
                           R"({"M":{}})", R"({"M":{"a\"":{"N":"1"},"b":{"M":{"c":{"S":""}}}}})"}) {
    EXPECT_EQ(through(json), json);
  }
}

TEST(JsonReaderTest, FormDoesNotMatter) {
  EXPECT_EQ(through(" \r\n\t{ \"S\" : \"a\" } "), R"({"S":"a"})");
  EXPECT_EQ(through("{ \"M\" : { \"x\" : { \"N\" : \"+01.50\" } , \"y\" : { \"L\" : [ { \"NULL\" : true } , { \"SS\" : "
                    "[ \"b\" , \"a\" ] } ] } } }"),
            R"({"M":{"x":{"N":"1.5"},"y":{"L":[{"NULL":true},{"SS":["a","b"]}]}}})");
  EXPECT_EQ(through(R"({"\u0053":"\u0041\/\ud83d\ude00\u00e9\u20ac"})"), R"({"S":"A/😀é€"})");
  EXPECT_EQ(through(R"({"NS":["10","9","-1e0"]})"), R"({"NS":["-1","9","10"]})");
}

TEST(JsonReaderTest, MembersThatAreNoTypeAndNullsAreIgnored) {
  EXPECT_EQ(through(R"({"X":{"deep":[1,2,{"a":null}]},"S":"a","N":null})"), R"({"S":"a"})");
}

TEST(JsonReaderTest, BooleansMayBeTexts) {
  for (const char* text : {"true", "TRUE", "1", "yes", "Yes"})
    EXPECT_EQ(through(R"({"BOOL":")" + std::string(text) + "\"}"), R"({"BOOL":true})");
  for (const char* text : {"false", "0", "NO"})
    EXPECT_EQ(through(R"({"BOOL":")" + std::string(text) + "\"}"), R"({"BOOL":false})");
  EXPECT_EQ(through(R"({"NULL":"true"})"), R"({"NULL":true})");
}

TEST(JsonReaderTest, ItemsKeepTheirOrder) {
  const auto read = read_item(R"({"b":{"S":"1"},"a":{"S":"2"}, "c":{"S":"3"}})");
  EXPECT_EQ(read.refusal, "");
  EXPECT_EQ(test::written(read.item()), R"({"b":{"S":"1"},"a":{"S":"2"},"c":{"S":"3"}})");
  EXPECT_TRUE(is_valid_item(read.bytes));
}

TEST(JsonReaderTest, MapsAreValues) {
  const auto read = read_with(R"({":a":{"S":"1"}})", [](JsonReader& reader, ValueWriter& to) { reader.read_map(to); });
  EXPECT_EQ(read.value().type(), Type::kMap);
  EXPECT_EQ(read.value().map().find(":a").text(), "1");
}

TEST(JsonReaderTest, AppendsToWhatIsThere) {
  Arena arena;
  JsonReader reader(R"([{"S":"a"},{"S":"b"}])", arena);
  std::string bytes = "kept";
  ValueWriter writer(bytes);
  ASSERT_TRUE(reader.begin_array());
  while (reader.next_element()) EXPECT_TRUE(reader.read_value(writer));
  EXPECT_TRUE(reader.finish());
  EXPECT_TRUE(bytes.starts_with("kept"));
  const Value first = Value::at(bytes.data() + 4);
  EXPECT_EQ(first.text(), "a");
  EXPECT_EQ(Value::at(first.bytes().data() + first.bytes().size()).text(), "b");
}

TEST(JsonReaderTest, WalksThroughARequest) {
  Arena arena;
  const std::string text =
      R"( {"TableName":"t","Key":{"id":{"S":"a"}},"ConsistentRead":true,"Limit":25,"Names":["x","\u0079"],)"
      R"("Nothing":null,"Skipped":{"a":[1,{"b":"c"}]},"Raw": {"x":[ 1 ]} } )";
  JsonReader reader(text, arena);
  std::string bytes;
  ValueWriter writer(bytes);
  std::vector<std::string> seen;
  ASSERT_TRUE(reader.begin_object());
  while (const auto name = reader.next_name()) {
    std::string_view string;
    bool boolean = false;
    std::int64_t integer = 0;
    if (*name == "TableName") {
      EXPECT_TRUE(reader.read_string(string));
      EXPECT_EQ(string, "t");
    } else if (*name == "Key") {
      EXPECT_TRUE(reader.read_item(writer));
    } else if (*name == "ConsistentRead") {
      EXPECT_TRUE(reader.read_bool(boolean));
      EXPECT_TRUE(boolean);
    } else if (*name == "Limit") {
      EXPECT_TRUE(reader.read_integer(integer));
      EXPECT_EQ(integer, 25);
    } else if (*name == "Names") {
      ASSERT_TRUE(reader.begin_array());
      while (reader.next_element()) {
        EXPECT_TRUE(reader.read_string(string));
        seen.emplace_back(string);
      }
    } else if (*name == "Raw") {
      EXPECT_TRUE(reader.read_raw(string));
      EXPECT_EQ(string, R"({"x":[ 1 ]})");
    } else {
      EXPECT_TRUE(reader.skip_null() || reader.skip());
    }
  }
  EXPECT_TRUE(reader.finish());
  EXPECT_FALSE(reader.fault());
  EXPECT_EQ(seen, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(Map::item(bytes).find("id").text(), "a");
}

TEST(JsonReaderTest, PeekSaysWhatStandsNext) {
  using Kind = JsonReader::Kind;
  const std::pair<const char*, Kind> table[] = {
      {"{", Kind::kObject},  {" [", Kind::kArray}, {"\"", Kind::kString}, {"-1", Kind::kNumber}, {"0", Kind::kNumber},
      {"true", Kind::kBool}, {"f", Kind::kBool},   {"n", Kind::kNull},    {"", Kind::kEnd},      {"x", Kind::kEnd}};
  for (const auto& [text, kind] : table) {
    Arena arena;
    JsonReader reader(text, arena);
    EXPECT_EQ(reader.peek(), kind) << text;
  }
}

TEST(JsonReaderTest, IntegersAreCutAndHeldWithin64Bits) {
  const std::pair<const char*, std::int64_t> table[] = {
      {"0", 0},
      {"-7", -7},
      {"1.9", 1},
      {"-1.9", -1},
      {"1e3", 1000},
      {"12e-1", 1},
      {"1e-5", 0},
      {"-0.0", 0},
      {"9223372036854775807", INT64_MAX},
      {"9223372036854775808", INT64_MAX},
      {"-9223372036854775809", INT64_MIN},
      {"1e30", INT64_MAX},
      {"-1e400", INT64_MIN},
      {"1e99999999999", INT64_MAX},
      {"1e-99999999999", 0},
      {"0.1000000000000000055511151231257827021181583404541015625", 0},
      {"3.00000000000000000000000000000000000000000000001", 3}};
  for (const auto& [text, value] : table) {
    Arena arena;
    JsonReader reader(text, arena);
    std::int64_t read = 42;
    EXPECT_TRUE(reader.read_integer(read)) << text;
    EXPECT_EQ(read, value) << text;
    EXPECT_TRUE(reader.finish()) << text;
  }
}

std::string refusal_of(std::string_view text, bool (*action)(JsonReader&)) {
  Arena arena;
  JsonReader reader(text, arena);
  EXPECT_FALSE(action(reader)) << text;
  return told(reader);
}

TEST(JsonReaderTest, SaysWhatWasFoundAndWhatWasExpected) {
  const auto integer = [](JsonReader& reader) {
    std::int64_t to = 0;
    return reader.read_integer(to);
  };
  const auto string = [](JsonReader& reader) {
    std::string_view to;
    return reader.read_string(to);
  };
  const auto object = [](JsonReader& reader) { return reader.begin_object("class x.KeySchemaElement"); };
  const auto array = [](JsonReader& reader) { return reader.begin_array(); };
  EXPECT_EQ(refusal_of("\"5\"", integer), "SerializationException: STRING_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal_of("true", integer), "SerializationException: TRUE_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal_of("[]", integer), "SerializationException: Unrecognized collection type class java.lang.Integer");
  EXPECT_EQ(refusal_of("5", string), "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(refusal_of("5", object), "SerializationException: Unexpected field type");
  EXPECT_EQ(refusal_of("[]", object), "SerializationException: Unrecognized collection type class x.KeySchemaElement");
  EXPECT_EQ(refusal_of("{}", array), "SerializationException: Start of structure or map found where not expected");
  EXPECT_EQ(refusal_of("\"a\"", array), "SerializationException: Unexpected field type");
  EXPECT_EQ(refusal_of("[5]",
                       [](JsonReader& reader) {
                         return reader.begin_array() && reader.next_element() && reader.begin_object();
                       }),
            "SerializationException: Unexpected value type in payload");
}

TEST(JsonReaderTest, NothingHappensAfterAFault) {
  Arena arena;
  JsonReader reader(R"({"a":x,"b":"c"})", arena);
  std::string bytes;
  ValueWriter writer(bytes);
  std::string_view text;
  std::int64_t integer = 0;
  bool boolean = false;
  ASSERT_TRUE(reader.begin_object());
  ASSERT_EQ(reader.next_name(), "a");
  EXPECT_FALSE(reader.skip());
  EXPECT_TRUE(reader.failed());
  reader.fail_serialization("later");
  EXPECT_EQ(reader.peek(), JsonReader::Kind::kEnd);
  EXPECT_EQ(reader.next_name(), std::nullopt);
  EXPECT_FALSE(reader.next_element());
  EXPECT_FALSE(reader.begin_object());
  EXPECT_FALSE(reader.begin_array());
  EXPECT_FALSE(reader.read_string(text));
  EXPECT_FALSE(reader.read_integer(integer));
  EXPECT_FALSE(reader.read_bool(boolean));
  EXPECT_FALSE(reader.read_raw(text));
  EXPECT_FALSE(reader.read_value(writer));
  EXPECT_FALSE(reader.read_item(writer));
  EXPECT_FALSE(reader.skip_null());
  EXPECT_FALSE(reader.finish());
  EXPECT_EQ(bytes, "");
  EXPECT_EQ(told(reader), "SerializationException: ");
}

TEST(JsonReaderTest, ObjectsAreBoundedInDepth) {
  const auto opens = [](unsigned depth) {
    Arena arena;
    const std::string text(depth, '[');
    JsonReader reader(text, arena);
    for (unsigned i = 0; i < depth; ++i) {
      if (!reader.begin_array() || (i + 1 < depth && !reader.next_element())) return false;
    }
    return true;
  };
  EXPECT_TRUE(opens(JsonReader::kMaxDepth));
  EXPECT_FALSE(opens(JsonReader::kMaxDepth + 1));
}

std::string many_names(int count, const std::string& last) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += "\"prefix" + std::to_string(i) + "suffix\":{\"N\":\"1\"},";
  return text + "\"" + last + "\":{\"N\":\"2\"}}";
}

TEST(JsonReaderTest, FindsARepeatedNameAmongAnyNumber) {
  for (const int count : {1, 2, 23, 24, 25, 26, 64, 65, 1000, 50'000}) {
    EXPECT_EQ(read_item(many_names(count, "new")).refusal, "") << count;
    for (const int repeated : {0, count / 2, count - 1}) {
      const std::string name = "prefix" + std::to_string(repeated) + "suffix";
      EXPECT_EQ(read_item(many_names(count, name)).refusal, "SerializationException: Duplicate field '" + name + "'")
          << count;
    }
  }
}

TEST(JsonReaderTest, NamesAreTheirObjectsOwn) {
  EXPECT_EQ(through(R"({"M":{"a":{"M":{"a":{"S":"1"},"b":{"S":"2"}}},"b":{"M":{"a":{"S":"3"}}}}})"),
            R"({"M":{"a":{"M":{"a":{"S":"1"},"b":{"S":"2"}}},"b":{"M":{"a":{"S":"3"}}}}})");
  Arena arena;
  JsonReader reader(R"({"a":{"a":1},"b":{"a":1,"b":2},"a":1})", arena);
  reader.begin_object();
  while (reader.next_name()) {
    if (reader.peek() != JsonReader::Kind::kObject) break;
    reader.begin_object();
    while (reader.next_name()) EXPECT_TRUE(reader.skip());
  }
  EXPECT_EQ(told(reader), "SerializationException: Duplicate field 'a'");
}

TEST(JsonReaderTest, LongTextsOfEveryLengthComeBack) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text = R"({"S":")" + std::string(size, 'x') + R"("})";
    ASSERT_EQ(through(text), text);
    const std::string escaped = R"({"S":")" + std::string(size, 'x') + R"(\n"})";
    ASSERT_EQ(through(escaped), escaped);
    const std::string control = "{\"S\":\"" + std::string(size, 'x') + "\x1F\"}";
    ASSERT_EQ(through(control), "SerializationException: ");
  }
}

TEST(JsonReaderTest, KnowsUtf8) {
  EXPECT_TRUE(is_valid_utf8("é€😀"));
  EXPECT_FALSE(is_valid_utf8("\xC3"));
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));
}

}  // namespace
}  // namespace gatehouse::dynamo
