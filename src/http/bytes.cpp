#include "gatehouse/base/block_pool.hpp"
#include "serializer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gatehouse::http {

Bytes::Bytes(Bytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      begin_(std::exchange(other.begin_, 0)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      borrowed_(std::exchange(other.borrowed_, false)) {}

Bytes& Bytes::operator=(Bytes&& other) noexcept {
  if (this != &other) {
    clear();
    data_ = std::exchange(other.data_, nullptr);
    begin_ = std::exchange(other.begin_, 0);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    borrowed_ = std::exchange(other.borrowed_, false);
  }
  return *this;
}

void Bytes::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  size_ += bytes.size();
}

void Bytes::grow(std::size_t more) {
  const std::size_t kept = size();
  // What was consumed in front is room too, once it is at least as much as what must be moved.
  if (begin_ >= kept && kept + more <= capacity_) {
    std::memcpy(data_, data_ + begin_, kept);
  } else {
    std::size_t capacity = std::max(kept + more, 2 * kept);
    auto* const data = static_cast<char*>(block_pool::take(capacity));
    if (kept != 0) std::memcpy(data, data_ + begin_, kept);
    release();
    data_ = data;
    capacity_ = capacity;
  }
  begin_ = 0;
  size_ = kept;
}

void Bytes::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == size_) begin_ = size_ = 0;
}

void Bytes::release() {
  if (data_ != nullptr && !std::exchange(borrowed_, false)) block_pool::give(data_, capacity_);
  data_ = nullptr;
}

void Bytes::clear() {
  release();
  begin_ = size_ = capacity_ = 0;
}

}  // namespace gatehouse::http
