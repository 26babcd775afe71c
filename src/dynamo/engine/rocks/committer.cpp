#include "committer.hpp"

#include "gatehouse/base/log.hpp"

#include <rocksdb/db.h>

#include <utility>

namespace gatehouse::dynamo {

Committer::Committer(rocksdb::DB& db, Durability durability, Duration interval)
    : db_(db), durability_(durability), interval_(interval), synced_(db.GetLatestSequenceNumber()) {
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() { stop(); }

void Committer::request() {
  if (requested_.exchange(true, std::memory_order_acq_rel)) return;
  // The lock orders this with the thread's look at requested_ before it sleeps.
  const std::lock_guard lock(mutex_);
  wake_.notify_one();
}

Result<void> Committer::wait(CommitNumber number) {
  if (synced() >= number) return {};
  request();
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return synced() >= number || failure_.has_value(); });
  if (synced() >= number) return {};
  return *failure_;
}

void Committer::fail(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    failure_.emplace(ErrorKind::kUnavailable, ErrorSource::kGateway, "store_failed",
                     "the store accepts no writes since the disk failed: " + reason);
    failed_.store(true, std::memory_order_release);
    wake_.notify_one();
    moved_.notify_all();
  }
  log::error("store_failed", {{"reason", reason}});
}

std::optional<Error> Committer::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Committer::on_moved(std::function<void()> moved) {
  const std::lock_guard lock(mutex_);
  on_moved_ = std::move(moved);
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  sync_once();
}

// False at the end.
bool Committer::work_to_do(std::unique_lock<std::mutex>& lock) {
  const auto ready = [this] {
    return stopping_ || requested_.load(std::memory_order_acquire) || (failure_ && !failure_told_);
  };
  if (durability_ == Durability::kInterval) {
    wake_.wait_for(lock, interval_, ready);
  } else {
    wake_.wait(lock, ready);
  }
  return !stopping_;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (work_to_do(lock)) {
    failure_told_ = failure_.has_value();
    lock.unlock();
    // Before the number is taken: who asks from now on may have written behind it.
    requested_.store(false, std::memory_order_release);
    if ((failed() || sync_once()) && on_moved_) on_moved_();
    lock.lock();
  }
}

// True when synced() has moved.
bool Committer::sync_once() {
  if (failed()) return false;
  // The log is written before the memtable, and this number is published after it: the log holds everything up to here.
  const CommitNumber number = db_.GetLatestSequenceNumber();
  if (number <= synced()) return false;
  const rocksdb::Status status = db_.FlushWAL(true);
  if (!status.ok()) {
    fail(status.ToString());
    return false;  // told on the next round
  }
  const std::lock_guard lock(mutex_);
  if (failure_) return false;  // a log write failed meanwhile: nothing is acknowledged any more
  synced_.store(number, std::memory_order_release);
  moved_.notify_all();
  return true;
}

}  // namespace gatehouse::dynamo
