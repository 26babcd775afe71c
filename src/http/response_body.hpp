// Takes the framing off a response's body in place: what is body is moved together at the front of the bytes received, so
// that one read becomes one piece whatever its chunks were. No I/O. One thread.
#pragma once

#include "chunked_reader.hpp"
#include "head_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::http {

class ResponseBody {
 public:
  void restart(Framing framing, std::uint64_t length, HeadLimits trailer_limits);

  // Returns how many bytes at the front of `raw` are body now. REQUIRES: neither ended() nor malformed().
  std::size_t decode(std::span<char> raw);

  bool ended() const { return ended_; }
  // True once bytes were received behind the end: the connection cannot be trusted with another request.
  bool surplus() const { return surplus_; }
  bool malformed() const { return malformed_; }
  std::string_view reason() const { return chunked_.malformed().reason; }
  // The peer ended its side. True when that ends the body in order.
  bool end_of_stream();
  // After ended().
  Fields trailers() const { return framing_ == Framing::kChunked ? chunked_.trailers() : Fields(); }

 private:
  std::size_t decode_chunked(std::span<char> raw);

  ChunkedReader chunked_;
  std::uint64_t left_ = 0;
  Framing framing_ = Framing::kNone;
  bool ended_ = true;
  bool surplus_ = false;
  bool malformed_ = false;
};

}  // namespace gatehouse::http
