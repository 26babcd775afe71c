#include "request_body.hpp"

#include <new>

namespace gatehouse::integration {

http::BodyChunk RequestBody::poll() {
  if (replayed_ != nullptr) return {http::BodyState::kData, replayed_->bytes.substr(replayed_bytes_)};
  const http::BodyChunk chunk = context_.poll_body();
  polled_ = chunk.bytes;
  return chunk;
}

void RequestBody::consume(std::size_t bytes) {
  if (replayed_ != nullptr) {
    replayed_bytes_ += bytes;
    if (replayed_bytes_ == replayed_->bytes.size()) {
      replayed_ = replayed_->next;
      replayed_bytes_ = 0;
    }
    return;
  }
  if (keeping_ && kept_bytes_ + bytes <= kReplayLimit) {
    keep(polled_.substr(0, bytes));
  } else if (bytes > 0) {
    keeping_ = false;
    gone_ = true;
  }
  context_.consume_body(bytes);
}

void RequestBody::keep(std::string_view bytes) {
  if (bytes.empty()) return;
  Arena& arena = context_.arena();
  auto* const piece = new (arena.allocate(sizeof(Piece), alignof(Piece))) Piece{arena.copy(bytes), nullptr};
  (last_ == nullptr ? first_ : last_->next) = piece;
  last_ = piece;
  kept_bytes_ += bytes.size();
}

void RequestBody::rewind() {
  replayed_ = first_;
  replayed_bytes_ = 0;
}

}  // namespace gatehouse::integration
