#include "dynamo/adapter/compression.hpp"

#include <gtest/gtest.h>

#include <zlib.h>

#include <random>
#include <string>

namespace gatehouse::dynamo {
namespace {

// zlib as the other side. Window bits: 31 gzip, 15 zlib, -15 raw.
std::string deflated(std::string_view bytes, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string sample(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "{\"S\":\"" + std::to_string(random()) + "\"},";
  text.resize(size);
  return text;
}

TEST(CompressionTest, InflatesWhatClientsSend) {
  std::string out;
  for (const std::size_t size : {0UL, 1UL, 100UL, 16'384UL, 100'000UL, 5'000'000UL}) {
    const std::string text = sample(size);
    EXPECT_EQ(inflate(Coding::kGzip, deflated(text, 31), 16 << 20, out), Inflated::kDone);
    EXPECT_EQ(out, text) << size;
    EXPECT_EQ(inflate(Coding::kDeflate, deflated(text, 15), 16 << 20, out), Inflated::kDone);
    EXPECT_EQ(out, text) << size;
    EXPECT_EQ(inflate(Coding::kDeflate, deflated(text, -15), 16 << 20, out), Inflated::kDone);
    EXPECT_EQ(out, text) << size;
  }
}

TEST(CompressionTest, ReadsSeveralMembers) {
  std::string out;
  EXPECT_EQ(inflate(Coding::kGzip, deflated("one,", 31) + deflated("two", 31), 1000, out), Inflated::kDone);
  EXPECT_EQ(out, "one,two");
}

TEST(CompressionTest, StopsAtTheLimitToTheByte) {
  std::string out;
  const std::string packed = deflated(std::string(1000, 'x'), 31);
  EXPECT_EQ(inflate(Coding::kGzip, packed, 1000, out), Inflated::kDone);
  EXPECT_EQ(inflate(Coding::kGzip, packed, 999, out), Inflated::kTooLarge);
}

TEST(CompressionTest, ABombCostsNoMoreThanTheLimit) {
  std::string out;
  const std::string bomb = deflated(std::string(64 << 20, '\0'), 31);
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(inflate(Coding::kGzip, bomb, 1 << 20, out), Inflated::kTooLarge);
  EXPECT_LE(out.capacity(), 4U << 20);
}

TEST(CompressionTest, RefusesWhatIsCutOrChanged) {
  std::string out;
  const std::string packed = deflated(sample(10'000), 31);
  for (const std::size_t size : {0UL, 1UL, 5UL, 100UL, packed.size() - 1})
    EXPECT_EQ(inflate(Coding::kGzip, std::string_view(packed).substr(0, size), 16 << 20, out), Inflated::kMalformed) << size;
  std::string changed = packed;
  changed[packed.size() - 6] = static_cast<char>(changed[packed.size() - 6] ^ 1);  // of the checksum
  EXPECT_EQ(inflate(Coding::kGzip, changed, 16 << 20, out), Inflated::kMalformed);
  EXPECT_EQ(inflate(Coding::kGzip, packed + "more", 16 << 20, out), Inflated::kMalformed);
  EXPECT_EQ(inflate(Coding::kGzip, "plain text", 16 << 20, out), Inflated::kMalformed);
  EXPECT_EQ(inflate(Coding::kDeflate, "plain text", 16 << 20, out), Inflated::kMalformed);
}

TEST(CompressionTest, WritesWhatClientsCanRead) {
  const std::string text = sample(50'000);
  std::string packed, out;
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
    ASSERT_TRUE(compress(coding, text, packed));
    EXPECT_LT(packed.size(), text.size());
    ASSERT_EQ(inflate(coding, packed, 1 << 20, out), Inflated::kDone);
    EXPECT_EQ(out, text);
  }
}

TEST(CompressionTest, LeavesAloneWhatDoesNotGetSmaller) {
  std::mt19937 random(1);
  std::string noise;
  for (int i = 0; i < 4096; ++i) noise += static_cast<char>(random());
  std::string packed;
  EXPECT_FALSE(compress(Coding::kGzip, noise, packed));
}

TEST(CompressionTest, KnowsCodingsByName) {
  EXPECT_EQ(find_coding(""), Coding::kIdentity);
  EXPECT_EQ(find_coding("identity"), Coding::kIdentity);
  EXPECT_EQ(find_coding(" GZip "), Coding::kGzip);
  EXPECT_EQ(find_coding("deflate"), Coding::kDeflate);
  EXPECT_EQ(find_coding("br"), Coding::kUnknown);
  EXPECT_EQ(find_coding("gzip, gzip"), Coding::kUnknown);
}

TEST(CompressionTest, ChoosesWhatTheClientTakes) {
  EXPECT_EQ(choose_coding("gzip"), Coding::kGzip);
  EXPECT_EQ(choose_coding("deflate, gzip;q=1.0, *;q=0.5"), Coding::kGzip);
  EXPECT_EQ(choose_coding("deflate"), Coding::kDeflate);
  EXPECT_EQ(choose_coding("gzip;q=0, deflate;q=0.000"), Coding::kIdentity);
  EXPECT_EQ(choose_coding("identity, br"), Coding::kIdentity);
  EXPECT_EQ(choose_coding(""), Coding::kIdentity);
}

}  // namespace
}  // namespace gatehouse::dynamo
