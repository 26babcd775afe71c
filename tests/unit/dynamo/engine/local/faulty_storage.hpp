// A storage in memory whose disk the test plays: reads that would block, writes that are durable when the test says so, failure.
#pragma once

#include "gatehouse/dynamo/engine/storage.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::dynamo::testing {

class FaultyStorage final : public Storage {
 public:
  // What the test turns.
  std::atomic<bool> reads_block{false};   // with kNever
  std::atomic<bool> writes_block{false};  // with kNever
  std::atomic<bool> syncs_by_itself{true};

  // Everything written is durable.
  void sync() {
    durable_ = inner_->written();
    if (moved_) moved_();
  }
  void fail() {
    failed_ = true;
    if (moved_) moved_();
  }
  // Reads that may wait do so until open_gate().
  void close_gate() {
    const std::lock_guard lock(mutex_);
    gate_closed_ = true;
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    gate_closed_ = false;
    changed_.notify_all();
  }
  void wait_for_sync_requests(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sync_requests_ >= count; });
  }
  int sync_requests() {
    const std::lock_guard lock(mutex_);
    return sync_requests_;
  }
  void wait_for_waiting_reads(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_reads_ >= count; });
  }
  int reads_on(std::thread::id thread) {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const auto id : allowed_reads_) count += id == thread ? 1 : 0;
    return count;
  }

  Result<bool> get(Family family, std::string_view key, std::string& value, const ReadOptions& options) const override {
    if (options.patience == Patience::kNever && reads_block) return would_block();
    if (options.patience == Patience::kAllowed) wait_at_gate();
    return inner_->get(family, key, value, options);
  }
  std::unique_ptr<Cursor> cursor(Family family, std::string_view lower, std::string_view upper,
                                 const ReadOptions& options) const override {
    return inner_->cursor(family, lower, upper, options);
  }
  std::unique_ptr<Snapshot> snapshot() const override { return inner_->snapshot(); }
  Result<CommitNumber> write(const Batch& batch, Patience patience) override {
    if (patience == Patience::kNever && writes_block) return would_block();
    if (failed_) return *failure();
    Result<CommitNumber> written = inner_->write(batch, patience);
    if (syncs_by_itself) durable_ = inner_->written();
    return written;
  }
  CommitNumber written() const override { return inner_->written(); }
  CommitNumber durable() const override { return durable_; }
  std::optional<Error> failure() const override {
    if (!failed_) return std::nullopt;
    return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "store_failed");
  }
  void on_durable(std::function<void()> moved) override { moved_ = std::move(moved); }
  Result<void> wait_durable(CommitNumber) override {
    if (failed_) return *failure();
    durable_ = inner_->written();
    return {};
  }
  void request_sync() override {
    const std::lock_guard lock(mutex_);
    ++sync_requests_;
    changed_.notify_all();
  }
  Result<void> checkpoint(const std::string& folder) override { return inner_->checkpoint(folder); }
  void trim_log(std::string_view from, std::string_view to) override { inner_->trim_log(from, to); }
  std::uint64_t approximate_size(std::string_view from, std::string_view to) const override {
    return inner_->approximate_size(from, to);
  }
  std::vector<std::pair<std::string, std::uint64_t>> statistics() const override { return inner_->statistics(); }
  void close() override { inner_->close(); }

 private:
  static Error would_block() { return {ErrorKind::kUnavailable, ErrorSource::kGateway, "would_block"}; }

  void wait_at_gate() const {
    std::unique_lock lock(mutex_);
    allowed_reads_.push_back(std::this_thread::get_id());
    if (!gate_closed_) return;
    ++waiting_reads_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !gate_closed_; });
  }

  std::unique_ptr<Storage> inner_ = open_memory();
  std::function<void()> moved_;
  std::atomic<CommitNumber> durable_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::vector<std::thread::id> allowed_reads_;
  mutable int waiting_reads_ = 0;
  bool gate_closed_ = false;
  int sync_requests_ = 0;
};

}  // namespace gatehouse::dynamo::testing
