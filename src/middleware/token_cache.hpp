// Tokens that were verified, of one worker: the whole token is compared, so that a hit says what verifying would say. Bounded in
// number and bytes; within a set the one that was used longest ago makes room. Only what verified gets in: strangers cannot fill it.
// One thread.
#pragma once

#include "local_claims.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

class TokenCache {
 public:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint64_t used = 0;
    std::uint64_t generation = 0;  // of the issuer's keys
    crypto::Claims::WallTime good_until{};
    std::string token;
    LocalClaims claims;        // null: free
    std::string_view subject;  // in the claims
    std::uint32_t issuer = 0;

    std::size_t bytes() const;
  };

  TokenCache(std::size_t entries, std::size_t bytes);

  // Null when it is not there. Whether the entry still holds (time, keys) is for the caller to see.
  const Entry* find(std::string_view token);
  // `entry.hash` and `entry.used` are filled in here.
  void put(Entry entry);
  void remove(const Entry& entry);

  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kWays = 4;

  std::size_t set_of(std::uint64_t hash) const { return (hash & mask_) * kWays; }
  void free(Entry& entry);

  std::size_t mask_;  // of the number of sets
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;
  std::uint64_t time_ = 0;
  std::uint64_t seed_;
  std::vector<Entry> entries_;  // made with the first token
};

}  // namespace gatehouse::middleware
