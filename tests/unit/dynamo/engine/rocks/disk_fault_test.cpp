// A disk whose syncs or writes of the log fail, and how many syncs many writers need.
#include "support/temporary_folder.hpp"

#include "dynamo/engine/rocks/rocks_storage.hpp"
#include "support/faulty_file_system.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <future>
#include <map>
#include <thread>

namespace gatehouse::dynamo {
namespace {

using gatehouse::testing::FaultyFileSystem;
using Fault = FaultyFileSystem::Fault;

class DiskFaultTest : public ::testing::Test {
 protected:
  void open(Durability durability) {
    EmbeddedSettings settings;
    settings.path = folder_ / "data";
    settings.durability = durability;
    settings.sync_interval = std::chrono::milliseconds(1);
    settings.cache = kMiB;
    settings.write_buffer = kMiB;
    storage_ = std::move(open_rocks(settings, env_.get()).value());
  }

  Result<CommitNumber> put(const std::string& key) {
    Batch batch;
    batch.put(Family::kData, key, "value of " + key);
    return storage_->write(batch, Patience::kAllowed);
  }

  bool has(const std::string& key) {
    std::string value;
    const bool found = storage_->get(Family::kData, key, value, {}).value();
    if (found) { EXPECT_EQ(value, "value of " + key); }
    return found;
  }

  void refuses_everything_from_now_on() {
    ASSERT_TRUE(storage_->failure());
    EXPECT_EQ(storage_->failure()->reason(), "store_failed");
    EXPECT_NE(storage_->failure()->message().find("disk failed"), std::string::npos);
    files_->set_fault(Fault::kNone);  // a disk that works again changes nothing
    const CommitNumber durable = storage_->durable();
    for (int i = 0; i < 3; ++i) {
      const Result<CommitNumber> refused = put("refused");
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().reason(), "store_failed");
      storage_->request_sync();
    }
    EXPECT_FALSE(storage_->checkpoint(folder_ / "copy"));
    EXPECT_EQ(storage_->durable(), durable);
    EXPECT_TRUE(has("before"));
    EXPECT_FALSE(has("refused"));
  }

  // Callbacks come until one has seen the failure.
  std::future<void> failure_told() {
    storage_->on_durable([this] {
      if (storage_->failure() && !told_.exchange(true)) told_promise_.set_value();
    });
    return told_promise_.get_future();
  }

  TemporaryFolder folder_;
  std::shared_ptr<FaultyFileSystem> files_ = std::make_shared<FaultyFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = gatehouse::testing::env_over(files_);
  std::atomic<bool> told_{false};
  std::promise<void> told_promise_;
  std::unique_ptr<Storage> storage_;
};

class SyncFaultTest : public DiskFaultTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(SyncFaultTest, NothingIsAcknowledgedAfterAFailedSync) {
  open(Durability::kSync);
  std::future<void> told = failure_told();
  ASSERT_TRUE(storage_->wait_durable(put("before").value()));
  files_->set_fault(GetParam());
  const CommitNumber number = put("lost").value();
  EXPECT_FALSE(storage_->wait_durable(number));
  EXPECT_LT(storage_->durable(), number);
  told.wait();
  refuses_everything_from_now_on();
  EXPECT_FALSE(storage_->wait_durable(number));
}

TEST_P(SyncFaultTest, WhatWasAcknowledgedIsThereAfterAStartOnAGoodDisk) {
  open(Durability::kSync);
  ASSERT_TRUE(storage_->wait_durable(put("before").value()));
  files_->set_fault(GetParam());
  EXPECT_FALSE(storage_->wait_durable(put("maybe").value()));
  storage_.reset();
  files_->set_fault(Fault::kNone);
  open(Durability::kSync);
  EXPECT_TRUE(has("before"));
  EXPECT_TRUE(storage_->wait_durable(put("after").value()));
}

TEST_P(SyncFaultTest, AFailureInTheBackgroundStopsWritesOfAnInterval) {
  open(Durability::kInterval);
  std::future<void> told = failure_told();
  ASSERT_TRUE(put("before"));
  files_->set_fault(GetParam());
  for (int i = 0; put("written" + std::to_string(i)); ++i) std::this_thread::yield();
  told.wait();
  refuses_everything_from_now_on();
}

INSTANTIATE_TEST_SUITE_P(Faults, SyncFaultTest,
                         ::testing::Values(Fault::kSyncEio, Fault::kSyncEnospc, Fault::kAppendEio, Fault::kAppendEnospc));

TEST_F(DiskFaultTest, AWriteThatTheLogDidNotTakeIsNeverDurable) {
  open(Durability::kNone);
  std::future<void> told = failure_told();
  ASSERT_TRUE(put("before"));
  files_->set_fault(Fault::kAppendEnospc);
  const CommitNumber lost = put("lost").value();
  EXPECT_LT(storage_->durable(), lost);
  const Result<void> waited = storage_->wait_durable(lost);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().reason(), "store_failed");
  EXPECT_NE(waited.error().message().find("No space left"), std::string::npos);
  told.wait();
  refuses_everything_from_now_on();
}

class FullDiskTest : public DiskFaultTest {
 protected:
  static std::string long_key(std::size_t number) { return std::string(5000, 'k') + std::to_string(number); }

  // Returns how many keys were acknowledged before writes were refused.
  std::size_t write_until_full() {
    files_->set_fault(Fault::kTableEnospc);
    std::size_t acknowledged = 0;
    while (true) {
      const Result<CommitNumber> number = put(long_key(acknowledged));
      if (!number) {
        EXPECT_EQ(number.error().reason(), "store_full");
        return acknowledged;
      }
      EXPECT_TRUE(storage_->wait_durable(*number));
      ++acknowledged;
    }
  }

  void has_all(std::size_t keys) {
    for (std::size_t i = 0; i < keys; ++i) ASSERT_TRUE(has(long_key(i)));
  }
};

TEST_F(FullDiskTest, RefusesWritesAndReadsOn) {
  open(Durability::kSync);
  ASSERT_TRUE(storage_->wait_durable(put("before").value()));
  const std::size_t keys = write_until_full();
  storage_->tidy();  // still no space
  const Result<CommitNumber> refused = put("refused");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "store_full");
  EXPECT_TRUE(refused.error().retry_allowed());
  EXPECT_FALSE(storage_->failure());
  EXPECT_EQ(storage_->durable(), storage_->written());
  EXPECT_TRUE(has("before"));
  EXPECT_FALSE(has("refused"));
  has_all(keys);
}

TEST_F(FullDiskTest, WritesGoOnWhenThereIsSpaceAgain) {
  open(Durability::kSync);
  const std::size_t keys = write_until_full();
  files_->set_fault(Fault::kNone);
  storage_->tidy();
  ASSERT_TRUE(storage_->wait_durable(put("after").value()));
  const std::size_t more = write_until_full();  // and once more
  files_->set_fault(Fault::kNone);
  storage_->tidy();
  ASSERT_TRUE(storage_->wait_durable(put("last").value()));
  storage_.reset();
  open(Durability::kSync);
  has_all(std::max(keys, more));
  EXPECT_TRUE(has("after"));
  EXPECT_TRUE(has("last"));
}

TEST_F(FullDiskTest, LosesNothingWhenItIsStoppedWhileFull) {
  open(Durability::kSync);
  const std::size_t keys = write_until_full();
  storage_.reset();
  files_->set_fault(Fault::kNone);
  open(Durability::kSync);
  has_all(keys);
  EXPECT_TRUE(storage_->wait_durable(put("after").value()));
}

// Waits of threads stand for requests in flight.
double syncs_per_write(Storage& storage, const FaultyFileSystem& files, int threads, int writes_each) {
  const std::uint64_t before = files.log_syncs();
  std::barrier start(threads);
  std::vector<std::thread> writers;
  std::atomic<int> failed = 0;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < writes_each; ++i) {
        Batch batch;
        batch.put(Family::kData, std::to_string(t) + ":" + std::to_string(i), std::string(200, 'x'));
        const Result<CommitNumber> number = storage.write(batch, Patience::kAllowed);
        if (!number || !storage.wait_durable(*number)) ++failed;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failed, 0);
  return static_cast<double>(files.log_syncs() - before) / (threads * writes_each);
}

TEST_F(DiskFaultTest, ManyWritersShareOneSync) {
  files_->set_sync_time(std::chrono::milliseconds(1));
  open(Durability::kSync);
  const double of_64 = syncs_per_write(*storage_, *files_, 64, 30);
  const double of_8 = syncs_per_write(*storage_, *files_, 8, 60);
  std::printf("syncs per write: %.3f with 64 in flight, %.3f with 8\n", of_64, of_8);
  EXPECT_LE(of_64, 0.2);
  EXPECT_LE(of_8, 0.5);
}

TEST_F(DiskFaultTest, AnIntervalSyncsWithoutBeingAsked) {
  open(Durability::kInterval);
  std::promise<void> synced;
  std::atomic<bool> done = false;
  storage_->on_durable([&] {
    if (!done.exchange(true)) synced.set_value();
  });
  ASSERT_TRUE(put("before"));
  synced.get_future().wait();
  EXPECT_GE(files_->log_syncs(), 1U);
}

}  // namespace
}  // namespace gatehouse::dynamo
