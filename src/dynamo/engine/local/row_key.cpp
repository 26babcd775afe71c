// Row keys are on disk: what is here may only change with the store's version (docs/storage-format.md, "Row keys").
#include "row_key.hpp"

#include "row_codec.hpp"

#include "gatehouse/dynamo/wire/encoding.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <bit>
#include <cstring>
#include <span>
#include <utility>

namespace gatehouse::dynamo {
namespace {

// "Naming rules and data types", "Constraints": key values. A global index's key parts share one limit per kind.
constexpr std::size_t kMaxPartitionKey = 2048;
constexpr std::size_t kMaxSortKey = 1024;

enum class Role : unsigned char { kPartition, kSort };

void append_varint(std::string& to, std::size_t value) {
  char bytes[encoding::kMaxVarintBytes];
  to.append(bytes, encoding::write_varint(bytes, static_cast<std::uint32_t>(value)));
}

Type type_of(KeyType type) {
  switch (type) {
    case KeyType::kString: return Type::kString;
    case KeyType::kNumber: return Type::kNumber;
    case KeyType::kBinary: break;
  }
  return Type::kBinary;
}

// The key bytes of a partition: a view of the value itself where that is all there is to it.
std::string_view partition_bytes(std::span<const KeyPart> parts, const Map& item, std::string& scratch) {
  if (parts.size() == 1 && parts[0].type != KeyType::kNumber) return item.find(parts[0].attribute).text();
  scratch.clear();
  for (std::size_t i = 0; i < parts.size(); ++i)
    append_key_value(scratch, parts[i], item.find(parts[i].attribute), i + 1 == parts.size());
  return scratch;
}

std::string& partition_scratch() {
  static thread_local std::string scratch;
  return scratch;
}

std::string_view empty_kind(Type type) { return type == Type::kString ? "string" : "binary"; }

Outcome<void> check_size(Role role, std::size_t bytes) {
  if (role == Role::kPartition && bytes > kMaxPartitionKey)
    return validation("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes");
  if (role == Role::kSort && bytes > kMaxSortKey)
    return validation("One or more parameter values were invalid: "
                      "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  return boost::system::in_place_value;
}

Fault missing_key(const KeyPart& part, KeyForm form) {
  if (form == KeyForm::kExact) return validation("The provided key element does not match the schema");
  return validation("One or more parameter values were invalid: Missing the key " + part.attribute + " in the item");
}

Fault mismatched_key(const KeyPart& part, Type actual, KeyForm form) {
  if (form == KeyForm::kExact) return validation("The provided key element does not match the schema");
  return validation("One or more parameter values were invalid: Type mismatch for key " + part.attribute + " expected: " +
                    std::string(type_name(type_of(part.type))) + " actual: " + std::string(type_name(actual)));
}

Outcome<Value> key_value(const KeyPart& part, const Map& attributes, KeyForm form, Role role) {
  const Value value = attributes.find(part.attribute);
  if (!value) return missing_key(part, form);
  if (value.type() != type_of(part.type)) return mismatched_key(part, value.type(), form);
  if (part.type == KeyType::kNumber) return value;
  const std::string_view text = value.text();
  if (text.empty()) {
    return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
                      std::string(empty_kind(value.type())) + " value. Key: " + part.attribute);
  }
  if (Outcome<void> sized = check_size(role, text.size()); !sized) return sized.error();
  return value;
}

// False when an attribute is absent.
Outcome<bool> check_index_parts(std::span<const KeyPart> parts, const TableIndex& index, const Map& item, Role role) {
  std::size_t bytes = 0;
  bool complete = true;
  for (const KeyPart& part : parts) {
    const Value value = item.find(part.attribute);
    if (!value) {
      complete = false;
      continue;
    }
    if (value.type() != type_of(part.type)) {
      return validation("One or more parameter values were invalid: Type mismatch for Index Key " + part.attribute + " Expected: " +
                        std::string(type_name(type_of(part.type))) + " Actual: " + std::string(type_name(value.type())) +
                        " IndexName: " + index.name);
    }
    if (part.type == KeyType::kNumber) continue;
    if (value.text().empty()) {
      return validation("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
                        "The AttributeValue for a key attribute cannot contain an empty " +
                        std::string(empty_kind(value.type())) + " value. IndexName: " + index.name + ", IndexKey: " + part.attribute);
    }
    bytes += value.text().size();
  }
  if (Outcome<void> sized = check_size(role, bytes); !sized) return sized.error();
  return complete;
}

}  // namespace

Outcome<void> append_item_key(std::string& to, const Table& table, const Map& attributes, KeyForm form) {
  if (form == KeyForm::kExact && attributes.count() != (table.sort ? 2U : 1U))
    return validation("The provided key element does not match the schema");
  const Outcome<Value> partition = key_value(table.partition, attributes, form, Role::kPartition);
  if (!partition) return partition.error();
  Value sort;
  if (table.sort) {
    const Outcome<Value> found = key_value(*table.sort, attributes, form, Role::kSort);
    if (!found) return found.error();
    sort = *found;
  }
  append_partition_prefix(to, table.id, kTableRows,
                          partition_bytes(std::span(&table.partition, 1), attributes, partition_scratch()));
  if (table.sort) append_key_value(to, *table.sort, sort, true);
  return boost::system::in_place_value;
}

Outcome<void> check_index_keys(const Table& table, const Map& item) {
  for (const TableIndex& index : table.indexes) {
    if (index.status == IndexStatus::kDeleting) continue;
    if (const Outcome<bool> partition = check_index_parts(index.partition, index, item, Role::kPartition); !partition)
      return partition.error();
    if (const Outcome<bool> sort = check_index_parts(index.sort, index, item, Role::kSort); !sort) return sort.error();
  }
  return boost::system::in_place_value;
}

Outcome<bool> append_index_key(std::string& to, const Table& table, const TableIndex& index, const Map& item) {
  const Outcome<bool> partition = check_index_parts(index.partition, index, item, Role::kPartition);
  if (!partition) return partition.error();
  const Outcome<bool> sort = check_index_parts(index.sort, index, item, Role::kSort);
  if (!sort) return sort.error();
  if (!*partition || !*sort) return false;

  std::string& scratch = partition_scratch();
  append_partition_prefix(to, table.id, index.number, partition_bytes(index.partition, item, scratch));
  for (const KeyPart& part : index.sort) append_key_value(to, part, item.find(part.attribute), false);
  const std::string_view own = partition_bytes(std::span(&table.partition, 1), item, scratch);
  append_varint(to, own.size());
  to.append(own);
  if (table.sort) append_key_value(to, *table.sort, item.find(table.sort->attribute), true);
  return true;
}

void append_table_prefix(std::string& to, TableId table) { append_u32(to, table); }

void append_rows_prefix(std::string& to, TableId table, std::uint8_t index) {
  append_u32(to, table);
  to.push_back(static_cast<char>(index));
}

void append_partition_prefix(std::string& to, TableId table, std::uint8_t index, std::string_view partition) {
  append_rows_prefix(to, table, index);
  append_u32(to, partition_hash(partition));
  append_varint(to, partition.size());
  to.append(partition);
}

std::uint32_t partition_hash(std::string_view partition) {
  // Eight bytes at a time through a 64-bit multiply-and-fold; the upper half of the last fold is even over all bits.
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15ULL;
  std::uint64_t hash = partition.size() * kMultiplier;
  while (!partition.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = std::min(partition.size(), sizeof word);
    std::memcpy(&word, partition.data(), taken);
    partition.remove_prefix(taken);
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 29;
  }
  hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93ULL;
  hash ^= hash >> 32;
  return static_cast<std::uint32_t>((hash * kMultiplier) >> 32);
}

void append_key_value(std::string& to, const KeyPart& part, Value value, bool last) {
  if (part.type == KeyType::kNumber) {
    append_number_key(to, value.text());
  } else if (last) {
    to.append(value.text());
  } else {
    append_escaped_key(to, value.text());
  }
}

std::string_view row_head(std::string_view row_key) { return row_key.substr(0, kRowHead); }

std::string item_key_of_entry(std::string_view entry_key, const Table& table, const TableIndex& index) {
  const char* at = entry_key.data() + kRowHead;
  std::uint32_t size = 0;
  at = encoding::read_varint(at, size);
  entry_key.remove_prefix(static_cast<std::size_t>(at - entry_key.data()) + size);
  std::string skipped;
  for (const KeyPart& part : index.sort) {
    skipped.clear();
    if (part.type == KeyType::kNumber) {
      take_number_key(entry_key, skipped);
    } else {
      take_escaped_key(entry_key, skipped);
    }
  }
  at = encoding::read_varint(entry_key.data(), size);
  entry_key.remove_prefix(static_cast<std::size_t>(at - entry_key.data()));
  std::string key;
  append_partition_prefix(key, table.id, kTableRows, entry_key.substr(0, size));
  key.append(entry_key.substr(size));
  return key;
}

void append_expiry_key(std::string& to, TableId table, std::uint64_t expires_seconds, std::string_view row_key) {
  append_rows_prefix(to, table, kExpiryRows);
  append_u32(to, static_cast<std::uint32_t>(expires_seconds >> 32));
  append_u32(to, static_cast<std::uint32_t>(expires_seconds));
  to.append(row_key);
}

}  // namespace gatehouse::dynamo
