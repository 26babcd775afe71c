// What may go on: waiters that were woken and are resumed after the parse or event that woke them, never inside it.
// One per worker, one thread.
#pragma once

#include <coroutine>

namespace gatehouse::net {

class ReadyList;

// The one place where a request's coroutine sleeps. Everything that can move the request (bytes, room to write, the
// upstream's answer, a deadline, a client that left) calls wake(); the coroutine then looks at what changed. Waking too
// often is harmless: the sleeper polls all it waits for and sleeps again.
class Waiter {
 public:
  explicit Waiter(ReadyList& ready) : ready_(ready) {}
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void wake();

  // Lives in the sleeping coroutine's frame: a coroutine that is destroyed asleep is forgotten by its waiter, and a
  // waiter that is destroyed first is not touched again.
  class Sleep {
   public:
    explicit Sleep(Waiter& waiter) noexcept : waiter_(&waiter) {}
    ~Sleep() {
      if (waiter_ != nullptr && waiter_->sleep_ == this) waiter_->sleep_ = nullptr;
    }
    Sleep(const Sleep&) = delete;
    Sleep& operator=(const Sleep&) = delete;

    bool await_ready() noexcept { return waiter_->signalled_; }
    void await_suspend(std::coroutine_handle<> sleeper) noexcept {
      sleeper_ = sleeper;
      waiter_->sleep_ = this;
    }
    void await_resume() noexcept {
      if (waiter_ != nullptr) waiter_->signalled_ = false;
    }

   private:
    friend class Waiter;
    friend class ReadyList;
    Waiter* waiter_;
    std::coroutine_handle<> sleeper_;
  };

  // co_await waiter: returns at once when it was woken since the last return. One sleeper at a time.
  Sleep operator co_await() noexcept { return Sleep(*this); }

 private:
  friend class ReadyList;
  ReadyList& ready_;
  Sleep* sleep_ = nullptr;
  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
  bool queued_ = false;
  bool signalled_ = false;
};

class ReadyList {
 public:
  // Resumes all that is ready now; what becomes ready meanwhile runs too. Calls from inside run() return at once.
  void run();
  bool empty() const { return first_ == nullptr; }
  // `kick(context)` is called when something becomes ready that no running run() will see.
  void set_kick(void (*kick)(void*), void* context) {
    kick_ = kick;
    context_ = context;
  }

 private:
  friend class Waiter;
  void push(Waiter& waiter);
  void remove(Waiter& waiter);
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  void (*kick_)(void*) = nullptr;
  void* context_ = nullptr;
  bool running_ = false;
};

}  // namespace gatehouse::net
