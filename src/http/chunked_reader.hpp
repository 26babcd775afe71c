// Takes chunked framing off a body (RFC 9112 section 7.1), strictly: sizes of at most 16 hexadecimal digits, CRLF only,
// well-formed extensions of at most 4 KiB, trailers under the head's limits, and no more framing than data deserves.
// What it says does not depend on how the bytes were cut. One thread.
#pragma once

#include "head_parser.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::http {

class ChunkedReader {
 public:
  enum class State : std::uint8_t {
    kNeedMore,  // all of `bytes` was framing, and all of it is used
    kData,      // `data` is body; after using some of it, call took()
    kEnd,       // the body and its trailers are complete; `used` bytes were framing
    kMalformed
  };
  struct Step {
    State state;
    std::size_t used;  // framing bytes in front of `data`, to be dropped by the caller: they are not looked at again
    std::string_view data;  // directly behind them
  };

  void restart(HeadLimits trailer_limits);
  // Looks at `bytes`: what was received and not yet used.
  Step next(std::string_view bytes);
  // REQUIRES: not more than the `data` of the last step.
  void took(std::size_t body_bytes);
  Fields trailers() const;  // after kEnd; forbidden names already dropped
  const Malformed& malformed() const { return malformed_; }

 private:
  enum class Phase : std::uint8_t {
    kSizeBegin,
    kSize,
    kExtension,
    kExtensionName,
    kExtensionNameEnd,
    kExtensionValue,
    kExtensionToken,
    kExtensionQuoted,
    kExtensionEscaped,
    kExtensionQuotedEnd,
    kExtensionEnd,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerBegin,
    kLastLf,
    kTrailers,
    kEnd,
    kMalformed
  };
  struct Trailers {
    explicit Trailers(HeadLimits limits) : parser(limits) {}
    std::string bytes;
    FieldRefs refs;
    HeadParser parser;
    std::uint64_t present = 0;
  };

  void step(char c);
  void step_size(char c);
  void step_extension(char c);
  void begin_chunk();
  std::size_t take_trailers(std::string_view bytes);
  void drop_forbidden();
  void fail(std::string_view reason, int status = 400);

  std::uint64_t remaining_ = 0;  // of the chunk
  std::uint64_t overhead_ = 0;   // framing bytes that no data has paid for
  HeadLimits trailer_limits_{};
  Malformed malformed_;
  std::unique_ptr<Trailers> trailers_;  // most bodies have none
  std::uint32_t extension_bytes_ = 0;   // of the chunk
  std::uint32_t digits_ = 0;
  Phase phase_ = Phase::kSizeBegin;
};

}  // namespace gatehouse::http
