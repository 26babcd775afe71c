#include "gatehouse/base/strings.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <vector>

namespace gatehouse {
namespace {

TEST(StringsTest, ComparesWithoutCaseOnlyInAscii) {
  EXPECT_TRUE(iequals("", ""));
  EXPECT_TRUE(iequals("Content-Length", "content-LENGTH"));
  EXPECT_FALSE(iequals("Content-Length", "Content_Length"));
  EXPECT_FALSE(iequals("abc", "abcd"));
  // Bytes that differ by the same bit as letters do, at every place of texts that are compared in one piece or several.
  for (const std::size_t size : {1, 3, 4, 6, 7, 8, 11, 16, 19}) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int c = 0; c < 256; ++c) {
        std::string a(size, 'x');
        std::string b = a;
        a[place] = static_cast<char>(c);
        b[place] = static_cast<char>(c ^ 0x20);
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        ASSERT_EQ(iequals(a, b), letter) << c << " at " << place << " of " << size;
      }
    }
  }
}

TEST(StringsTest, TrimsSpacesAndTabs) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("a\n"), "a\n");
}

TEST(StringsTest, ParsesDecimalDigitsOnly) {
  EXPECT_EQ(parse_u64("0"), 0U);
  EXPECT_EQ(parse_u64("007"), 7U);
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615U);
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "0x1", "1e3", "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(parse_u64(text), std::nullopt) << text;
  }
}

TEST(StringsTest, WritesDecimal) {
  const auto written = [](std::uint64_t value) {
    char text[20];
    return std::string(text, write_u64(text, value));
  };
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1, power * 7 + 3, ~power}) EXPECT_EQ(written(value), std::to_string(value));
    if (power > ~std::uint64_t{0} / 10) break;
  }
  for (int bits = 0; bits < 64; ++bits) {
    const std::uint64_t power = std::uint64_t{1} << bits;
    for (const std::uint64_t value : {power - 1, power, power + 1}) EXPECT_EQ(written(value), std::to_string(value));
  }
  EXPECT_EQ(written(~std::uint64_t{0}), "18446744073709551615");
  EXPECT_EQ(written(1230045670089), "1230045670089");
}

TEST(StringsTest, HashDependsOnEveryByteAndOnTheLength) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 150; ++size) {
    std::string text(size, 'a');
    ASSERT_TRUE(seen.insert(hash64(text)).second) << size;
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = 'b';
      ASSERT_TRUE(seen.insert(hash64(text)).second) << size << " " << i;
      text[i] = 'a';
    }
  }
}

TEST(StringsTest, HashDependsOnTheSeedAndOnlyOnTheText) {
  const std::string text = "/users/42/orders";
  const std::string copy = "?" + text;
  EXPECT_EQ(hash64(text), hash64(std::string_view(copy).substr(1)));
  EXPECT_NE(hash64(text), hash64(text, 1));
  EXPECT_NE(hash64(text, 1), hash64(text, 2));
}

TEST(StringsTest, HashChangesHalfItsBitsWithOneBitOfInput) {
  double changed = 0;
  int cases = 0;
  for (const std::size_t size : {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100}) {
    std::string text(size, 'q');
    const std::uint64_t before = hash64(text);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
      changed += std::popcount(before ^ hash64(text));
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
      ++cases;
    }
  }
  EXPECT_NEAR(changed / cases, 32, 1);
}

TEST(StringsTest, HashWithoutCaseAgreesWithLowering) {
  for (std::size_t size = 0; size < 80; ++size) {
    std::string mixed;
    for (std::size_t i = 0; i < size; ++i) mixed += static_cast<char>((i * 7 + size) % 256);
    ASSERT_EQ(hash64_nocase(mixed), hash64(to_lower(mixed))) << size;
    ASSERT_EQ(hash64_nocase(mixed), hash64_nocase(to_lower(mixed))) << size;
  }
}

TEST(StringsTest, StableHashNeverChanges) {
  EXPECT_EQ(stable_hash64(""), 0xefd01f60ba992926U);
  EXPECT_EQ(stable_hash64("10.0.0.1:8080"), stable_hash64(std::string("10.0.0.1:8080")));
  EXPECT_NE(stable_hash64("a"), stable_hash64("b"));
}

TEST(StringsTest, FindsTheNearestWord) {
  const std::vector<std::string> keys = {"backend", "timeout", "routes"};
  EXPECT_EQ(nearest("bakend", keys), "backend");
  EXPECT_EQ(nearest("route", keys), "routes");
  EXPECT_EQ(nearest("zzzzzz", keys), "");
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

}  // namespace
}  // namespace gatehouse
