#include "gatehouse/dynamo/adapter/protocol.hpp"

#include <utility>
#include <vector>

namespace gatehouse::dynamo {
namespace {

// What is kept: enough for a page of a Query in each; a rare large request gives its memory back.
constexpr std::size_t kMostKept = 256 * kKiB;
constexpr std::size_t kStock = 64;

void shrink(std::string& text) {
  if (text.capacity() > kMostKept) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

std::vector<std::unique_ptr<Buffers>>& stock() {
  thread_local std::vector<std::unique_ptr<Buffers>> spare;
  return spare;
}

}  // namespace

void Buffers::clear() {
  shrink(received);
  shrink(inflated);
  shrink(answer);
  shrink(compressed);
}

BufferLease::BufferLease() {
  auto& spare = stock();
  if (spare.empty()) {
    buffers_ = std::make_unique<Buffers>();
  } else {
    buffers_ = std::move(spare.back());
    spare.pop_back();
  }
}

BufferLease::~BufferLease() {
  auto& spare = stock();
  if (spare.size() >= kStock) return;
  buffers_->clear();
  spare.push_back(std::move(buffers_));
}

}  // namespace gatehouse::dynamo
