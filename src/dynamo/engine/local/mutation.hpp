// One atomic change of any number of items: locks their partitions, reads what is there, collects the rows (item, index entries,
// change records, expiry entries), writes them as one batch. All of it happens on one thread without a suspension.
#pragma once

#include "run.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

enum class ChangeCause : unsigned char { kClient, kExpiry };  // expiry: userIdentity of the stream record says so

class Mutation {
 public:
  explicit Mutation(Run& run);
  ~Mutation();  // without commit(): as give_up()
  Mutation(const Mutation&) = delete;
  Mutation& operator=(const Mutation&) = delete;

  // Once, before any read: locks in one order, so that mutations cannot deadlock.
  void lock(std::span<const std::string_view> row_keys);
  void lock(std::string_view row_key) { lock(std::span(&row_key, 1)); }

  // The item's encoding as it is now; nullopt: there is none.
  Outcome<std::optional<Map>> read(std::string_view row_key, std::string& bytes);

  // `before` as read() said; `after` none: the item goes. `encoded_after` is what Map::item(after) was made of. Checks index key
  // types and sizes. An item may be changed once. The views must live until commit().
  struct Image {
    Map map;
    std::string_view encoded;
  };
  Outcome<void> change(const Table& table, std::string_view row_key, const std::optional<Image>& before,
                       const std::optional<Image>& after, ChangeCause cause);

  // A row of the engine itself: false when there is none; written along with the changes.
  Outcome<bool> read_row(std::string_view key, std::string& bytes);
  void put_row(std::string_view key, std::string_view value);

  // Writes and unlocks. The run is told what must be durable.
  Outcome<void> commit();
  // Unlocks without a change: what was read must still be durable before the answer, and the run is told so.
  void give_up();

  // Index entries that change() touched, for ConsumedCapacity: index name and write units.
  struct IndexWrite {
    const TableIndex* index;
    std::uint64_t size_bytes;
  };
  std::span<const IndexWrite> index_writes() const;

 private:
  struct Impl;
  Impl* impl_;  // pooled per thread: no allocation per request
};

}  // namespace gatehouse::dynamo
