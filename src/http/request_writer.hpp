// Writes one request at a time to a backend: head and first bytes in one write, framing, and the one remainder that the
// kernel refused. Never waits. One thread.
#pragma once

#include "gatehouse/http/body.hpp"
#include "gatehouse/http/head.hpp"
#include "gatehouse/net/stream.hpp"
#include "head_parser.hpp"
#include "serializer.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::http {

class RequestWriter {
 public:
  explicit RequestWriter(net::Stream& stream) : stream_(&stream) {}

  // Forgets the last request, whatever of it was not sent.
  void restart();
  void send(const OutgoingRequest& head, std::string_view first, More more);
  // Of a body with a length, bytes beyond it are dropped.
  void write(std::string_view bytes, More more);
  void finish(const Fields& trailers);
  // Sends what was refused before, as far as the kernel takes it.
  void flush();

  bool drained() const { return unsent_.empty(); }
  // Everything was given and taken by the kernel.
  bool complete() const { return ended_ && !short_ && !broken_ && unsent_.empty(); }
  // The end was given before the announced length was reached: the backend would wait for ever.
  bool short_of_length() const { return short_; }
  // The connection takes nothing any more; what is written is dropped. The backend may have answered before.
  bool broken() const { return broken_; }
  std::uint64_t bytes_sent() const { return sent_; }

 private:
  void write_body(std::string_view head, std::string_view bytes, More more);
  void write_out(std::span<iovec> pieces);
  std::span<iovec> write_some(std::span<iovec> pieces);

  net::Stream* stream_;
  Bytes unsent_;
  std::uint64_t left_ = 0;  // of a body with a length
  std::uint64_t sent_ = 0;
  Framing framing_ = Framing::kNone;
  bool ended_ = false;
  bool short_ = false;
  bool broken_ = false;
};

}  // namespace gatehouse::http
