// So many may do something at once, over all workers; the others are turned away, or wait in a line of bounded length.
// Counted exactly: never more hold a permit than may, and nobody is turned away while one is free. Thread-safe.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/net/remote_wake.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace gatehouse::net {

struct PermitSettings {
  std::uint32_t max = 0;    // at once; 0: no bound
  std::uint32_t queue = 0;  // may wait for a permit
  Duration wait = std::chrono::seconds(1);
  bool operator==(const PermitSettings&) const = default;
};

class Permits {
 public:
  Permits() = default;
  Permits(const Permits&) = delete;
  Permits& operator=(const Permits&) = delete;

  // True when the caller has one now, and must give() it back. Those who wait in line come first.
  bool take(std::uint32_t max) { return waiting() == 0 && take_free(max); }
  void give() {
    held_.fetch_sub(1);
    if (waiting_.load() != 0) serve_line();
  }
  std::uint32_t held() const { return held_.load(std::memory_order_relaxed); }
  std::uint32_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  // Somebody in the line: lives in the frame of the coroutine that waits, and leaves the line with it.
  class Place {
   public:
    // `wake` is called when a permit has come.
    Place(Permits& permits, const PermitSettings& settings, RemoteWake::Handle wake);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // False: the line is full.
    bool in_line() const { return in_line_; }
    // True once, when the permit has come: it is the caller's from then on.
    bool accept();

   private:
    friend class Permits;
    Permits& permits_;
    std::uint32_t max_;
    RemoteWake::Handle wake_;
    bool in_line_ = false;  // the owner's
    bool granted_ = false;  // the rest is under the lock
    Place* next_ = nullptr;
    Place* previous_ = nullptr;
  };

 private:
  bool take_free(std::uint32_t max);
  void serve_line();
  void serve_locked();
  void leave_locked(Place& place);

  std::atomic<std::uint32_t> held_{0};
  std::atomic<std::uint32_t> waiting_{0};
  std::mutex mutex_;
  Place* first_ = nullptr;
  Place* last_ = nullptr;
};

// One permit, given back at the end of the scope; or none.
class Permit {
 public:
  Permit() = default;
  ~Permit() {
    if (from_ != nullptr) from_->give();
  }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  // REQUIRES: a permit of `from` has just been taken or accepted.
  void hold(Permits& from) { from_ = &from; }

 private:
  Permits* from_ = nullptr;
};

}  // namespace gatehouse::net
