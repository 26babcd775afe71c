// A doubly linked queue through the waiters themselves.
#include "gatehouse/net/ready_list.hpp"

#include <utility>

namespace gatehouse::net {

Waiter::~Waiter() {
  if (queued_) ready_.remove(*this);
  if (sleep_ != nullptr) sleep_->waiter_ = nullptr;
}

void Waiter::wake() {
  signalled_ = true;
  if (sleep_ != nullptr && !queued_) ready_.push(*this);
}

void ReadyList::push(Waiter& waiter) {
  const bool first = first_ == nullptr;
  waiter.queued_ = true;
  waiter.next_ = nullptr;
  waiter.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &waiter;
  last_ = &waiter;
  if (first && !running_ && kick_ != nullptr) kick_(context_);
}

void ReadyList::remove(Waiter& waiter) {
  (waiter.previous_ == nullptr ? first_ : waiter.previous_->next_) = waiter.next_;
  (waiter.next_ == nullptr ? last_ : waiter.next_->previous_) = waiter.previous_;
  waiter.next_ = waiter.previous_ = nullptr;
  waiter.queued_ = false;
}

void ReadyList::run() {
  if (running_) return;
  running_ = true;
  while (first_ != nullptr) {
    Waiter& waiter = *first_;
    remove(waiter);
    Waiter::Sleep* const sleep = std::exchange(waiter.sleep_, nullptr);
    // The waiter may be gone when resume() returns.
    if (sleep != nullptr) sleep->sleeper_.resume();
  }
  running_ = false;
}

}  // namespace gatehouse::net
