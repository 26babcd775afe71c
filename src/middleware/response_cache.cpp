#include "gatehouse/middleware/response_cache.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace gatehouse::middleware {
namespace {

// Nodes of list and maps, pointers, and what the allocator adds.
constexpr std::size_t kEntryOverhead = 512;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash64(text); }
};

// Half of the hash and a time in milliseconds, which goes round in 49 days: a mark that has stood so long is harmless.
std::uint64_t pass_mark(std::uint64_t hash, TimePoint time) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return (hash & ~std::uint64_t{0xffffffff}) | (static_cast<std::uint64_t>(milliseconds) & 0xffffffff);
}

}  // namespace

std::size_t CacheEntry::bytes() const {
  std::size_t sum = sizeof(CacheEntry) + kEntryOverhead + 2 * key.capacity() + path.capacity() + head.capacity();
  sum += refs.capacity() * sizeof(http::FieldRef) + body->bytes.capacity();
  for (const std::string& name : vary) sum += sizeof(std::string) + name.capacity();
  return sum;
}

// An answer in its shard's list, most recently used first.
struct ResponseCache::Node {
  std::shared_ptr<const CacheEntry> entry;
  std::size_t bytes;
  Resource* resource;
  bool asked_for = false;  // since it was last spared
};

// Everything under one key.
struct ResponseCache::Resource {
  std::vector<std::list<Node>::iterator> variants;
};

struct alignas(64) ResponseCache::Shard {
  std::mutex mutex;
  std::unordered_map<std::string, Resource, TextHash, std::equal_to<>> resources;
  std::list<Node> recent;
  std::unordered_map<std::uint64_t, std::shared_ptr<CacheFlight>> flights;

  // Takes the answer out, and its resource when nothing is left of that. What it held is freed behind the lock.
  std::size_t remove(std::list<Node>::iterator node, std::list<Node>& gone) {
    std::erase(node->resource->variants, node);
    const std::size_t bytes = node->bytes;
    Resource* const resource = node->resource;
    gone.splice(gone.end(), recent, node);
    forget_if_empty(*resource, gone.back().entry->key);
    return bytes;
  }
  void forget_if_empty(const Resource& resource, std::string_view key) {
    if (resource.variants.empty()) resources.erase(resources.find(key));
  }
};

ResponseCache::ResponseCache(observe::Registry& registry, std::size_t memory)
    : shards_(new Shard[kShards]), invalidated_(new std::atomic<std::int64_t>[kUris]{}),
      passes_(new std::atomic<std::uint64_t>[kPasses]{}), memory_(memory) {
  using Kind = observe::Registry::Kind;
  const auto number = [](const auto& value) {
    return [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
  };
  metrics_.push_back(registry.observe(Kind::kGauge, "gatehouse_cache_bytes", "Memory that the response cache holds.", {}, number(bytes_)));
  metrics_.push_back(registry.observe(Kind::kGauge, "gatehouse_cache_entries", "Answers that the response cache holds.", {}, number(entries_)));
  metrics_.push_back(registry.observe(Kind::kCounter, "gatehouse_cache_evictions_total",
                                      "Answers that left the response cache to make room.", {}, number(evictions_)));
}

ResponseCache::~ResponseCache() { metrics_.clear(); }

ResponseCache::Shard& ResponseCache::shard_of(std::uint64_t hash) const { return shards_[hash >> 58]; }

std::uint64_t ResponseCache::uri_of(std::string_view host, std::string_view path) { return hash64(path, hash64_nocase(host)); }

bool ResponseCache::still_valid(const CacheEntry& entry) const {
  const std::int64_t since = invalidated_[entry.uri % kUris].load(std::memory_order_acquire);
  return since == 0 || entry.requested.time_since_epoch().count() > since;
}

ResponseCache::Found ResponseCache::find_by(const CacheKey& key, VaryPrint (*print)(const void*, const std::vector<std::string>&),
                                            const void* context, TimePoint now) {
  Found found;
  const std::uint64_t pass = passes_[key.hash % kPasses].load(std::memory_order_relaxed);
  found.pass = pass > pass_mark(key.hash, now) && pass >> 32 == key.hash >> 32;
  Shard& shard = shard_of(key.hash);
  const std::lock_guard lock(shard.mutex);
  const auto resource = shard.resources.find(key.text);
  if (resource == shard.resources.end()) return found;
  for (const auto& node : resource->second.variants) {
    const CacheEntry& entry = *node->entry;
    if (!still_valid(entry)) continue;
    if (!entry.vary.empty()) {
      found.print = print(context, entry.vary);
      if (found.print != entry.print) {
        found.other_variants = true;
        continue;
      }
    }
    found.entry = node->entry;
    node->asked_for = true;
    shard.recent.splice(shard.recent.begin(), shard.recent, node);
    break;
  }
  return found;
}

void ResponseCache::keep(std::shared_ptr<const CacheEntry> entry) {
  if (!still_valid(*entry)) return;
  const std::size_t bytes = entry->bytes();
  std::list<Node> gone;
  std::size_t freed = 0;
  {
    Shard& shard = shard_of(entry->hash);
    const std::lock_guard lock(shard.mutex);
    if (entry->flushes != flushes()) return;
    const auto [at, is_new] = shard.resources.try_emplace(entry->key);
    Resource& resource = at->second;
    shard.recent.push_front({entry, bytes, &resource});
    resource.variants.insert(resource.variants.begin(), shard.recent.begin());
    for (std::size_t i = 1; i < resource.variants.size();) {
      const auto other = resource.variants[i];
      const bool same = other->entry->vary == entry->vary && other->entry->print == entry->print;
      if (same || i >= kMaxVariants || !still_valid(*other->entry)) {
        freed += shard.remove(other, gone);
      } else {
        ++i;
      }
    }
    auto& pass = passes_[entry->hash % kPasses];
    if (pass.load(std::memory_order_relaxed) >> 32 == entry->hash >> 32) pass.store(0, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    entries_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_sub(freed, std::memory_order_relaxed);
    entries_.fetch_sub(gone.size(), std::memory_order_relaxed);
  }
  make_room(entry.get());
}

void ResponseCache::drop(const CacheEntry& entry) {
  std::list<Node> gone;
  Shard& shard = shard_of(entry.hash);
  const std::lock_guard lock(shard.mutex);
  const auto resource = shard.resources.find(entry.key);
  if (resource == shard.resources.end()) return;
  for (const auto& node : resource->second.variants) {
    if (node->entry.get() != &entry) continue;
    bytes_.fetch_sub(shard.remove(node, gone), std::memory_order_relaxed);
    entries_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
}

void ResponseCache::pass(const CacheKey& key, TimePoint until) {
  passes_[key.hash % kPasses].store(pass_mark(key.hash, until), std::memory_order_relaxed);
}

ResponseCache::Joined ResponseCache::join(const CacheKey& key, const VaryPrint& print, const net::RemoteWake::Handle* waiter) {
  Shard& shard = shard_of(key.hash);
  const std::uint64_t hash = key.hash ^ print.first;
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.flights.find(hash);
  if (found == shard.flights.end()) {
    if (shard.flights.size() >= kMaxFlights) return {};
    auto flight = std::make_shared<CacheFlight>();
    flight->hash_ = hash;
    flight->key_hash_ = key.hash;
    shard.flights.emplace(hash, flight);
    return {std::move(flight), true};
  }
  if (found->second->waiters_.size() >= kMaxWaiters) return {};
  if (waiter != nullptr) found->second->waiters_.push_back(*waiter);
  return {found->second, false};
}

void ResponseCache::land(CacheFlight& flight, CacheFlight::State how) {
  std::vector<net::RemoteWake::Handle> waiters;
  std::shared_ptr<CacheFlight> ended;
  {
    Shard& shard = shard_of(flight.key_hash_);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.flights.find(flight.hash_);
    if (found == shard.flights.end() || found->second.get() != &flight) return;
    ended = std::move(found->second);
    shard.flights.erase(found);
    flight.state_.store(how, std::memory_order_release);
    waiters.swap(flight.waiters_);
  }
  for (const auto& waiter : waiters) waiter.wake();
}

void ResponseCache::invalidate(std::uint64_t uri, TimePoint now) {
  invalidated_[uri % kUris].store(now.time_since_epoch().count(), std::memory_order_release);
}

std::size_t ResponseCache::flush(std::string_view api, std::string_view route, std::string_view path_prefix) {
  // First: what is being fetched now will not be kept.
  flushes_.fetch_add(1, std::memory_order_acq_rel);
  std::size_t count = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    std::list<Node> gone;
    const std::lock_guard lock(shard.mutex);
    for (auto node = shard.recent.begin(); node != shard.recent.end();) {
      const auto next = std::next(node);
      const CacheEntry& entry = *node->entry;
      const bool meant = (api.empty() || entry.scope->api == api) && (route.empty() || entry.scope->route == route) &&
                         entry.path.starts_with(path_prefix);
      if (meant) bytes_.fetch_sub(shard.remove(node, gone), std::memory_order_relaxed);
      node = next;
    }
    entries_.fetch_sub(gone.size(), std::memory_order_relaxed);
    count += gone.size();
  }
  return count;
}

void ResponseCache::set_memory(std::size_t bytes) {
  memory_.store(bytes, std::memory_order_relaxed);
  make_room(nullptr);
}

// Takes the least recently used of one shard after the other: keys are spread evenly. What was asked for meanwhile is spared once,
// so that one in use does not go because it is alone in its shard; the newest goes when nothing else is left.
void ResponseCache::make_room(const CacheEntry* newest) {
  std::size_t empty = 0;
  std::size_t spared = 0;
  while (bytes() > memory_.load(std::memory_order_relaxed) && empty < kShards) {
    Shard& shard = shards_[next_victim_.fetch_add(1, std::memory_order_relaxed) % kShards];
    std::list<Node> gone;
    const std::lock_guard lock(shard.mutex);
    if (shard.recent.empty() || shard.recent.back().entry.get() == newest) {
      ++empty;
      continue;
    }
    empty = 0;
    Node& last = shard.recent.back();
    if (last.asked_for && spared++ < kShards) {
      last.asked_for = false;
      shard.recent.splice(shard.recent.begin(), shard.recent, std::prev(shard.recent.end()));
      continue;
    }
    bytes_.fetch_sub(shard.remove(std::prev(shard.recent.end()), gone), std::memory_order_relaxed);
    entries_.fetch_sub(1, std::memory_order_relaxed);
    evictions_.fetch_add(1, std::memory_order_relaxed);
  }
  if (newest != nullptr && bytes() > memory_.load(std::memory_order_relaxed)) make_room(nullptr);
}

bool ResponseCache::reserve(std::size_t bytes) {
  const std::size_t most = memory_.load(std::memory_order_relaxed) / 2;
  if (copying_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most) return true;
  unreserve(bytes);
  return false;
}

}  // namespace gatehouse::middleware
