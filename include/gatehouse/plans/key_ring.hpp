// API keys as they are looked up: by the SHA-256 of what a client shows.
#pragma once

#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/plans/flat_index.hpp"
#include "gatehouse/plans/published.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::plans {

struct KeyRecord {
  crypto::Sha256 digest{};
  std::string id;
  std::string plan;          // empty: none
  std::int64_t expires = 0;  // seconds since 1970; 0: never
};

// Nothing unless it is 64 hexadecimal digits.
std::optional<crypto::Sha256> parse_digest(std::string_view hex);

// Immutable; any thread.
class KeyTable {
 public:
  // Longer ones are wrong unseen: nobody makes us hash a whole head.
  static constexpr std::size_t kLongestKey = 1024;

  KeyTable() = default;
  explicit KeyTable(std::vector<KeyRecord> records);

  // The record of this key, expired or not, or null. What is shown is hashed and compared in constant time: neither memory nor
  // timing tells a key.
  const KeyRecord* find(std::string_view shown) const;
  const KeyRecord* find(const crypto::Sha256& digest) const;
  const std::vector<KeyRecord>& records() const { return records_; }

 private:
  std::vector<KeyRecord> records_;
  FlatIndex index_;
};

// The keys of a store: replaced as a whole while workers look into them.
class KeyRing {
 public:
  explicit KeyRing(unsigned readers) : table_(readers, std::make_shared<const KeyTable>()) {}
  // On the worker with that number; what it refers to is valid until the next call of the same worker.
  const KeyTable& read(unsigned worker) const { return table_.read(worker); }
  std::shared_ptr<const KeyTable> current() const { return table_.current(); }
  void publish(std::vector<KeyRecord> records) { table_.publish(std::make_shared<const KeyTable>(std::move(records))); }

 private:
  Published<KeyTable> table_;
};

}  // namespace gatehouse::plans
