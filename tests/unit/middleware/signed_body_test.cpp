#include "middleware/signed_body.hpp"

#include "step_fixture.hpp"

#include <string>
#include <vector>

namespace gatehouse::middleware {
namespace {

using crypto::SigV4Streaming;
using http::BodyState;

// The example that AWS published: 66560 letters in chunks of 64 KiB, 1 KiB and none.
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kSeed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const std::string kFirst = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + std::string(65536, 'a') + "\r\n";
const std::string kSecond = "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + std::string(1024, 'a') + "\r\n";
const std::string kLast = "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n";
// And the one with a field behind them.
constexpr std::string_view kTrailerSeed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
const std::string kTrailing =
    "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" + std::string(65536, 'a') +
    "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" + std::string(1024, 'a') +
    "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n";
const std::string kChecksum = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
const std::string kChecksumSigned = "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
constexpr std::string_view kMalformed = "sigv4_chunk_malformed";

class SignedBodyTest : public StepTest {
 protected:
  struct Seen {
    std::string body;
    BodyState state;
    std::string reason;  // of the refusal
  };

  // What comes of `wire`, of which `piece` bytes arrive at a time and then an end.
  Seen read(const SignedBodyFacts& facts, std::string_view seed, const std::string& wire, std::size_t piece = 4096, bool ends = true) {
    FakeExchange exchange(worker_);
    exchange.expect_body();
    for (std::size_t at = 0; at < wire.size(); at += piece) exchange.body(wire.substr(at, piece));
    if (ends) exchange.end_body();
    crypto::SigV4Claim claim;
    claim.time = "20130524T000000Z";
    claim.scope = "20130524/us-east-1/s3/aws4_request";
    claim.signature = seed;
    SignedBody body(facts, crypto::SigV4Chain(kSecret, claim));
    Seen seen{};
    while (true) {
      const http::BodyChunk chunk = body.poll(exchange);
      seen.state = chunk.state;
      if (chunk.state != BodyState::kData) break;
      const std::size_t some = (chunk.bytes.size() + 1) / 2;
      seen.body += chunk.bytes.substr(0, some);
      body.consume(some);
    }
    if (body.refusal() != nullptr) seen.reason = body.refusal()->reason;
    return seen;
  }
  Seen published(const std::string& wire, std::size_t piece = 4096, bool ends = true) { return read(facts_, kSeed, wire, piece, ends); }
  std::string reason(const std::string& wire) {
    const Seen seen = published(wire);
    EXPECT_EQ(seen.state == BodyState::kFailed, !seen.reason.empty());
    return seen.reason;
  }
  // Chunks without signatures.
  Seen plain(const std::string& wire, std::uint64_t length, std::string_view announced = "") {
    return read({SigV4Streaming::kUnsignedTrailers, length, 16, announced}, {}, wire, 3);
  }

  const SignedBodyFacts facts_{SigV4Streaming::kSigned, 66560, 65536, {}};
  const SignedBodyFacts trailing_{SigV4Streaming::kSignedTrailers, 66560, 65536, "x-amz-checksum-crc32c"};
};

TEST_F(SignedBodyTest, ThePublishedExampleIsDecodedHoweverItIsCut) {
  const std::string wire = kFirst + kSecond + kLast + "\r\n";
  ASSERT_EQ(wire.size(), 66824U);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{65536}, wire.size()}) {
    const Seen seen = published(wire, piece);
    EXPECT_EQ(seen.state, BodyState::kEnd) << seen.reason;
    EXPECT_EQ(seen.body, std::string(66560, 'a'));
  }
}

TEST_F(SignedBodyTest, TrailingFieldsAreVerifiedAndDropped) {
  const Seen seen = read(trailing_, kTrailerSeed, kTrailing + kChecksum + kChecksumSigned + "\r\n");
  EXPECT_EQ(seen.state, BodyState::kEnd) << seen.reason;
  EXPECT_EQ(seen.body, std::string(66560, 'a'));
  for (const std::string& wrong : {kChecksum + "\r\n", kChecksumSigned + "\r\n", "x-amz-checksum-crc32c:AAAAAA==\r\n" + kChecksumSigned + "\r\n",
                                   kChecksum + "x-other:1\r\n" + kChecksumSigned + "\r\n"}) {
    const Seen refused = read(trailing_, kTrailerSeed, kTrailing + wrong);
    EXPECT_EQ(refused.reason, "sigv4_trailer") << wrong;
    EXPECT_EQ(refused.body.size(), 65536U);
  }
  EXPECT_EQ(read(trailing_, kTrailerSeed, kTrailing + kChecksumSigned + kChecksum + "\r\n").reason, kMalformed);
  EXPECT_EQ(read(trailing_, kTrailerSeed, kTrailing + kChecksum + kChecksumSigned).reason, kMalformed);
}

TEST_F(SignedBodyTest, NoByteOfAChunkLeavesBeforeItsSignatureIsVerified) {
  std::string wire = kFirst;
  EXPECT_EQ(published(wire.substr(0, wire.size() - 1), 4096, false).body, "");
  EXPECT_EQ(published(wire, 4096, false).body.size(), 65536U);
  wire[1000] = 'b';
  const Seen seen = published(wire);
  EXPECT_EQ(seen.body, "");
  EXPECT_EQ(seen.reason, "sigv4_chunk_mismatch");
}

TEST_F(SignedBodyTest, TheEndOfTheBodyWaitsForTheEndOfTheFraming) {
  for (const std::string& wire : {kFirst + kSecond, kFirst + kSecond + kLast, kFirst + kSecond + kLast + "\r\n"}) {
    const Seen seen = published(wire, 4096, false);
    EXPECT_EQ(seen.state, BodyState::kPending);
    EXPECT_EQ(seen.body.size(), 65536U);
  }
}

TEST_F(SignedBodyTest, ChunksThatAreMissingOrMovedOrRepeatedAreRefused) {
  EXPECT_EQ(reason(kSecond + kFirst + kLast + "\r\n"), "sigv4_chunk_mismatch");
  EXPECT_EQ(reason(kSecond + kLast + "\r\n"), "sigv4_chunk_mismatch");
  EXPECT_EQ(reason(kFirst + kFirst + kLast + "\r\n"), "sigv4_decoded_length");
  EXPECT_EQ(reason(kFirst + kLast + "\r\n"), "sigv4_decoded_length");
  EXPECT_EQ(reason(kFirst + kSecond), kMalformed);
  EXPECT_EQ(reason(""), kMalformed);
  EXPECT_EQ(reason(kFirst + kSecond + kLast + "\r\nx"), kMalformed);
  EXPECT_EQ(reason(kFirst + kSecond + kLast), kMalformed);
}

TEST_F(SignedBodyTest, TheSignatureOfTheLastChunkCountsToo) {
  std::string last = kLast;
  last[20] = last[20] == '0' ? '1' : '0';
  const Seen seen = published(kFirst + kSecond + last + "\r\n");
  EXPECT_EQ(seen.reason, "sigv4_chunk_mismatch");
  EXPECT_EQ(seen.body.size(), 65536U);
}

TEST_F(SignedBodyTest, AHeadThatIsNoneIsRefused) {
  const std::string signature(64, '0');
  for (const std::string& head : std::vector<std::string>{
           "10000\r\n", "10000;chunk-signature=\r\n", "10000;chunk-signature=" + signature + "0\r\n", "10000;chunk-signature=" + signature + ";a=b\r\n",
           "10000 ;chunk-signature=" + signature + "\r\n", "-1;chunk-signature=" + signature + "\r\n", ";chunk-signature=" + signature + "\r\n",
           "10000;chunk-signature=" + signature + "\n", "0x10;chunk-signature=" + signature + "\r\n", "10000;name=" + signature + "\r\n",
           "00000000000000001;chunk-signature=" + signature + "\r\n", std::string(200, '1'), "\r\n"})
    EXPECT_EQ(reason(head + std::string(65536, 'a')), kMalformed) << head;
  EXPECT_EQ(reason("ffffffffffffffff;chunk-signature=" + signature + "\r\n"), "sigv4_decoded_length");
}

TEST_F(SignedBodyTest, AChunkBeyondTheLimitIsRefusedByItsHead) {
  const SignedBodyFacts facts{SigV4Streaming::kSigned, 66560, 65535, {}};
  const Seen seen = read(facts, kSeed, kFirst.substr(0, 100), 4096, false);
  EXPECT_EQ(seen.state, BodyState::kFailed);
  EXPECT_EQ(seen.reason, "sigv4_chunk_too_large");
}

TEST_F(SignedBodyTest, UnsignedChunksHaveTheSameFramingWithoutSignatures) {
  const Seen seen = plain("3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Amz-Checksum-Crc32: x\r\n\r\n", 13, "x-amz-checksum-crc32");
  EXPECT_EQ(seen.state, BodyState::kEnd) << seen.reason;
  EXPECT_EQ(seen.body, "abc0123456789");
  EXPECT_EQ(plain("0\r\n\r\n", 0).state, BodyState::kEnd);
  EXPECT_EQ(plain("3\r\nabc\r\n0\r\n\r\n", 3, "x-a").reason, "sigv4_trailer");
  EXPECT_EQ(plain("3\r\nabc\r\n0\r\nx-b: 1\r\n\r\n", 3, "x-a").reason, "sigv4_trailer");
  EXPECT_EQ(plain("3\r\nabc\r\n0\r\nx-a: 1\r\nx-a: 2\r\n\r\n", 3, "x-a").reason, "sigv4_trailer");
  EXPECT_EQ(plain("3;chunk-signature=x\r\nabc\r\n0\r\n\r\n", 3).reason, kMalformed);
  EXPECT_EQ(plain("3\r\nabcd\r\n0\r\n\r\n", 4).reason, kMalformed);
  EXPECT_EQ(plain("3\r\nabc\r\n0\r\n\r\n", 2).reason, "sigv4_decoded_length");
  EXPECT_EQ(plain("3\r\nabc\r\n0\r\n\r\n", 4).reason, "sigv4_decoded_length");
  EXPECT_EQ(plain("11\r\n", 100).reason, "sigv4_chunk_too_large");
}

TEST_F(SignedBodyTest, TrailingFieldsHaveABound) {
  std::string many = "0\r\n";
  for (int i = 0; i < 1000; ++i) many += "x-a:1234\r\n";
  EXPECT_EQ(plain(many + "\r\n", 0, "x-a").reason, kMalformed);
  EXPECT_EQ(plain("0\r\nx-a:" + std::string(5000, '1') + "\r\n\r\n", 0, "x-a").reason, kMalformed);
  EXPECT_EQ(plain("0\r\nx-a:" + std::string(4090, '1') + "\r\n\r\n", 0, "x-a").state, BodyState::kEnd);
  for (const char* const wrong : {"no colon\r\n", ":1\r\n", "x y:1\r\n"}) EXPECT_EQ(plain(std::string("0\r\n") + wrong + "\r\n", 0).reason, kMalformed);
}

TEST_F(SignedBodyTest, ABodyThatCannotBeReadIsNoRefusal) {
  FakeExchange exchange(worker_);
  exchange.body(kFirst.substr(0, 100));
  SignedBody body(facts_, crypto::SigV4Chain(kSecret, {}));
  EXPECT_EQ(body.poll(exchange).state, BodyState::kPending);
  exchange.fail(http::Failure::kBodyTimeout);
  EXPECT_EQ(body.poll(exchange).state, BodyState::kFailed);
  EXPECT_EQ(body.refusal(), nullptr);
}

}  // namespace
}  // namespace gatehouse::middleware
