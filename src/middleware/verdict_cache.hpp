// Verdicts by what they depend on, for a while: bounded in number and bytes, the least recently used goes first. Thread-safe.
#pragma once

#include "authorizer_verdict.hpp"
#include "gatehouse/base/clock.hpp"
#include "gatehouse/crypto/secret_digest.hpp"

#include <list>
#include <mutex>
#include <unordered_map>

namespace gatehouse::middleware {

class VerdictCache {
 public:
  static constexpr std::size_t kMostVerdicts = 20'000;
  static constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

  VerdictCache(Duration keep, const Clock& clock) : keep_(keep), clock_(clock) {}

  VerdictPtr find(const crypto::Sha256& key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    const auto entry = found->second;
    if (clock_.now() >= entry->until) {
      drop(entry);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->verdict;
  }

  void add(const crypto::Sha256& key, VerdictPtr verdict) {
    const std::lock_guard lock(mutex_);
    if (const auto old = by_key_.find(key); old != by_key_.end()) drop(old->second);
    bytes_ += cost(*verdict);
    entries_.push_front({key, std::move(verdict), clock_.now() + keep_});
    by_key_.emplace(key, entries_.begin());
    while (entries_.size() > kMostVerdicts || (bytes_ > kMostBytes && entries_.size() > 1)) drop(std::prev(entries_.end()));
  }

  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    crypto::Sha256 key;
    VerdictPtr verdict;
    TimePoint until;
  };
  using Entries = std::list<Entry>;

  // What is made of an answer takes some times its size.
  static std::size_t cost(const Verdict& verdict) { return 512 + 4 * verdict.bytes; }
  void drop(Entries::iterator entry) {
    bytes_ -= cost(*entry->verdict);
    by_key_.erase(entry->key);
    entries_.erase(entry);
  }

  const Duration keep_;
  const Clock& clock_;
  std::mutex mutex_;
  Entries entries_;  // the most recently used first
  std::unordered_map<crypto::Sha256, Entries::iterator, crypto::DigestHash> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace gatehouse::middleware
