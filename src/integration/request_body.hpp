// The body of a request on its way to a backend, which may have to be sent twice: what was taken from the client is kept
// while it is small. One request, one thread.
#pragma once

#include "gatehouse/pipeline/context.hpp"

#include <cstddef>
#include <cstdint>

namespace gatehouse::integration {

class RequestBody {
 public:
  // What is kept at most; a larger body cannot be sent again.
  static constexpr std::size_t kReplayLimit = 64 * 1024;

  enum class Replay : std::uint8_t { kNever, kWhileSmall };
  RequestBody(pipeline::RequestContext& context, Replay replay) : context_(context), keeping_(replay == Replay::kWhileSmall) {}

  // As BodyReader has them; begins with what was kept, after rewind().
  http::BodyChunk poll();
  void consume(std::size_t bytes);
  http::Fields trailers() const { return context_.exchange.trailers(); }

  // The next poll() begins at the body's first byte. REQUIRES: !gone().
  void rewind();
  // Bytes were taken from the client and are not kept.
  bool gone() const { return gone_; }

 private:
  struct Piece {
    std::string_view bytes;
    Piece* next;
  };

  void keep(std::string_view bytes);

  pipeline::RequestContext& context_;
  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
  Piece* replayed_ = nullptr;       // what poll() gives next; null: what the client sends
  std::size_t replayed_bytes_ = 0;  // of that piece, used
  std::size_t kept_bytes_ = 0;
  std::string_view polled_;
  bool keeping_;
  bool gone_ = false;
};

}  // namespace gatehouse::integration
