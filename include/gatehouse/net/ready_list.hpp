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

  // co_await waiter: returns at once when it was woken since the last return.
  bool await_ready() noexcept {
    const bool signalled = signalled_;
    signalled_ = false;
    return signalled;
  }
  void await_suspend(std::coroutine_handle<> sleeper) noexcept { sleeper_ = sleeper; }
  void await_resume() noexcept { signalled_ = false; }

 private:
  friend class ReadyList;
  ReadyList& ready_;
  std::coroutine_handle<> sleeper_;
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

 private:
  friend class Waiter;
  void push(Waiter& waiter);
  void remove(Waiter& waiter);
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  bool running_ = false;
};

}  // namespace gatehouse::net
