#include "gatehouse/plans/key_ring.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace gatehouse::plans {
namespace {

KeyRecord record(std::string_view key, std::string id, std::string plan = {}) { return {crypto::sha256(key), std::move(id), std::move(plan), 0}; }

TEST(KeyTableTest, FindsAKeyByWhatIsShown) {
  const KeyTable table({record("one", "a", "free"), record("two", "b")});
  ASSERT_NE(table.find("one"), nullptr);
  EXPECT_EQ(table.find("one")->id, "a");
  EXPECT_EQ(table.find("one")->plan, "free");
  for (const char* wrong : {"", "on", "one ", "ONE", "a"}) EXPECT_EQ(table.find(std::string_view(wrong)), nullptr) << wrong;
  EXPECT_EQ(table.find(std::string(KeyTable::kLongestKey + 1, 'x')), nullptr);
  EXPECT_EQ(KeyTable().find("one"), nullptr);
}

TEST(KeyTableTest, FindsEachOfMany) {
  std::vector<KeyRecord> records;
  for (int i = 0; i < 10'000; ++i) records.push_back(record("key " + std::to_string(i), "id-" + std::to_string(i)));
  const KeyTable table(std::move(records));
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(table.find("key " + std::to_string(i))->id, "id-" + std::to_string(i));
  EXPECT_EQ(table.find("key 10000"), nullptr);
}

TEST(KeyTableTest, TakesDigestsOf64Digits) {
  EXPECT_EQ(parse_digest(crypto::sha256_hex("x")), crypto::sha256("x"));
  EXPECT_FALSE(parse_digest("12"));
  EXPECT_FALSE(parse_digest(std::string(64, 'g')));
}

TEST(KeyRingTest, ReadersSeeWhatWasPublishedLast) {
  KeyRing ring(2);
  EXPECT_EQ(ring.read(0).find("one"), nullptr);
  ring.publish({record("one", "a")});
  EXPECT_EQ(ring.read(0).find("one")->id, "a");
  ring.publish({});
  EXPECT_EQ(ring.read(0).find("one"), nullptr);
  EXPECT_EQ(ring.read(1).find("one"), nullptr);
}

TEST(KeyRingTest, ATableStaysWhileItsReaderLooksIntoIt) {
  KeyRing ring(4);
  ring.publish({record("one", "a")});
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<int> wrong{0};
  for (unsigned reader = 0; reader < 4; ++reader)
    readers.emplace_back([&ring, &done, &wrong, reader] {
      while (!done) {
        const KeyRecord* const found = ring.read(reader).find("one");
        if (found == nullptr || found->id != "a") ++wrong;
      }
    });
  for (int i = 0; i < 2'000; ++i) ring.publish({record("one", "a"), record(std::to_string(i), "b")});
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace gatehouse::plans
