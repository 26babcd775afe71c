// The body of one HTTP/1 request, taken out of the connection's input: by length or chunk by chunk, under a limit. Decodes
// what is there; receiving is the exchange's business. One thread.
#pragma once

#include "chunked_reader.hpp"
#include "gatehouse/http/body.hpp"
#include "gatehouse/http/exchange.hpp"
#include "head_parser.hpp"
#include "http1_input.hpp"

#include <cstdint>
#include <optional>

namespace gatehouse::http {

class Http1RequestBody {
 public:
  // REQUIRES: a request's framing: kNone, kLength (with a length) or kChunked.
  void begin(Framing framing, std::optional<std::uint64_t> length, std::uint64_t limit,
             const HeadLimits& trailer_limits);
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  std::uint64_t limit() const { return limit_; }

  // What `input` holds of the body at its front, after framing was dropped; kPending: more must be received first.
  BodyChunk look(Http1Input& input);
  // REQUIRES: look() said kData, of at least `bytes`.
  void consume(Http1Input& input, std::size_t bytes);
  // Consumes all of the body that `input` holds. False when the body cannot be understood.
  bool discard(Http1Input& input);

  bool complete() const { return complete_; }
  // Nothing of it, framing neither, was seen yet.
  bool untouched() const { return wire_bytes_ == 0; }
  // Reading the rest costs less than a new connection: it is known to be small, or little was discarded so far.
  bool rest_is_small() const;
  // How much to receive at most in one go: no further than the body's end when that is known.
  std::size_t wanted(const Http1Input& input, std::size_t at_most) const;

  Failure failure() const { return failure_; }
  Fields trailers() const { return framing_ == Framing::kChunked && complete_ ? chunks_.trailers() : Fields(); }
  // Consumed so far, framing included.
  std::uint64_t wire_bytes() const { return wire_bytes_; }

 private:
  BodyChunk look_at_chunks(Http1Input& input);
  BodyChunk fail(Failure why);

  ChunkedReader chunks_;
  Framing framing_ = Framing::kNone;
  Failure failure_ = Failure::kNone;
  bool complete_ = true;
  std::uint64_t remaining_ = 0;
  std::uint64_t limit_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t wire_bytes_ = 0;
  std::uint64_t discarded_ = 0;
};

}  // namespace gatehouse::http
