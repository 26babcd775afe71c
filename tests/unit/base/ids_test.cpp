#include "gatehouse/base/ids.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <set>
#include <thread>

namespace gatehouse {
namespace {

std::string request_id() {
  std::string id(kRequestIdSize, '?');
  write_request_id(id.data());
  return id;
}

TEST(IdsTest, RequestIdsAreLowerCaseHexAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = request_id();
    ASSERT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
    ASSERT_TRUE(seen.insert(id).second);
  }
}

TEST(IdsTest, ThreadsDoNotRepeatEachOther) {
  std::string a;
  std::string b;
  std::thread([&] { a = request_id(); }).join();
  std::thread([&] { b = request_id(); }).join();
  EXPECT_NE(a, b);
}

TEST(IdsTest, FillsEveryByteWithChanceAndNoneBeyond) {
  std::string seen(64, '\0');
  for (int i = 0; i < 20; ++i) {
    std::string bytes(64, '\0');
    fill_random(bytes.data() + 1, 62);
    for (std::size_t at = 0; at < bytes.size(); ++at) seen[at] = static_cast<char>(seen[at] | bytes[at]);
  }
  EXPECT_EQ(seen.find('\0', 1), 63u);
  EXPECT_EQ(seen[0], '\0');
}

TEST(IdsTest, UuidHasVersionAndVariant) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(std::regex_match(make_uuid(), form));
}

TEST(IdsTest, UlidsSortByTime) {
  const std::string first = make_ulid();
  EXPECT_EQ(first.size(), 26U);
  EXPECT_EQ(first.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos) << first;
  const auto start = std::chrono::system_clock::now();
  while (std::chrono::system_clock::now() - start < std::chrono::milliseconds(2)) std::this_thread::yield();
  EXPECT_LT(first, make_ulid());
}

TEST(IdsTest, EveryBitOfTheGeneratorMoves) {
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t value = random_u64();
    ones |= value;
    zeros |= ~value;
  }
  EXPECT_EQ(ones, ~std::uint64_t{0});
  EXPECT_EQ(zeros, ~std::uint64_t{0});
}

}  // namespace
}  // namespace gatehouse
