// Bodies in chunks of S3's form: they mean the same however they are cut; one that ends has the length that was announced, and one that
// does not never gave all of it.
#include "fuzz_support.hpp"
#include "middleware/signed_body.hpp"

#include <algorithm>
#include <string>

namespace gatehouse::middleware {
namespace {

using gatehouse::testing::require;

class Pieces final : public http::BodyReader {
 public:
  Pieces(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  http::BodyChunk poll_body() override {
    if (bytes_.empty()) return {http::BodyState::kEnd, {}};
    return {http::BodyState::kData, bytes_.substr(0, piece_)};
  }
  void consume_body(std::size_t bytes) override {
    require(bytes <= std::min(piece_, bytes_.size()), "no more is consumed than was given");
    bytes_.remove_prefix(bytes);
  }
  http::Fields trailers() const override { return {}; }
  bool body_complete() const override { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

// The body and how it ended.
std::string read(const SignedBodyFacts& facts, std::string_view wire, std::size_t piece) {
  crypto::SigV4Claim claim;
  claim.time = "20130524T000000Z";
  claim.scope = "20130524/us-east-1/s3/aws4_request";
  claim.signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  SignedBody body(facts, crypto::SigV4Chain("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", claim));
  Pieces from(wire, piece);
  std::string given;
  while (true) {
    const http::BodyChunk chunk = body.poll(from);
    if (chunk.state == http::BodyState::kData) {
      given += chunk.bytes;
      body.consume(chunk.bytes.size());
      continue;
    }
    const bool ended = chunk.state == http::BodyState::kEnd;
    require(ended != (body.refusal() != nullptr), "it ends, or there is a refusal");
    require(ended ? given.size() == facts.length : given.size() < facts.length || facts.length == 0, "only a good body is given whole", given);
    return given + '\n' + (ended ? "good" : std::string(body.refusal()->reason));
  }
}

}  // namespace
}  // namespace gatehouse::middleware

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::middleware;
  using gatehouse::crypto::SigV4Streaming;
  if (size < 2) return 0;
  const SigV4Streaming forms[] = {SigV4Streaming::kUnsignedTrailers, SigV4Streaming::kSigned, SigV4Streaming::kSignedTrailers};
  const SignedBodyFacts facts{forms[data[0] % 3], data[1], 64, "x-a, x-b"};
  const std::string_view wire = gatehouse::testing::text_of(data + 2, size - 2);
  const std::string whole = read(facts, wire, size);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, 1 + size / 3})
    gatehouse::testing::require(read(facts, wire, piece) == whole, "a body means the same however it is cut", whole);
  return 0;
}
