// One coroutine at a time: the others sleep until it is their turn. One thread.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <deque>
#include <utility>

namespace gatehouse::plans {

class Turns {
 public:
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) { turns.taken_ = true; }
    ~Turn() {
      if (turns_ == nullptr) return;
      turns_->taken_ = false;
      if (!turns_->waiting_.empty()) turns_->waiting_.front()->wake();
    }
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;

   private:
    Turns* turns_;
  };

  // What is returned is the turn, until it goes. These turns outlive it.
  net::Task<Turn> take(net::Worker* worker) {
    Place place(*this, *worker);
    while (taken_ || waiting_.front() != &place.waiter) co_await place.waiter;
    co_return Turn(*this);
  }

 private:
  // In the queue, also when the coroutine is destroyed in it.
  struct Place {
    Place(Turns& in, net::Worker& worker) : turns(in), waiter(worker.ready()) { turns.waiting_.push_back(&waiter); }
    ~Place() { std::erase(turns.waiting_, &waiter); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Turns& turns;
    net::Waiter waiter;
  };

  bool taken_ = false;
  std::deque<net::Waiter*> waiting_;
};

}  // namespace gatehouse::plans
