// A lazy coroutine: starts when awaited, resumes its awaiter when it ends. Frames come from the thread's block pool.
// One thread. A Task that is destroyed while suspended destroys its frame and everything in it.
// One that ends without having waited returns into its awaiter: a loop over such tasks needs no more stack than one of
// them, also in a build whose compiler makes no tail calls.
#pragma once

#include "gatehouse/base/block_pool.hpp"

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace gatehouse::net {

template <class T = void>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception;
  bool called = false;  // runs within its awaiter's await_suspend, to which it returns

  static void* operator new(std::size_t size) { return block_pool::take(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { block_pool::give(frame, size); }

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      if (ended.promise().called) return std::noop_coroutine();
      return ended.promise().continuation;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  // The conversion is the one that a function's return statement makes.
  void return_value(T result) { value.emplace(std::move(result)); }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { reset(); }

  explicit operator bool() const { return handle_ != nullptr; }
  bool done() const { return handle_.done(); }

  // Runs a top-level task until its first suspension. Afterwards done() tells, and whoever resumes it runs the rest;
  // `on_done` is resumed when it ends.
  void start(std::coroutine_handle<> on_done = std::noop_coroutine()) {
    handle_.promise().continuation = on_done;
    handle_.resume();
  }
  // REQUIRES: done(). The result, or the exception that ended the task.
  T take() { return handle_.promise().take(); }

  void reset() {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) noexcept {
    promise_type& promise = handle_.promise();
    promise.continuation = awaiter;
    promise.called = true;
    handle_.resume();
    promise.called = false;
    return !handle_.done();
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace gatehouse::net
