// Answers that were kept, shared by all workers: bounded in memory, least recently used first out; and who is fetching what,
// so that many who want the same ask once. Outlives configurations. Thread-safe; a lookup takes one lock of many.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/http/fields.hpp"
#include "gatehouse/net/remote_wake.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// What answers of one route share. A route whose settings change gets a new one: what was kept for the old is not found again.
struct CacheScope {
  std::uint64_t id;
  std::string api;
  std::string route;  // "GET /orders/{id}"
};

// The text that tells answers apart, before Vary does. Views over the request's arena.
struct CacheKey {
  std::string_view text;
  std::uint64_t hash;
  std::uint64_t uri;  // of host and path alone: what an unsafe request makes invalid
};

// 128 bits of hash over request fields: their values are not kept.
struct VaryPrint {
  std::uint64_t first = 0, second = 0;
  bool operator==(const VaryPrint&) const = default;
};

struct KeptBody {
  std::string bytes;
};

// Immutable once it is kept.
struct CacheEntry {
  std::shared_ptr<const CacheScope> scope;
  std::string key;
  std::uint64_t hash = 0;
  std::uint64_t uri = 0;
  std::string path;
  std::vector<std::string> vary;  // names of request fields, in lower case
  VaryPrint print;

  int status = 200;
  std::string head;  // field lines
  std::vector<http::FieldRef> refs;
  http::Fields fields;  // over `head` and `refs`
  std::shared_ptr<const KeptBody> body;
  std::string_view etag, last_modified;  // of `fields`; empty: none

  TimePoint requested{}, received{};
  Duration initial_age{}, fresh{}, stale_while_revalidate{}, stale_if_error{};
  bool revalidate_always = false;
  bool must_revalidate = false;  // once it is stale
  std::uint64_t flushes = 0;  // how many there had been when it was asked for

  Duration age(TimePoint now) const { return initial_age + (now - received); }
  std::size_t bytes() const;
};

// One fetch that others may wait for.
class CacheFlight {
 public:
  enum class State : std::uint8_t {
    kUnderWay,
    kKept,     // look again
    kNotKept,  // the answer is for nobody else: each must ask
    kFailed,   // the backend failed
    kCut,      // whoever fetched left: another one must
  };
  State state() const { return state_.load(std::memory_order_acquire); }

 private:
  friend class ResponseCache;
  std::uint64_t key_hash_ = 0;
  std::uint64_t hash_ = 0;  // of key and Vary
  std::atomic<State> state_{State::kUnderWay};
  std::vector<net::RemoteWake::Handle> waiters_;
};

class ResponseCache {
 public:
  static constexpr std::size_t kDefaultMemory = 64 * 1024 * 1024;
  static constexpr std::size_t kMaxVariants = 32;     // of one key
  static constexpr std::size_t kMaxWaiters = 1024;    // for one fetch
  static constexpr std::size_t kMaxFlights = 16384;   // in each of the shards

  explicit ResponseCache(observe::Registry& registry, std::size_t memory = kDefaultMemory);
  ~ResponseCache();
  ResponseCache(const ResponseCache&) = delete;
  ResponseCache& operator=(const ResponseCache&) = delete;

  // What is beyond it goes at once.
  void set_memory(std::size_t bytes);

  struct Found {
    std::shared_ptr<const CacheEntry> entry;  // the variant that fits
    bool other_variants = false;
    VaryPrint print;  // of the request, by what the others vary by
    bool pass = false;  // lately an answer to this could not be kept: do not wait for one
  };
  // `print` must give what CacheEntry::print was made of.
  template <class PrintOf>
  Found find(const CacheKey& key, const PrintOf& print, TimePoint now);

  // Replaces the variant with the same Vary. Nothing is kept that a flush or an unsafe request came before the end of.
  void keep(std::shared_ptr<const CacheEntry> entry);
  void drop(const CacheEntry& entry);
  // For a while nobody waits for others who ask this.
  void pass(const CacheKey& key, TimePoint until);

  struct Joined {
    std::shared_ptr<CacheFlight> flight;  // null: go alone
    bool leads = false;                   // and must land it
  };
  // Of the waiters each is woken once when the flight lands. Without `waiter` one only leads, or gets the flight of others.
  Joined join(const CacheKey& key, const VaryPrint& print, const net::RemoteWake::Handle* waiter);
  void land(CacheFlight& flight, CacheFlight::State how);

  // An unsafe request to that URI succeeded: what was asked for before is no answer any more.
  void invalidate(std::uint64_t uri, TimePoint now);
  // Empty texts match everything. Returns how many answers went.
  std::size_t flush(std::string_view api, std::string_view route, std::string_view path_prefix);
  std::uint64_t flushes() const { return flushes_.load(std::memory_order_acquire); }

  // For copies that are being made: false when there are too many.
  bool reserve(std::size_t bytes);
  void unreserve(std::size_t bytes) { copying_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::size_t entries() const { return entries_.load(std::memory_order_relaxed); }

  static std::uint64_t uri_of(std::string_view host, std::string_view path);

 private:
  struct Node;
  struct Resource;
  struct Shard;
  static constexpr std::size_t kShards = 64;
  // What falls together costs a fetch that was not needed.
  static constexpr std::size_t kUris = 1 << 14;
  static constexpr std::size_t kPasses = 1 << 13;

  Found find_by(const CacheKey& key, VaryPrint (*print)(const void*, const std::vector<std::string>&), const void* context, TimePoint now);
  Shard& shard_of(std::uint64_t hash) const;
  bool still_valid(const CacheEntry& entry) const;
  void make_room(const CacheEntry* newest);

  std::unique_ptr<Shard[]> shards_;
  std::unique_ptr<std::atomic<std::int64_t>[]> invalidated_;  // by hash of the URI: when
  std::unique_ptr<std::atomic<std::uint64_t>[]> passes_;  // by hash of the key: a mark
  std::atomic<std::size_t> memory_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> entries_{0};
  std::atomic<std::size_t> copying_{0};
  std::atomic<std::uint64_t> flushes_{0};
  std::atomic<std::uint64_t> evictions_{0};
  std::atomic<std::uint32_t> next_victim_{0};
  std::vector<observe::Registry::Handle> metrics_;
};

template <class PrintOf>
ResponseCache::Found ResponseCache::find(const CacheKey& key, const PrintOf& print, TimePoint now) {
  const auto call = [](const void* context, const std::vector<std::string>& names) { return (*static_cast<const PrintOf*>(context))(names); };
  return find_by(key, call, &print, now);
}

}  // namespace gatehouse::middleware
