// Takes a framing of its own off the body of a request before anyone is given a byte of it: a body that is signed in chunks.
// Installed by the step that knows it (RequestContext::decode_body); belongs to the request. One thread.
#pragma once

#include "gatehouse/http/body.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::pipeline {

// What is wrong with a body, as the client is told it. Texts in static storage.
struct BodyRefusal {
  int status = 400;
  std::string_view reason;  // stable code
  std::string_view detail;  // for people
};

class BodyDecoder {
 public:
  virtual ~BodyDecoder() = default;
  // The body within, read from `from`, as http::BodyReader has it. kFailed: `from` failed, or there is a refusal(). kEnd, and the
  // last byte of the body, only once all that `from` holds was found good: what was given without them looks cut to whoever has it.
  virtual http::BodyChunk poll(http::BodyReader& from) = 0;
  virtual void consume(std::size_t bytes) = 0;
  // How long the body within is, if it ends well.
  virtual std::uint64_t length() const = 0;
  virtual const BodyRefusal* refusal() const = 0;  // null: nothing is wrong so far
};

}  // namespace gatehouse::pipeline
