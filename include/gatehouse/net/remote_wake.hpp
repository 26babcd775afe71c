// Wakes a waiter from another thread, or from a later turn, unless the waiter is gone by then.
#pragma once

#include "gatehouse/net/worker.hpp"

#include <memory>

namespace gatehouse::net {

// Lives beside the waiter, on its worker's thread.
class RemoteWake {
 public:
  RemoteWake(Worker& worker, Waiter& waiter) : handle_(worker, std::make_shared<Waiter*>(&waiter)) {}
  ~RemoteWake() { *handle_.waiter_ = nullptr; }
  RemoteWake(const RemoteWake&) = delete;
  RemoteWake& operator=(const RemoteWake&) = delete;

  // For those who wake: any thread, as long as the worker lives.
  class Handle {
   public:
    void wake() const {
      worker_->post([waiter = waiter_] {
        if (*waiter != nullptr) (*waiter)->wake();
      });
    }

   private:
    friend class RemoteWake;
    Handle(Worker& worker, std::shared_ptr<Waiter*> waiter) : worker_(&worker), waiter_(std::move(waiter)) {}
    Worker* worker_;
    std::shared_ptr<Waiter*> waiter_;  // read and written on the worker's thread only
  };
  const Handle& handle() const { return handle_; }

 private:
  Handle handle_;
};

}  // namespace gatehouse::net
