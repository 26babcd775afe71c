#include "gatehouse/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::crypto {
namespace {

// FIPS 180-4 examples, as NIST's "Examples with Intermediate Values" gives them.
TEST(DigestTest, GivesThePublishedSha256Values) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DigestTest, HashesZeroBytesLikeAnyOther) {
  EXPECT_NE(sha256(std::string_view("a\0b", 3)), sha256("a"));
  EXPECT_EQ(sha256_hex(std::string_view("\0", 1)), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(DigestTest, GivesTheSameOnEveryThread) {
  std::vector<std::string> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : seen) {
      threads.emplace_back([&result] {
        for (int i = 0; i < 100; ++i) result = sha256_hex("abc");
      });
    }
  }
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), std::set<std::string>{sha256_hex("abc")});
}

TEST(DigestTest, ComparesWholeTexts) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("secret", "secret"));
  EXPECT_FALSE(constant_time_equal("secret", "secreT"));
  EXPECT_FALSE(constant_time_equal("secret", "secret1"));
  EXPECT_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace gatehouse::crypto
