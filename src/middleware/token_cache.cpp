#include "token_cache.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <bit>
#include <random>
#include <utility>

namespace gatehouse::middleware {
namespace {

// A tree of claims is a copy of the token's text and a node of 24 bytes for each value, rarely more than one for 8 bytes.
constexpr std::size_t kTreeFactor = 4;

// Strangers cannot find tokens that share a set.
std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// Its end is the signature, in which tokens differ if in anything: the rest, which may be long, need not be hashed.
std::uint64_t hash_of(std::string_view token, std::uint64_t seed) {
  constexpr std::size_t kEnd = 32;
  return hash64(token.substr(token.size() - std::min(token.size(), kEnd)), seed);
}

}  // namespace

std::size_t TokenCache::Entry::bytes() const { return sizeof(Entry) + sizeof(crypto::Claims) + token.size() * (1 + kTreeFactor); }

TokenCache::TokenCache(std::size_t entries, std::size_t bytes)
    : mask_(std::bit_ceil(std::max<std::size_t>(entries / kWays, 1)) - 1), max_bytes_(bytes), seed_(random_seed()) {}

const TokenCache::Entry* TokenCache::find(std::string_view token) {
  if (entries_.empty()) return nullptr;
  const std::uint64_t hash = hash_of(token, seed_);
  Entry* const set = &entries_[set_of(hash)];
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set[i].hash != hash || !set[i].claims || set[i].token != token) continue;
    set[i].used = ++time_;
    return &set[i];
  }
  return nullptr;
}

void TokenCache::put(Entry entry) {
  if (entries_.empty()) entries_.resize((mask_ + 1) * kWays);
  entry.hash = hash_of(entry.token, seed_);
  entry.used = ++time_;
  Entry* const set = &entries_[set_of(entry.hash)];
  Entry* place = nullptr;
  for (std::size_t i = 0; i < kWays && place == nullptr; ++i)
    if (set[i].claims && set[i].hash == entry.hash && set[i].token == entry.token) place = &set[i];
  if (place == nullptr)  // a free one has used == 0
    place = &*std::min_element(set, set + kWays, [](const Entry& a, const Entry& b) { return a.used < b.used; });
  free(*place);
  bytes_ += entry.bytes();
  *place = std::move(entry);
  while (bytes_ > max_bytes_) {
    Entry& other = entries_[hand_];
    hand_ = (hand_ + 1) % entries_.size();
    if (&other != place || bytes_ == place->bytes()) free(other);
  }
}

void TokenCache::remove(const Entry& entry) { free(entries_[static_cast<std::size_t>(&entry - entries_.data())]); }

void TokenCache::free(Entry& entry) {
  if (!entry.claims) return;
  bytes_ -= entry.bytes();
  entry = Entry();
}

}  // namespace gatehouse::middleware
