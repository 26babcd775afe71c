// What a coroutine on the background thread waits for, and another thread, or a later turn of this one, gives.
#pragma once

#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/wsapi/directory.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace gatehouse::wsapi {

// In the coroutine's frame: while (!awaited.there()) co_await awaited.waiter();
template <class T>
class Awaited {
 public:
  explicit Awaited(net::BackgroundWorker& background)
      : background_(background), waiter_(background.worker().ready()), slot_(std::make_shared<Slot>()) {
    slot_->waiter = &waiter_;
  }
  ~Awaited() { slot_->waiter = nullptr; }
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  // Any thread may call it, once, as long as the background worker lives.
  Done<T> later() const {
    return [slot = slot_, &background = background_](T value) {
      background.post([slot, value = std::move(value)]() mutable {
        slot->value.emplace(std::move(value));
        if (slot->waiter != nullptr) slot->waiter->wake();
      });
    };
  }
  bool there() const { return slot_->value.has_value(); }
  T& value() { return *slot_->value; }
  net::Waiter& waiter() { return waiter_; }

 private:
  struct Slot {
    std::optional<T> value;
    net::Waiter* waiter = nullptr;
  };
  net::BackgroundWorker& background_;
  net::Waiter waiter_;
  std::shared_ptr<Slot> slot_;
};

}  // namespace gatehouse::wsapi
