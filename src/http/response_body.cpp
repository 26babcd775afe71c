// The three framings of RFC 9112 section 6.3.
#include "response_body.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::http {

void ResponseBody::restart(Framing framing, std::uint64_t length, HeadLimits trailer_limits) {
  framing_ = framing;
  left_ = length;
  ended_ = framing == Framing::kNone || (framing == Framing::kLength && length == 0);
  surplus_ = malformed_ = false;
  if (framing == Framing::kChunked) chunked_.restart(trailer_limits);
}

std::size_t ResponseBody::decode(std::span<char> raw) {
  if (framing_ == Framing::kChunked) return decode_chunked(raw);
  if (framing_ == Framing::kUntilClose) return raw.size();
  const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, raw.size()));
  left_ -= taken;
  ended_ = left_ == 0;
  surplus_ = taken < raw.size();
  return taken;
}

std::size_t ResponseBody::decode_chunked(std::span<char> raw) {
  std::size_t body = 0;
  std::size_t at = 0;
  while (at < raw.size()) {
    const ChunkedReader::Step step = chunked_.next({raw.data() + at, raw.size() - at});
    at += step.used;
    switch (step.state) {
      case ChunkedReader::State::kData:
        if (body != at) std::memmove(raw.data() + body, step.data.data(), step.data.size());
        chunked_.took(step.data.size());
        body += step.data.size();
        at += step.data.size();
        break;
      case ChunkedReader::State::kEnd:
        ended_ = true;
        surplus_ = at < raw.size();
        return body;
      case ChunkedReader::State::kNeedMore: return body;
      case ChunkedReader::State::kMalformed: malformed_ = true; return body;
    }
  }
  return body;
}

bool ResponseBody::end_of_stream() {
  if (framing_ == Framing::kUntilClose) ended_ = true;
  return ended_;
}

}  // namespace gatehouse::http
