// Decoding of request bodies; see the header.
#include "http1_request_body.hpp"

#include <algorithm>

namespace gatehouse::http {
namespace {

// Room behind a body of known length: a read that comes back short has drained the socket, so the next one is saved.
constexpr std::size_t kSlack = 4096;

constexpr std::uint64_t kSmallRest = 64 * 1024;

}  // namespace

void Http1RequestBody::begin(Framing framing, std::optional<std::uint64_t> length, std::uint64_t limit,
                             const HeadLimits& trailer_limits) {
  framing_ = framing;
  failure_ = Failure::kNone;
  remaining_ = framing == Framing::kLength ? length.value_or(0) : 0;
  complete_ = framing != Framing::kChunked && remaining_ == 0;
  limit_ = limit;
  body_bytes_ = 0;
  wire_bytes_ = 0;
  discarded_ = 0;
  if (framing == Framing::kChunked) chunks_.restart(trailer_limits);
}

BodyChunk Http1RequestBody::look(Http1Input& input) {
  if (failure_ != Failure::kNone) return {BodyState::kFailed, {}};
  if (complete_) return {BodyState::kEnd, {}};
  if (framing_ == Framing::kChunked) return look_at_chunks(input);
  if (body_bytes_ + remaining_ > limit_) return fail(Failure::kBodyTooLarge);
  const std::string_view bytes = input.view();
  if (bytes.empty()) return {BodyState::kPending, {}};
  return {BodyState::kData,
          bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_)))};
}

BodyChunk Http1RequestBody::look_at_chunks(Http1Input& input) {
  if (input.empty()) return {BodyState::kPending, {}};
  const ChunkedReader::Step step = chunks_.next(input.view());
  if (step.state == ChunkedReader::State::kMalformed) return fail(Failure::kBodyMalformed);
  if (step.used > 0) input.consume(step.used);
  wire_bytes_ += step.used;
  switch (step.state) {
    case ChunkedReader::State::kData:
      if (step.data.size() > limit_ - std::min(limit_, body_bytes_)) return fail(Failure::kBodyTooLarge);
      return {BodyState::kData, step.data};
    case ChunkedReader::State::kEnd: complete_ = true; return {BodyState::kEnd, {}};
    default: return {BodyState::kPending, {}};
  }
}

BodyChunk Http1RequestBody::fail(Failure why) {
  failure_ = why;
  return {BodyState::kFailed, {}};
}

void Http1RequestBody::consume(Http1Input& input, std::size_t bytes) {
  body_bytes_ += bytes;
  wire_bytes_ += bytes;
  if (framing_ == Framing::kChunked) {
    chunks_.took(bytes);
    input.consume(bytes);
    // Sees an end that is already there, so that complete() is true as early as it can be.
    if (!input.empty()) look_at_chunks(input);
    return;
  }
  remaining_ -= bytes;
  complete_ = remaining_ == 0;
  input.consume(bytes);
}

bool Http1RequestBody::discard(Http1Input& input) {
  while (true) {
    const BodyChunk chunk = look(input);
    if (chunk.state == BodyState::kFailed) return false;
    if (chunk.state != BodyState::kData) return true;
    discarded_ += chunk.bytes.size();
    consume(input, chunk.bytes.size());
  }
}

bool Http1RequestBody::rest_is_small() const {
  return (framing_ == Framing::kChunked ? discarded_ : remaining_) <= kSmallRest;
}

std::size_t Http1RequestBody::wanted(const Http1Input& input, std::size_t at_most) const {
  if (framing_ == Framing::kChunked) return at_most;
  return static_cast<std::size_t>(std::min<std::uint64_t>(at_most, remaining_ - input.size() + kSlack));
}

}  // namespace gatehouse::http
