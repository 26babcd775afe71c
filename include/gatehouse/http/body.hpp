// How bodies move: polled by whoever wants them, pushed by whoever has them, nothing waits inside. All sleeping is done on
// the request's one Waiter, which every side wakes when it moved. One thread.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/http/fields.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::http {

enum class BodyState : std::uint8_t {
  kData,     // `bytes` are there now
  kPending,  // nothing now; the waiter will be woken
  kEnd,      // all was consumed; trailers are there
  kFailed,   // it will never be complete; the owner says why
};

struct BodyChunk {
  BodyState state = BodyState::kPending;
  // Valid until the next poll or consume, any other read on this worker, or suspension of the coroutine. Consume or copy
  // before sleeping.
  std::string_view bytes;
};

// Reading side: lazy, nothing is read from the peer before it is asked for; consuming gives credit back.
class BodyReader {
 public:
  virtual BodyChunk poll_body() = 0;
  virtual void consume_body(std::size_t bytes) = 0;
  // After kEnd. Fields that may not stand in trailers (RFC 9110 section 6.5.1) are already dropped.
  virtual Fields trailers() const = 0;
  // True when nothing more needs to be read: what poll_body() gave last, consumed or not, was all, and whoever passes it on
  // may end in the same write. An Exchange says so once that is consumed as well: its body may fail up to its last byte.
  virtual bool body_complete() const = 0;

 protected:
  ~BodyReader() = default;
};

enum class More : std::uint8_t { kYes, kNo };  // whether bytes follow

// Writing side. Bytes given are always taken: what the kernel refuses is copied, at most one such remainder at a time.
class BodyWriter {
 public:
  // REQUIRES: drained(). Bytes are borrowed for the call only.
  virtual void write(std::string_view bytes, More more) = 0;
  // Ends the body with trailers (sent where the framing can carry them, else dropped). REQUIRES: drained(), but for one
  // write() right before: a filter's last bytes, known only at the end.
  virtual void finish(const Fields& trailers) = 0;
  // False while a remainder waits for the peer: write no more; the waiter is woken when it has gone.
  virtual bool drained() const = 0;

 protected:
  ~BodyWriter() = default;
};

}  // namespace gatehouse::http
