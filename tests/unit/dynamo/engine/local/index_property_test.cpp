// Whatever is written, every index is what would be computed from the table alone.
#include "unit/dynamo/engine/local/engine_fixture.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using testing::Json;

struct Index {
  const char* name;
  std::vector<const char*> keys;
  std::vector<const char*> projected;  // empty: all
};

const std::vector<Index>& indexes() {
  static const std::vector<Index> all = {{"by_n", {"n"}, {"pk", "sk", "n", "x"}},
                                         {"by_a", {"a"}, {}},
                                         {"by_an", {"a", "n"}, {"pk", "sk", "a", "n"}},
                                         {"by_many", {"a", "b", "n"}, {"pk", "sk", "a", "b", "n", "x", "y"}}};
  return all;
}

class IndexPropertyTest : public testing::LocalEngineTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  Json value(std::string_view attribute) {
    if (attribute == "n") return {{"N", std::to_string(pick(3))}};
    if (attribute == "b") return {{"B", pick(2) == 0 ? "AA==" : "AQ=="}};
    return {{"S", std::string(1, static_cast<char>('a' + pick(3)))}};
  }

  Json random_key() { return {{"pk", {{"S", std::to_string(pick(3))}}}, {"sk", {{"S", std::to_string(pick(4))}}}}; }

  Json random_item() {
    Json item = random_key();
    for (const char* attribute : {"a", "b", "n", "x", "y", "z"})
      if (pick(3) != 0) item[attribute] = value(attribute);
    return item;
  }

  void change_something() {
    switch (pick(5)) {
      case 0:
      case 1: ok(Operation::kPutItem, Json{{"TableName", "indexed"}, {"Item", random_item()}}); return;
      case 2: ok(Operation::kDeleteItem, Json{{"TableName", "indexed"}, {"Key", random_key()}}); return;
      case 3: update(); return;
      default: batch();
    }
  }

  void update() {
    Json changes = Json::object();
    for (const char* attribute : {"a", "b", "n", "x", "y", "z"}) {
      const int what = pick(4);
      if (what == 0) changes[attribute] = {{"Action", "DELETE"}};
      if (what == 1) changes[attribute] = {{"Action", "PUT"}, {"Value", value(attribute)}};
    }
    if (!changes.empty())
      ok(Operation::kUpdateItem, Json{{"TableName", "indexed"}, {"Key", random_key()}, {"AttributeUpdates", changes}});
  }

  void batch() {
    Json writes = Json::array();
    std::vector<Json> keys;
    for (int i = 0; i < 4; ++i) {
      const Json item = random_item();
      const Json key = {{"pk", item["pk"]}, {"sk", item["sk"]}};
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      keys.push_back(key);
      if (pick(2) == 0) {
        writes.push_back({{"PutRequest", {{"Item", item}}}});
      } else {
        writes.push_back({{"DeleteRequest", {{"Key", key}}}});
      }
    }
    ok(Operation::kBatchWriteItem, Json{{"RequestItems", {{"indexed", writes}}}});
  }

  Json sorted_scan(const char* index) {
    Json request = {{"TableName", "indexed"}};
    if (index != nullptr) request["IndexName"] = index;
    Json items = ok(Operation::kScan, request)["Items"];
    std::sort(items.begin(), items.end());
    return items;
  }

  static Json expected(const Json& items, const Index& index) {
    Json entries = Json::array();
    for (const Json& item : items) {
      if (!std::all_of(index.keys.begin(), index.keys.end(), [&](const char* key) { return item.contains(key); })) continue;
      Json entry = index.projected.empty() ? item : Json::object();
      for (const char* attribute : index.projected)
        if (item.contains(attribute)) entry[attribute] = item[attribute];
      entries.push_back(std::move(entry));
    }
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(IndexPropertyTest, IndexesAreWhatTheTableSays) {
  create_indexed();
  for (int step = 0; step < 150; ++step) {
    change_something();
    const Json items = sorted_scan(nullptr);
    for (const Index& index : indexes())
      ASSERT_EQ(sorted_scan(index.name), expected(items, index)) << index.name << " after step " << step;
    const Json table = ok(Operation::kDescribeTable, R"({"TableName":"indexed"})")["Table"];
    ASSERT_EQ(table["ItemCount"], items.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, IndexPropertyTest, ::testing::Values(1U, 2U, 3U, 4U));

}  // namespace
}  // namespace gatehouse::dynamo
