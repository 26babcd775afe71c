// The signatures that AWS published for uploads in several chunks: 66560 letters in chunks of 64 KiB, 1 KiB and none.
#include "gatehouse/crypto/sigv4_chunks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::crypto {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kPlain = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kWithTrailers = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

struct Published {
  std::string authorization;
  std::vector<SigV4Header> headers;
  std::string_view streaming;
  std::string_view chunks[3];

  SigV4Request request() const { return {"PUT", "/examplebucket/chunkObject.txt", "", headers, {}}; }
};

Published published(std::string_view streaming, std::string_view signed_headers, std::string_view seed, std::string_view one,
                    std::string_view two, std::string_view last) {
  Published made{"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" +
                     std::string(signed_headers) + ",Signature=" + std::string(seed),
                 {{"Host", "s3.amazonaws.com"},
                  {"X-Amz-Date", "20130524T000000Z"},
                  {"X-Amz-Storage-Class", "REDUCED_REDUNDANCY"},
                  {"X-Amz-Content-Sha256", streaming},
                  {"Content-Encoding", "aws-chunked"},
                  {"X-Amz-Decoded-Content-Length", "66560"},
                  {"Content-Length", "66824"}},
                 streaming,
                 {one, two, last}};
  if (streaming == kWithTrailers) made.headers.push_back({"X-Amz-Trailer", "x-amz-checksum-crc32c"});
  return made;
}

const Published kChunks =
    published(kPlain, "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
              "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
              "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
              "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
              "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
const Published kTrailers =
    published(kWithTrailers, "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
              "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
              "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
              "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
              "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
constexpr std::string_view kTrailerSignature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";

class SigV4ChunksTest : public ::testing::Test {
 protected:
  SigV4Claim claim_of(const Published& of) {
    headers_ = of.headers;
    headers_.push_back({"Authorization", of.authorization});
    request_ = of.request();
    request_.headers = headers_;
    return *read_sigv4_claim(request_, arena_);
  }
  bool seed_is_right(const Published& of, std::string_view streaming) {
    const SigV4Claim claim = claim_of(of);
    const WallTime then = std::chrono::sys_days(std::chrono::year(2013) / 5 / 24);
    SigV4Expectation expected{kSecret, "s3", "us-east-1", then, SigV4Path::kS3};
    expected.streaming = streaming;
    return verify_sigv4(request_, claim, expected).has_value();
  }
  SigV4Chain chain(const Published& of) { return {kSecret, claim_of(of)}; }

  Arena arena_;
  std::vector<SigV4Header> headers_;
  SigV4Request request_;
  const std::string first_ = std::string(65536, 'a');
  const std::string second_ = std::string(1024, 'a');
};

TEST_F(SigV4ChunksTest, ThePublishedSeedSignaturesAreRight) {
  EXPECT_TRUE(seed_is_right(kChunks, kPlain));
  EXPECT_TRUE(seed_is_right(kTrailers, kWithTrailers));
}

TEST_F(SigV4ChunksTest, ASeedSignatureIsOfItsFormAlone) {
  EXPECT_FALSE(seed_is_right(kChunks, kWithTrailers));
  EXPECT_FALSE(seed_is_right(kChunks, {}));
}

TEST_F(SigV4ChunksTest, ThePublishedChunksAreRight) {
  for (const Published* of : {&kChunks, &kTrailers}) {
    SigV4Chain chain = this->chain(*of);
    EXPECT_TRUE(chain.accept_chunk(first_, of->chunks[0]));
    EXPECT_TRUE(chain.accept_chunk(second_, of->chunks[1]));
    EXPECT_TRUE(chain.accept_chunk({}, of->chunks[2]));
    EXPECT_EQ(chain.accept_trailers("x-amz-checksum-crc32c:sOO8/Q==\n", kTrailerSignature), of == &kTrailers);
  }
}

TEST_F(SigV4ChunksTest, AChunkIsRightInItsPlaceOnly) {
  SigV4Chain chain = this->chain(kChunks);
  EXPECT_FALSE(chain.accept_chunk(second_, kChunks.chunks[1]));  // the first was left out
  EXPECT_TRUE(chain.accept_chunk(first_, kChunks.chunks[0]));
  EXPECT_FALSE(chain.accept_chunk(first_, kChunks.chunks[0]));  // twice
  EXPECT_FALSE(chain.accept_chunk({}, kChunks.chunks[2]));
  EXPECT_TRUE(chain.accept_chunk(second_, kChunks.chunks[1]));
}

TEST_F(SigV4ChunksTest, WhatWasChangedIsWrong) {
  std::string changed = first_;
  changed.back() = 'b';
  EXPECT_FALSE(chain(kChunks).accept_chunk(changed, kChunks.chunks[0]));
  EXPECT_FALSE(chain(kChunks).accept_chunk(first_, kChunks.chunks[0].substr(1)));
  EXPECT_FALSE(chain(kChunks).accept_chunk(first_, ""));
  EXPECT_FALSE(SigV4Chain("another", claim_of(kChunks)).accept_chunk(first_, kChunks.chunks[0]));
  SigV4Chain chain = this->chain(kTrailers);
  EXPECT_TRUE(chain.accept_chunk(first_, kTrailers.chunks[0]) && chain.accept_chunk(second_, kTrailers.chunks[1]) &&
              chain.accept_chunk({}, kTrailers.chunks[2]));
  EXPECT_FALSE(chain.accept_trailers("x-amz-checksum-crc32c:AAAAAA==\n", kTrailerSignature));
}

TEST(SigV4Streaming, FormsAreKnownByName) {
  EXPECT_EQ(find_sigv4_streaming(kPlain), SigV4Streaming::kSigned);
  EXPECT_EQ(find_sigv4_streaming(kWithTrailers), SigV4Streaming::kSignedTrailers);
  EXPECT_EQ(find_sigv4_streaming("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), SigV4Streaming::kUnsignedTrailers);
  EXPECT_EQ(find_sigv4_streaming("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), std::nullopt);
  EXPECT_EQ(find_sigv4_streaming(""), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::crypto
