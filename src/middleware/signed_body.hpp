// The body of a request that is signed in chunks, taken out of its framing (`aws-chunked`):
//   10000;chunk-signature=<64 hex>\r\n<65536 bytes>\r\n … 0;chunk-signature=<64 hex>\r\n [trailing fields] \r\n
// A chunk is held until its signature was verified, and the end of the body until nothing more can be wrong with it. Trailing fields
// are verified and dropped: what goes to the backend has a length, and HTTP/1.1 has no place for them there.
#pragma once

#include "gatehouse/crypto/sigv4_chunks.hpp"
#include "gatehouse/pipeline/body_decoder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::middleware {

struct SignedBodyFacts {
  crypto::SigV4Streaming form = crypto::SigV4Streaming::kSigned;
  std::uint64_t length = 0;         // X-Amz-Decoded-Content-Length: the body has exactly this
  std::uint64_t largest_chunk = 0;  // bytes of data
  std::string_view announced;       // X-Amz-Trailer: the names of the trailing fields; outlives the body
};

class SignedBody final : public pipeline::BodyDecoder {
 public:
  // `chain` is not asked where nothing is signed.
  SignedBody(const SignedBodyFacts& facts, crypto::SigV4Chain chain) : facts_(facts), chain_(std::move(chain)) {}

  http::BodyChunk poll(http::BodyReader& from) override;
  void consume(std::size_t bytes) override;
  std::uint64_t length() const override { return facts_.length; }
  const pipeline::BodyRefusal* refusal() const override { return refusal_ ? &*refusal_ : nullptr; }

 private:
  enum class Phase : std::uint8_t { kHead, kData, kDataEnd, kTrailers, kEnd };
  using Trailer = std::pair<std::string, std::string>;

  bool is_signed() const { return facts_.form != crypto::SigV4Streaming::kUnsignedTrailers; }
  bool has_trailers() const { return facts_.form != crypto::SigV4Streaming::kSigned; }
  std::size_t take(std::string_view bytes);
  std::size_t take_line(std::string_view bytes, std::size_t longest);
  void end_line();
  void read_head();
  std::optional<std::uint64_t> read_size();
  void end_data();
  void read_trailer();
  void end_trailers();
  void end();
  void refuse(int status, std::string_view reason, std::string_view detail);
  void malformed(std::string_view detail);

  const SignedBodyFacts facts_;
  crypto::SigV4Chain chain_;
  Phase phase_ = Phase::kHead;
  std::string line_;             // of the framing, as far as it is there
  std::string chunk_;            // as far as it is there, or verified
  std::string signature_;        // of the chunk, then of the trailing fields
  std::uint64_t missing_ = 0;    // of the chunk
  std::uint64_t decoded_ = 0;    // bytes of all chunks whose head was read
  std::size_t ready_ = 0;        // of chunk_: verified, and may go
  std::size_t given_ = 0;        // of those: gone
  bool whole_ = false;           // all was found good
  std::vector<Trailer> trailers_;
  std::size_t trailer_bytes_ = 0;
  std::optional<pipeline::BodyRefusal> refusal_;
};

}  // namespace gatehouse::middleware
