#include "unit/dynamo/wire/support.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gatehouse::dynamo {
namespace {

using namespace std::string_literals;
using test::nested_lists;
using test::read_item;

std::string u32(std::uint32_t value) { return {reinterpret_cast<const char*>(&value), 4}; }

// An item with one attribute "a" whose value is `value`.
std::string item_with(const std::string& value) {
  return "\1" + u32(static_cast<std::uint32_t>(value.size() + 2)) + u32(1) +
         "\x02"
         "a" +
         value;
}

std::string container(char tag, std::uint32_t count, const std::string& content) {
  return tag + u32(static_cast<std::uint32_t>(content.size())) + u32(count) + content;
}

const std::string kRich =
    R"({"id":{"S":"a\"b"},"n":{"N":"-1.5"},"b":{"B":"AAEC"},"t":{"BOOL":true},"z":{"NULL":true},"ss":{"SS":["x","y"]},)"
    R"("ns":{"NS":["1","2"]},"bs":{"BS":["AA==","AQ=="]},"l":{"L":[{"S":"x"},{"L":[]}]},"m":{"M":{"k":{"M":{}}}}})";

TEST(ItemCheckTest, TakesWhatIsWritten) {
  EXPECT_TRUE(is_valid_item(read_item("{}").bytes));
  EXPECT_TRUE(is_valid_item(read_item(kRich).bytes));
  EXPECT_TRUE(
      is_valid_item(item_with("\0\x06"
                              "abc"s)));
  EXPECT_TRUE(is_valid_item(read_item(R"({"a":)" + nested_lists(31) + "}").bytes));
}

TEST(ItemCheckTest, RefusesEveryTruncationAndEverythingBehind) {
  const std::string bytes = read_item(kRich).bytes;
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(is_valid_item(bytes.substr(0, size))) << size;
  EXPECT_FALSE(is_valid_item(bytes + '\0'));
}

TEST(ItemCheckTest, RefusesWhatTheWriterNeverWrites) {
  const std::string table[] = {
      "\2" + u32(0) + u32(0),  // a version that is not known
      item_with("\x0A"),       // no such tag
      item_with("\0\x07"
                "abc"s),                     // says that it needs escapes
      item_with("\0\x02\""s),                // needs one and does not say so
      item_with("\0\x02\xFF"s),              // not UTF-8
      item_with("\0\x80\x00"s),              // a varint longer than it must be
      item_with("\0\xFF\xFF\xFF\xFF\xFF"s),  // a varint without end
      item_with("\0\xFF\xFF\xFF\xFF\x7F"s),  // more than 32 bits
      item_with("\1\3"
                "1.0"s),                            // not canonical
      item_with("\1\0"s),                           // no number
      item_with("\2\x03x"),                         // a binary that needs escapes
      item_with("\3\2"),                            // neither true nor false
      item_with(container('\5', 0, "")),            // an empty set
      item_with(container('\5', 2, "\x02z\x02y")),  // not in order
      item_with(container('\5', 2, "\x02y\x02y")),  // twice the same
      item_with(container('\6', 2,
                          "\x04"
                          "10"
                          "\x02"
                          "9")),                    // in the order of text
      item_with(container('\5', 1, "\x02x\x02y")),  // more than it counts
      item_with(container('\5', 3, "\x02x\x02y")),  // less than it counts
      item_with(container('\x08', 1, "\4\4")),
      item_with(container('\x08', UINT32_MAX, "\4")),
      item_with(container('\x09', 2, "\x02k\4\x02k\4")),  // a name twice
      "\1" + u32(UINT32_MAX) + u32(1),
  };
  for (const std::string& bytes : table) EXPECT_FALSE(is_valid_item(bytes)) << testing::PrintToString(bytes);
}

TEST(ItemCheckTest, RefusesDeeperNestingThanTheServiceStores) {
  std::string value = "\4";
  for (int i = 0; i < 31; ++i) value = container('\x08', 1, value);
  EXPECT_TRUE(is_valid_item(item_with(value)));
  EXPECT_FALSE(is_valid_item(item_with(container('\x08', 1, value))));
  for (int i = 0; i < 20'000; ++i) value = container('\x08', 1, value.substr(0, 64));
  EXPECT_FALSE(is_valid_item(item_with(value)));
}

// Whatever is accepted can be walked through and written; sanitizers see where a view leaves the bytes.
TEST(ItemCheckTest, DamagedItemsAreRefusedOrSafe) {
  const std::string bytes = read_item(kRich).bytes;
  std::mt19937 random(3);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string damaged = bytes;
    for (unsigned n = random() % 3 + 1; n > 0; --n) damaged[random() % damaged.size()] = static_cast<char>(random());
    const std::string exact(damaged);
    if (!is_valid_item(exact)) continue;
    ++accepted;
    const std::string text = test::written(Map::item(exact));
    ASSERT_EQ(test::written(read_item(text).item()), text);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace gatehouse::dynamo
