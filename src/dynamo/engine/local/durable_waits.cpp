#include "durable_waits.hpp"

#include <utility>

namespace gatehouse::dynamo {
namespace {

// A turn may be long: the first of so many is not kept waiting for its end.
constexpr std::size_t kMostGathered = 128;

}  // namespace

DurableWaits::Wait::Wait(DurableWaits& waits, net::Worker& worker, net::Waiter& waiter, CommitNumber number)
    : waits_(waits), slot_(worker.index() % kMaxWorkers), waiter_(waiter), number_(number) {
  std::size_t used = waits.used_.load(std::memory_order_relaxed);
  while (used <= slot_ && !waits.used_.compare_exchange_weak(used, slot_ + 1, std::memory_order_relaxed)) {
  }
  Slot& slot = waits.slots_[slot_];
  next_ = slot.first;
  if (next_ != nullptr) next_->previous_ = this;
  slot.first = this;
  {
    const std::lock_guard lock(slot.mutex);
    slot.worker = &worker;
    // A post that its worker never ran, since it ended, must not stand for one that is to come.
    if (slot.waiting.fetch_add(1, std::memory_order_relaxed) == 0) slot.posted = false;
  }
  // Pairs with moved(): either it sees this call, or over() sees that durable() moved.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  waits.gather(slot_, worker);
}

DurableWaits::Wait::~Wait() {
  Slot& slot = waits_.slots_[slot_];
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    slot.first = next_;
  }
  if (next_ != nullptr) next_->previous_ = previous_;
  const std::lock_guard lock(slot.mutex);
  if (slot.waiting.fetch_sub(1, std::memory_order_relaxed) == 1) slot.worker = nullptr;
}

bool DurableWaits::Wait::over() const { return waits_.storage_.durable() >= number_ || waits_.storage_.failure().has_value(); }

void DurableWaits::gather(std::size_t index, net::Worker& worker) {
  Slot& slot = slots_[index];
  if (++slot.gathered == kMostGathered) {
    ask(index);
  } else if (!slot.asks) {
    slot.asks = true;
    worker.after_turn([self = shared_from_this(), index] {
      self->slots_[index].asks = false;
      self->ask(index);
    });
  }
}

void DurableWaits::ask(std::size_t index) {
  Slot& slot = slots_[index];
  const std::size_t gathered = std::exchange(slot.gathered, 0);
  if (slot.first == nullptr) return;  // all have given up: the storage may be gone
  for (std::size_t i = 0; i < gathered; ++i) storage_.request_sync();
}

void DurableWaits::moved() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::size_t used = used_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < used; ++i) {
    Slot& slot = slots_[i];
    if (slot.waiting.load(std::memory_order_relaxed) == 0) continue;
    const std::lock_guard lock(slot.mutex);
    if (slot.worker == nullptr || slot.posted) continue;
    slot.posted = true;
    slot.worker->post([self = shared_from_this(), i] { self->wake(i); });
  }
}

void DurableWaits::wake(std::size_t index) {
  Slot& slot = slots_[index];
  {
    const std::lock_guard lock(slot.mutex);
    slot.posted = false;
  }
  // Without calls nothing else is looked at: the storage may be gone.
  for (Wait* wait = slot.first; wait != nullptr; wait = wait->next_)
    if (wait->over()) wait->waiter_.wake();
}

}  // namespace gatehouse::dynamo
