// What an index keeps of an item: the key of its entry, and the attributes that are projected into it. One thread; reused.
#pragma once

#include "mutation.hpp"
#include "table.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// Key attributes of the table and of the index always are.
bool is_projected(const Table& table, const TableIndex& index, std::string_view attribute);

// Appends the encoding of an index entry, an item of the projected attributes.
void append_index_entry(std::string& to, const Table& table, const TableIndex& index, const Map& item);

class IndexEntry {
 public:
  // Of a request: a key attribute of the wrong type is a fault. Of the store: the item has no entry then, as when the index was
  // added after it.
  enum class Origin : unsigned char { kRequest, kStored };
  // The views of `item` must live as long as this is used.
  Outcome<void> make(const Table& table, const TableIndex& index, const std::optional<Mutation::Image>& item, Origin origin);

  bool exists() const { return exists_; }
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  Map map() const { return Map::item(value_); }

 private:
  std::string key_;
  std::string projected_;
  std::string_view value_;
  bool exists_ = false;
};

}  // namespace gatehouse::dynamo
