// Calls that wait until a commit is on disk, by worker. What is written in one turn of a worker is asked to be synced at its end:
// a sync that began with the first of them would leave the others to the next one. When the committer moved on, each worker that
// has waiting calls gets one post, and wakes those whose time has come.
#pragma once

#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/net/worker.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

namespace gatehouse::dynamo {

class DurableWaits : public std::enable_shared_from_this<DurableWaits> {
 public:
  // As many as the configuration allows: two workers with one slot would race for its list.
  static constexpr std::size_t kMaxWorkers = 1024;

  explicit DurableWaits(Storage& storage) : storage_(storage) {}

  // Any thread: durable() moved, or the storage failed.
  void moved();

  // One waiting call: in its coroutine's frame, on its worker's thread. Asks for a sync, wakes the call's waiter.
  class Wait {
   public:
    Wait(DurableWaits& waits, net::Worker& worker, net::Waiter& waiter, CommitNumber number);
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    // On disk, or never to be.
    bool over() const;

   private:
    friend class DurableWaits;
    DurableWaits& waits_;
    const std::size_t slot_;
    net::Waiter& waiter_;
    const CommitNumber number_;
    Wait* next_;
    Wait* previous_ = nullptr;
  };

 private:
  struct alignas(64) Slot {
    std::atomic<std::size_t> waiting{0};
    std::mutex mutex;               // of the two below: a worker may end while the committer posts to it
    net::Worker* worker = nullptr;  // while calls wait
    bool posted = false;
    // The worker's thread alone:
    Wait* first = nullptr;
    std::size_t gathered = 0;  // calls of this turn that no sync was asked for yet
    bool asks = false;         // at the end of this turn
  };

  void gather(std::size_t slot, net::Worker& worker);
  void ask(std::size_t slot);
  void wake(std::size_t slot);

  Storage& storage_;
  std::atomic<std::size_t> used_{0};  // slots from the first on
  std::array<Slot, kMaxWorkers> slots_;
};

}  // namespace gatehouse::dynamo
