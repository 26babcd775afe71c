#include "key_range.hpp"

#include "row_codec.hpp"
#include "row_key.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::dynamo {
namespace {

constexpr std::uint64_t kHashes = 1ULL << 32;

Type type_of(KeyType type) {
  switch (type) {
    case KeyType::kString: return Type::kString;
    case KeyType::kNumber: return Type::kNumber;
    case KeyType::kBinary: break;
  }
  return Type::kBinary;
}

const KeyTerm* find_term(std::span<const KeyTerm> terms, std::string_view attribute) {
  const auto found = std::find_if(terms.begin(), terms.end(), [&](const KeyTerm& term) { return term.attribute == attribute; });
  return found == terms.end() ? nullptr : &*found;
}

Fault missed(std::string_view attribute) {
  return validation("Query condition missed key schema element: " + std::string(attribute));
}

Outcome<void> check_operand(const TableIndex* index, const KeyPart& part, Value value) {
  if (value.type() != type_of(part.type))
    return validation("One or more parameter values were invalid: Condition parameter type does not match schema type");
  if (part.type == KeyType::kNumber || !value.text().empty()) return boost::system::in_place_value;
  std::string message = "One or more parameter values are not valid. ";
  if (index != nullptr) message += "A value specified for a secondary index key is not supported. ";
  message.append("The AttributeValue for a key attribute cannot contain an empty ");
  message.append(part.type == KeyType::kString ? "string" : "binary").append(" value. ");
  if (index != nullptr) message.append("IndexName: ").append(index->name).append(", Index");
  return validation(message.append("Key: ").append(part.attribute));
}

Outcome<void> check_operands(const TableIndex* index, const KeyPart& part, const KeyTerm& term) {
  if (term.comparison == KeyComparison::kBeginsWith && part.type == KeyType::kNumber)
    return validation("One or more parameter values were invalid: Condition parameter type does not match schema type");
  if (Outcome<void> valid = check_operand(index, part, term.first); !valid) return valid;
  if (term.comparison == KeyComparison::kBetween) return check_operand(index, part, term.second);
  return boost::system::in_place_value;
}

Outcome<void> check_partition(const TableIndex* index, const KeySchema& schema, std::span<const KeyTerm> terms) {
  const std::size_t most = schema.partition.size() + schema.sort.size();
  if (terms.size() > std::max<std::size_t>(most, 2)) return validation("Conditions can be of length 1 or 2 only");
  for (const KeyPart& part : schema.partition) {
    if (terms.size() > most) return validation("Query key condition not supported");
    const KeyTerm* const term = find_term(terms, part.attribute);
    if (term == nullptr) return missed(part.attribute);
    if (Outcome<void> valid = check_operands(index, part, *term); !valid) return valid;
    if (term->comparison != KeyComparison::kEqual) return validation("Query key condition not supported");
  }
  return boost::system::in_place_value;
}

// The rows of one partition whose sort key meets the last term. In an index something follows the sort key, in a table nothing does.
class SortRange {
 public:
  SortRange(const KeyPart& part, std::string_view prefix, bool last) : part_(part), prefix_(prefix), last_(last) {}

  KeyRange rows(const KeyTerm& term) const {
    const std::string end = *after_prefix(prefix_);
    const std::string first = at(term.first);
    switch (term.comparison) {
      case KeyComparison::kEqual: return {first, behind(first)};
      case KeyComparison::kLess: return {std::string(prefix_), first};
      case KeyComparison::kLessOrEqual: return {std::string(prefix_), behind(first)};
      case KeyComparison::kGreater: return {behind(first), end};
      case KeyComparison::kGreaterOrEqual: return {first, end};
      case KeyComparison::kBetween: return {first, behind(at(term.second))};
      case KeyComparison::kBeginsWith: break;
    }
    const std::string beginning = first.substr(0, first.size() - (last_ ? 0 : kTerminator));
    return {beginning, after_prefix(beginning).value_or(end)};
  }

 private:
  static constexpr std::size_t kTerminator = 2;  // of an escaped key value

  std::string at(Value value) const {
    std::string key(prefix_);
    append_key_value(key, part_, value, last_);
    return key;
  }
  // The first key after all rows with exactly that value.
  std::string behind(const std::string& key) const { return last_ ? key + '\0' : *after_prefix(key); }

  const KeyPart& part_;
  std::string_view prefix_;
  bool last_;
};

std::string partition_prefix(const Table& table, const KeySchema& schema, std::span<const KeyTerm> terms) {
  std::string partition;
  for (std::size_t i = 0; i < schema.partition.size(); ++i) {
    const KeyPart& part = schema.partition[i];
    append_key_value(partition, part, find_term(terms, part.attribute)->first, i + 1 == schema.partition.size());
  }
  std::string prefix;
  append_partition_prefix(prefix, table.id, schema.number, partition);
  return prefix;
}

Fault bad_start(std::string_view detail) { return validation("The provided starting key is invalid" + std::string(detail)); }

std::size_t count_start_attributes(const Table& table, const KeySchema& schema) {
  std::size_t count = table.sort ? 2 : 1;
  if (schema.number == kTableRows) return count;
  for (const auto parts : {schema.partition, schema.sort})
    for (const KeyPart& part : parts) count += table.is_key(part.attribute) ? 0 : 1;
  return count;
}

}  // namespace

bool KeySchema::has(std::string_view attribute) const {
  const auto is = [&](const KeyPart& part) { return part.attribute == attribute; };
  return std::any_of(partition.begin(), partition.end(), is) || std::any_of(sort.begin(), sort.end(), is);
}

KeySchema schema_of(const Table& table, const TableIndex* index) {
  if (index != nullptr) return {index->partition, index->sort, index->number};
  const std::span<const KeyPart> sort = table.sort ? std::span(&*table.sort, 1) : std::span<const KeyPart>();
  return {std::span(&table.partition, 1), sort, kTableRows};
}

Outcome<KeyRange> query_range(const Table& table, const TableIndex* index, std::span<const KeyTerm> terms) {
  const KeySchema schema = schema_of(table, index);
  if (Outcome<void> valid = check_partition(index, schema, terms); !valid) return valid.error();
  std::string prefix = partition_prefix(table, schema, terms);
  std::size_t used = schema.partition.size();
  for (const KeyPart& part : schema.sort) {
    const KeyTerm* const term = find_term(terms, part.attribute);
    if (term == nullptr) {
      if (used < terms.size()) return missed(part.attribute);
      break;
    }
    if (Outcome<void> valid = check_operands(index, part, *term); !valid) return valid.error();
    ++used;
    const bool last = schema.number == kTableRows;
    if (term->comparison == KeyComparison::kEqual && used < terms.size()) {
      append_key_value(prefix, part, term->first, last);
      continue;
    }
    // Only the last term may name a range of values.
    if (used < terms.size()) return validation("Query key condition not supported");
    return SortRange(part, prefix, last).rows(*term);
  }
  if (used < terms.size()) return validation("Query key condition not supported");
  return KeyRange{prefix, *after_prefix(prefix)};
}

KeyRange scan_range(const Table& table, const TableIndex* index, std::uint64_t segment, std::uint64_t total) {
  std::string rows;
  append_rows_prefix(rows, table.id, index == nullptr ? kTableRows : index->number);
  const auto bound = [&](std::uint64_t part) {
    std::string key = rows;
    append_u32(key, static_cast<std::uint32_t>((kHashes * part + total - 1) / total));
    return key;
  };
  return {segment == 0 ? rows : bound(segment), segment + 1 >= total ? *after_prefix(rows) : bound(segment + 1)};
}

Outcome<std::string> start_row_key(const Table& table, const TableIndex* index, const Map& start, StartOf what) {
  const KeySchema schema = schema_of(table, index);
  if (start.count() != count_start_attributes(table, schema)) {
    const bool explained = what == StartOf::kScan && index == nullptr;
    return bad_start(explained ? ": The provided key element does not match the schema" : "");
  }
  std::string key;
  const Outcome<void> keyed = append_item_key(key, table, start, index == nullptr ? KeyForm::kExact : KeyForm::kItem);
  if (!keyed) {
    if (index != nullptr) return bad_start(": The provided key element does not match the schema");
    return bad_start(": " + keyed.error().message());
  }
  if (index == nullptr) return key;
  key.clear();
  const Outcome<bool> entry = append_index_key(key, table, *index, start);
  if (!entry || !*entry) return bad_start("");
  return key;
}

void write_last_key(std::string& to, const Table& table, const TableIndex* index, const Map& row) {
  bool first = true;
  const auto write = [&](const KeyPart& part) {
    to += first ? '{' : ',';
    first = false;
    write_json_string(to, part.attribute);
    to += ':';
    write_json_value(to, row.find(part.attribute));
  };
  write(table.partition);
  if (table.sort) write(*table.sort);
  if (index != nullptr) {
    for (const auto* parts : {&index->partition, &index->sort})
      for (const KeyPart& part : *parts)
        if (!table.is_key(part.attribute)) write(part);
  }
  to += '}';
}

}  // namespace gatehouse::dynamo
