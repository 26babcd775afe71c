#include "committer.hpp"

#include "gatehouse/base/log.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr int kGatherShare = 4;  // of the time of a sync, at most
constexpr Duration kShortestWait = std::chrono::microseconds(50);  // what the kernel's timers can do

}  // namespace

Committer::Committer(rocksdb::DB& db, Durability durability, Duration interval)
    : db_(db), durability_(durability), interval_(interval), synced_(db.GetLatestSequenceNumber()) {
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() { stop(); }

void Committer::request() {
  const unsigned now = requests_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (now != 1 && now != expected_.load(std::memory_order_relaxed)) return;
  // The lock orders this with the thread's look at requests_ before it sleeps.
  const std::lock_guard lock(mutex_);
  wake_.notify_one();
}

CommitNumber Committer::durable() const {
  if (durability_ == Durability::kSync) return synced();
  // In this order: a write that the disk did not take is published after the failure.
  const CommitNumber written = db_.GetLatestSequenceNumber();
  return failed() ? last_good_.load(std::memory_order_relaxed) : written;
}

Result<void> Committer::wait(CommitNumber number) {
  if (durable() >= number) return {};
  request();
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return durable() >= number || failure_.has_value(); });
  if (durable() >= number) return {};
  return *failure_;
}

void Committer::fail(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    failure_.emplace(ErrorKind::kUnavailable, ErrorSource::kGateway, "store_failed",
                     "the store accepts no writes since the disk failed: " + reason);
    last_good_.store(db_.GetLatestSequenceNumber(), std::memory_order_relaxed);
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
    return stopping_ || requests_.load(std::memory_order_acquire) != 0 || (failure_ && !failure_told_);
  };
  if (durability_ == Durability::kInterval) {
    wake_.wait_for(lock, interval_, ready);
  } else {
    wake_.wait(lock, ready);
  }
  return !stopping_;
}

// Those whom the last sync answered write again at once, mostly. Without a moment for them the first one would get a sync
// of its own and the others the next: twice as many syncs.
void Committer::gather(std::unique_lock<std::mutex>& lock) {
  const unsigned expected = expected_.load(std::memory_order_relaxed);
  const Duration patience = sync_time_ / kGatherShare;
  if (patience < kShortestWait || requests_.load(std::memory_order_acquire) == 0) return;
  wake_.wait_for(lock, patience,
                 [&] { return stopping_ || failure_ || requests_.load(std::memory_order_acquire) >= expected; });
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (work_to_do(lock)) {
    gather(lock);
    failure_told_ = failure_.has_value();
    lock.unlock();
    // Before the number is taken: who asks from now on may have written behind it.
    expected_.store(std::max(requests_.exchange(0, std::memory_order_acq_rel), 1U), std::memory_order_relaxed);
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
  const TimePoint start = std::chrono::steady_clock::now();
  const rocksdb::Status status = db_.FlushWAL(true);
  sync_time_ = std::chrono::steady_clock::now() - start;
  syncs_.fetch_add(1, std::memory_order_relaxed);
  if (!status.ok()) {
    fail(status.ToString());
    return false;  // told on the next round
  }
  const std::lock_guard lock(mutex_);
  if (failure_) return false;  // the guard let RocksDB believe in this sync
  synced_.store(number, std::memory_order_release);
  moved_.notify_all();
  return true;
}

}  // namespace gatehouse::dynamo
