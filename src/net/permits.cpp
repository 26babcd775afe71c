// The line. Who joins it announces itself before it looks for a free permit, and who gives one back frees it before it looks
// whether anybody waits: one of the two sees the other (both orders are sequentially consistent).
#include "gatehouse/net/permits.hpp"

#include <utility>

namespace gatehouse::net {

bool Permits::take_free(std::uint32_t max) {
  std::uint32_t held = held_.load();
  while (held < max) {
    if (held_.compare_exchange_weak(held, held + 1)) return true;
  }
  return false;
}

void Permits::serve_line() {
  const std::lock_guard lock(mutex_);
  serve_locked();
}

void Permits::serve_locked() {
  while (first_ != nullptr && take_free(first_->max_)) {
    Place& next = *first_;
    leave_locked(next);
    next.granted_ = true;
    next.wake_.wake();
  }
}

void Permits::leave_locked(Place& place) {
  (place.previous_ == nullptr ? first_ : place.previous_->next_) = place.next_;
  (place.next_ == nullptr ? last_ : place.next_->previous_) = place.previous_;
  place.next_ = place.previous_ = nullptr;
  waiting_.fetch_sub(1);
}

Permits::Place::Place(Permits& permits, const PermitSettings& settings, RemoteWake::Handle wake)
    : permits_(permits), max_(settings.max), wake_(std::move(wake)) {
  const std::lock_guard lock(permits_.mutex_);
  if (permits_.waiting_.load() >= settings.queue) return;
  in_line_ = true;
  previous_ = permits_.last_;
  (previous_ == nullptr ? permits_.first_ : previous_->next_) = this;
  permits_.last_ = this;
  permits_.waiting_.fetch_add(1);
  permits_.serve_locked();
}

Permits::Place::~Place() {
  if (!in_line_) return;
  bool unused = false;
  {
    const std::lock_guard lock(permits_.mutex_);
    unused = std::exchange(granted_, false);
    if (!unused) permits_.leave_locked(*this);
  }
  if (unused) permits_.give();
}

bool Permits::Place::accept() {
  const std::lock_guard lock(permits_.mutex_);
  if (!std::exchange(granted_, false)) return false;
  in_line_ = false;
  return true;
}

}  // namespace gatehouse::net
