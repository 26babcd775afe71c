// Takes chunked framing off a body (RFC 9112 section 7.1), strictly: sizes of at most 16 hexadecimal digits, CRLF only,
// extensions of at most 4 KiB without control bytes, trailers under the head's limits. One thread.
#pragma once

#include "head_parser.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::http {

class ChunkedReader {
 public:
  enum class State : std::uint8_t {
    kNeedMore,  // all of `bytes` was framing; `used` of them are done with
    kData,      // `data` is body; after using some of it, call took()
    kEnd,       // the body and its trailers are complete; `used` bytes were framing
    kMalformed
  };
  struct Step {
    State state;
    std::size_t used;       // framing bytes in front of `data`, to be dropped by the caller
    std::string_view data;  // directly behind them
  };

  void restart(HeadLimits trailer_limits);
  // Looks at `bytes`: what was received and not yet used.
  Step next(std::string_view bytes);
  void took(std::size_t body_bytes);
  Fields trailers() const;          // after kEnd; forbidden names already dropped
  const Malformed& malformed() const { return malformed_; }

 private:
  Malformed malformed_;
};

}  // namespace gatehouse::http
