// Idempotency tokens: a transaction that is sent again within ten minutes is not done again. Kept in the storage, written with the
// transaction itself, so that neither a crash nor a restart forgets one. Thread-safe.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class TokenMemory {
 public:
  static constexpr std::chrono::minutes kLifetime{10};

  TokenMemory(Storage& storage, const Clock& clock) : storage_(storage), clock_(clock) {}

  static std::string row_key(std::string_view token);
  // What stands under the token's key when a request was done: until when, and a digest of it.
  std::string row_value(std::string_view request) const;

  enum class Seen : unsigned char { kNever, kSameRequest, kOtherRequest };
  // `row` as found under the key; empty: there is none.
  Seen judge(std::string_view row, std::string_view request) const;

  // Deletes what is expired, as far as `limit` rows looked at; the next call goes on from there. Returns how many it looked at.
  std::uint64_t sweep(std::uint64_t limit);

 private:
  std::int64_t now_milliseconds() const;

  Storage& storage_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string next_;  // where the sweep goes on
};

}  // namespace gatehouse::dynamo
