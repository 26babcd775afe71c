// Makes writes durable: one thread, one fsync for all who wait. Also the place where a broken disk is remembered for ever.
// Thread-safe.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace rocksdb {
class DB;
}

namespace gatehouse::dynamo {

class Committer {
 public:
  // `db` outlives it. What it holds now is durable.
  Committer(rocksdb::DB& db, Durability durability, Duration interval);
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;
  ~Committer();

  // Cheap while a request is pending: one atomic addition, mostly.
  void request();
  // Everything up to this number is in the synced part of the log.
  CommitNumber synced() const { return synced_.load(std::memory_order_acquire); }
  // What may be acknowledged: with kSync what is synced, otherwise what is written, but nothing from a failure on.
  CommitNumber durable() const;
  // The error is the failure.
  Result<void> wait(CommitNumber number);

  // Any thread that saw the disk fail, before it lets anybody believe otherwise. The first one counts.
  void fail(const std::string& reason);
  // How many times the log went to disk.
  std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  std::optional<Error> failure() const;

  void on_moved(std::function<void()> moved);
  // A last sync, unless the disk failed, and the end of the thread. Twice is once.
  void stop();

 private:
  void run();
  bool work_to_do(std::unique_lock<std::mutex>& lock);
  void gather(std::unique_lock<std::mutex>& lock);
  bool sync_once();

  rocksdb::DB& db_;
  const Durability durability_;
  const Duration interval_;
  std::atomic<unsigned> requests_{0};  // since the last sync began
  std::atomic<unsigned> expected_{1};  // as many as that sync was for
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<bool> failed_{false};
  std::atomic<CommitNumber> synced_;
  std::atomic<CommitNumber> last_good_{0};  // written before the failure

  mutable std::mutex mutex_;
  std::condition_variable wake_;   // of the thread
  std::condition_variable moved_;  // of wait()
  Duration sync_time_{0};          // of the last one
  std::optional<Error> failure_;
  bool failure_told_ = false;
  bool stopping_ = false;
  std::function<void()> on_moved_;
  std::thread thread_;
};

}  // namespace gatehouse::dynamo
