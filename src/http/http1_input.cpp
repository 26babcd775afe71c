// One read buffer of a connection; see the header.
#include "http1_input.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::http {
namespace {

// Copying what is left pays when it frees at least this much.
constexpr std::size_t kWorthFitting = 4096;

}  // namespace

void Http1Input::keep() {
  if (borrowed_.empty()) return;
  kept_.append(borrowed_);
  block_size_ = borrowed_.size();
  leave();
}

void Http1Input::consume(std::size_t bytes) {
  if (!borrowed_.empty()) {
    borrowed_.remove_prefix(bytes);
    if (borrowed_.empty()) leave();
    return;
  }
  kept_.consume(bytes);
  if (kept_.empty()) clear();
}

net::IoResult Http1Input::receive(net::Stream& stream, std::size_t bytes) {
  keep();
  char* const room = kept_.reserve(bytes);
  block_size_ = std::max(block_size_, kept_.size() + bytes);
  const net::IoResult result = stream.read({room, bytes});
  if (result.status == net::IoStatus::kOk) {
    kept_.commit(result.bytes);
  } else if (kept_.empty()) {
    clear();
  }
  return result;
}

void Http1Input::fit() {
  if (borrowed_.empty() && block_size_ > 2 * kept_.size() + kWorthFitting) {
    Bytes smaller;
    smaller.append(kept_.view());
    block_size_ = kept_.size();
    kept_ = std::move(smaller);
  }
}

void Http1Input::clear() {
  kept_.clear();
  leave();
  block_size_ = 0;
}

}  // namespace gatehouse::http
