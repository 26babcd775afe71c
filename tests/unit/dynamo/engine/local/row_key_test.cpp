#include "dynamo/engine/local/row_key.hpp"

#include "gatehouse/dynamo/wire/number.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace gatehouse::dynamo {
namespace {

Table table_of(KeyType partition, std::optional<KeyType> sort) {
  Table table;
  table.id = 7;
  table.partition = {"pk", partition};
  if (sort) table.sort = KeyPart{"sk", *sort};
  return table;
}

class Item {
 public:
  Item& string(std::string_view name, std::string_view text) {
    writer_.name(open_, name);
    writer_.string(text);
    return *this;
  }
  Item& number(std::string_view name, std::string_view text) {
    NumberText canonical;
    EXPECT_EQ(canonical_number(text, canonical), NumberProblem::kNone);
    writer_.name(open_, name);
    writer_.number(canonical.view());
    return *this;
  }
  Item& binary(std::string_view name, std::string_view bytes) {
    writer_.name(open_, name);
    writer_.binary(bytes);
    return *this;
  }
  Map map() {
    writer_.end_item(open_);
    return Map::item(bytes_);
  }

 private:
  std::string bytes_;
  ValueWriter writer_{bytes_};
  ValueWriter::Open open_ = writer_.begin_item();
};

using namespace std::string_literals;

std::string key_of(const Table& table, const Map& item) {
  std::string key;
  EXPECT_TRUE(append_item_key(key, table, item, KeyForm::kItem));
  return key;
}

std::string fault_of_key(const Table& table, const Map& item, KeyForm form) {
  std::string key;
  const Outcome<void> keyed = append_item_key(key, table, item, form);
  return keyed ? "" : keyed.error().message();
}

TEST(RowKeyTest, RowsOfAPartitionLieInTheOrderOfTheirSortKeys) {
  const Table numbers = table_of(KeyType::kString, KeyType::kNumber);
  const Table strings = table_of(KeyType::kNumber, KeyType::kString);
  std::string last;
  for (const char* number : {"-9.9e125", "-100", "-99.5", "-1", "-1e-130", "0", "1e-130", "0.5", "1", "2", "10", "1e20", "9.9e125"}) {
    std::string key = key_of(numbers, Item().string("pk", "p").number("sk", number).map());
    EXPECT_LT(last, key) << number;
    last = std::move(key);
  }
  last.clear();
  for (const std::string& text : {"\0"s, "\0\0"s, "\0\1"s, "a"s, "a\0"s, "a\0\1"s, "a\1"s, "ab"s, "b"s, "\x7f"s}) {
    std::string key = key_of(strings, Item().number("pk", "5").string("sk", text).map());
    EXPECT_LT(last, key) << text;
    last = std::move(key);
  }
}

TEST(RowKeyTest, EqualNumbersAreOneKey) {
  const Table table = table_of(KeyType::kNumber, std::nullopt);
  EXPECT_EQ(key_of(table, Item().number("pk", "1").map()), key_of(table, Item().number("pk", "1.000e0").map()));
}

TEST(RowKeyTest, PartitionsDoNotRunIntoEachOther) {
  const Table table = table_of(KeyType::kString, KeyType::kString);
  EXPECT_NE(key_of(table, Item().string("pk", "ab").string("sk", "c").map()),
            key_of(table, Item().string("pk", "a").string("sk", "bc").map()));
}

TEST(RowKeyTest, KeysBeginWithTheirPartitionsPrefix) {
  const Table table = table_of(KeyType::kString, KeyType::kString);
  std::string prefix;
  append_partition_prefix(prefix, table.id, kTableRows, "p");
  EXPECT_TRUE(key_of(table, Item().string("pk", "p").string("sk", "s").map()).starts_with(prefix));
  EXPECT_EQ(row_head(prefix).size(), kRowHead);
}

TEST(RowKeyTest, AnIndexEntryLeadsBackToItsItem) {
  Table table = table_of(KeyType::kNumber, KeyType::kString);
  TableIndex index;
  index.number = 3;
  index.partition = {{"a", KeyType::kString}, {"b", KeyType::kBinary}};
  index.sort = {{"c", KeyType::kNumber}, {"d", KeyType::kString}};
  Item item;
  const Map map = item.number("pk", "-12.5").string("sk", "s\0\1x"s).string("a", "\0a"s).binary("b", "\xff\0"s)
                      .number("c", "-7e-30").string("d", "d\0"s).map();
  std::string entry;
  ASSERT_TRUE(append_index_key(entry, table, index, map).value());
  EXPECT_EQ(item_key_of_entry(entry, table, index), key_of(table, map));
}

TEST(RowKeyTest, AnItemWithoutAKeyAttributeOfTheIndexHasNoEntry) {
  const Table table = table_of(KeyType::kString, std::nullopt);
  TableIndex index;
  index.number = 1;
  index.partition = {{"a", KeyType::kString}};
  index.sort = {{"b", KeyType::kNumber}};
  std::string entry;
  EXPECT_FALSE(append_index_key(entry, table, index, Item().string("pk", "p").string("a", "x").map()).value());
  EXPECT_TRUE(entry.empty());
}

TEST(RowKeyTest, SaysWhatIsWrongWithAKey) {
  const Table table = table_of(KeyType::kString, KeyType::kBinary);
  const std::string schema = "The provided key element does not match the schema";
  EXPECT_EQ(fault_of_key(table, Item().string("pk", "p").map(), KeyForm::kExact), schema);
  EXPECT_EQ(fault_of_key(table, Item().string("pk", "p").string("sk", "s").map(), KeyForm::kExact), schema);
  EXPECT_EQ(fault_of_key(table, Item().string("pk", "p").binary("sk", "s").string("x", "").map(), KeyForm::kExact), schema);
  EXPECT_EQ(fault_of_key(table, Item().string("pk", "p").map(), KeyForm::kItem),
            "One or more parameter values were invalid: Missing the key sk in the item");
  EXPECT_EQ(fault_of_key(table, Item().number("pk", "1").binary("sk", "s").map(), KeyForm::kItem),
            "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N");
  EXPECT_EQ(fault_of_key(table, Item().string("pk", "p").binary("sk", "").map(), KeyForm::kItem),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty binary "
            "value. Key: sk");
  EXPECT_EQ(fault_of_key(table, Item().string("pk", std::string(2049, 'p')).binary("sk", "s").map(), KeyForm::kItem),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes");
  EXPECT_EQ(fault_of_key(table, Item().string("pk", "p").binary("sk", std::string(1025, 's')).map(), KeyForm::kItem),
            "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  EXPECT_EQ(fault_of_key(table, Item().string("pk", std::string(2048, 'p')).binary("sk", std::string(1024, 's')).map(),
                         KeyForm::kItem), "");
}

TEST(RowKeyTest, HashesSpreadEvenlyOverSegments) {
  std::array<int, 16> segments{};
  for (int i = 0; i < 16000; ++i) ++segments[partition_hash("user-" + std::to_string(i)) >> 28];
  for (const int count : segments) {
    EXPECT_GT(count, 850);
    EXPECT_LT(count, 1150);
  }
}

TEST(RowKeyTest, TheHashOfAPartitionStaysWhatTheStoreWasWrittenWith) {
  const std::array<std::uint32_t, 3> hashes = {partition_hash("a"), partition_hash("user-1"), partition_hash("0123456789abcdef")};
  EXPECT_EQ(hashes, (std::array<std::uint32_t, 3>{0xF0E980D9U, 0x23825B28U, 0xB45C65FBU}));
}

TEST(RowKeyTest, ExpiryRowsLieInTheOrderOfTime) {
  std::string early, late;
  append_expiry_key(early, 1, 0xFFFFFFFFULL, "zzz");
  append_expiry_key(late, 1, 0x100000000ULL, "aaa");
  EXPECT_LT(early, late);
}

}  // namespace
}  // namespace gatehouse::dynamo
