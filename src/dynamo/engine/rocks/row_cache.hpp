// Rows that were read lately, beside RocksDB's cache of blocks: a hit costs a tenth of a search through memtable and blocks.
// Never tells what is outdated: whatever is being written is not in it from before the write until after it. Thread-safe.
//
// Buckets of a fixed size, each with a lock of its own; a row has its bucket by the hash of its key and pushes the oldest ones out.
// docs/decisions/0019-rows-in-memory.md says why.
#pragma once

#include "gatehouse/dynamo/engine/storage.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

class RowCache {
 public:
  // Rows with more bytes than this, key and value, are not kept.
  static constexpr std::size_t kLargestRow = 1024;

  // Of a miss: what keep() needs to know of the time before the row was read.
  struct Missed {
    std::uint64_t hash = 0;
    std::uint32_t writes = 0;  // that had begun
    bool quiet = false;        // none of them was still going on
  };
  struct Counts {
    std::uint64_t hits = 0, misses = 0;
  };

  // `bytes`: what it may have in all; less than one bucket means none.
  explicit RowCache(std::uint64_t bytes);

  // True with the row in `value`.
  bool find(std::string_view key, std::string& value, Missed& missed);
  // The row as it was read after find() had missed it. Dropped when a write to its bucket may have come between.
  void keep(const Missed& missed, std::string_view key, std::string_view value);
  Counts counts() const;

  // Around the writing of a batch: its rows of kData cannot be found nor kept meanwhile.
  class Writing {
   public:
    // REQUIRES: `batch` outlives it.
    Writing(RowCache& cache, const Batch& batch);
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    // Without written() its rows are forgotten: nobody knows what became of them.
    ~Writing();
    // Rows that were here before are here again, as they are now.
    void written() { written_ = true; }

   private:
    struct Claim {
      Batch::Change change;
      std::uint64_t hash;
      std::uint32_t writes;
      bool replaces;  // alone in its bucket, in place of a row that was there
    };

    static std::vector<Claim>& claims_of_thread();
    void claim(const Batch::Change& change);
    void release(const Claim& claim);

    RowCache& cache_;
    std::vector<Claim>& claims_;
    const std::size_t first_;
    bool everything_ = false;
    bool written_ = false;
  };

 private:
  static constexpr std::size_t kBucketBytes = 4096;
  static constexpr std::size_t kPlaces = 24;

  struct Place {
    std::uint16_t at = 0;
    std::uint16_t room = 0;  // bytes from `at` on
    std::uint16_t key = 0, value = 0;
    bool live = false;
  };
  // Places are in the order of their making, as their bytes are: a ring whose oldest end is overwritten.
  struct alignas(64) Bucket {
    mutable std::mutex mutex;
    std::uint32_t writes = 0;
    std::uint32_t writing = 0;
    std::uint8_t oldest = 0;
    std::uint8_t count = 0;
    std::uint16_t end = 0;  // of the newest row's bytes
    Counts counts;
    std::array<std::uint32_t, kPlaces> tags{};
    std::array<Place, kPlaces> places;

    std::uint32_t& tag_of(const Place& place) { return tags[static_cast<std::size_t>(&place - places.data())]; }
  };

  std::size_t index_of(std::uint64_t hash) const { return static_cast<std::size_t>(hash % count_); }
  char* bytes_of(const Bucket& bucket) const { return bytes_.get() + static_cast<std::size_t>(&bucket - buckets_.get()) * kBucketBytes; }
  Place* find_place(Bucket& bucket, std::uint64_t hash, std::string_view key) const;
  void store(Bucket& bucket, std::uint64_t hash, std::string_view key, std::string_view value);
  Place* make_place(Bucket& bucket, std::size_t room);
  void begin_everything();
  void end_everything();

  std::size_t count_;
  std::unique_ptr<Bucket[]> buckets_;
  std::unique_ptr<char[]> bytes_;  // untouched until used: memory that nobody needs is not taken
};

}  // namespace gatehouse::dynamo
