// What an engine does besides answering: builds indexes, drops rows, deletes expired items, trims the change log, copies tables.
#pragma once

#include "run.hpp"

#include "gatehouse/base/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace gatehouse::dynamo {

enum class Progress : unsigned char { kMore, kDone };

// Jobs run one after another, each in bounded steps, on a thread of its own (or in round(), when there is none).
class Maintenance {
 public:
  explicit Maintenance(LocalState& state);
  ~Maintenance();

  // Starts the thread when the options ask for background work.
  void start();
  // After the current step; what was not finished is found again at the next start.
  void stop();

  // Thread-safe. `step` is called again until it says kDone.
  void enqueue(std::string name, std::function<Progress()> step);
  // All jobs to their end, one sweep, one trim. Returns how many items expired.
  std::uint64_t round();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Makes and loads streams, backups, transfers and maintenance of an engine whose catalogue is loaded; finds what was left undone.
Result<void> open_services(LocalState& state);
// Before storage.close(): ends background work, keeps the counters.
void close_services(LocalState& state);

// After it no writer that knew an older description is at work.
void wait_for_writers(LocalState& state);

}  // namespace gatehouse::dynamo
