#include "consumed_capacity.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

constexpr std::uint64_t kReadUnit = 4096;
constexpr std::uint64_t kWriteUnit = 1024;

std::uint64_t units(std::uint64_t bytes, std::uint64_t unit) { return std::max<std::uint64_t>(1, (bytes + unit - 1) / unit); }

void write_halves_as_units(std::string& to, std::uint64_t halves) {
  write_json_integer(to, static_cast<std::int64_t>(halves / 2));
  to += halves % 2 == 0 ? ".0" : ".5";
}

// Without the object's braces.
void write_units(std::string& to, std::uint64_t halves, ConsumedCapacity::Detail detail) {
  if (detail != ConsumedCapacity::Detail::kNone) {
    to += detail == ConsumedCapacity::Detail::kRead ? R"("ReadCapacityUnits":)" : R"("WriteCapacityUnits":)";
    write_halves_as_units(to, halves);
    to += ',';
  }
  to += R"("CapacityUnits":)";
  write_halves_as_units(to, halves);
}

}  // namespace

CapacityReport capacity_report(std::string_view return_consumed_capacity) {
  if (return_consumed_capacity == "INDEXES") return CapacityReport::kIndexes;
  if (return_consumed_capacity == "TOTAL") return CapacityReport::kTotal;
  return CapacityReport::kNone;
}

std::uint64_t read_halves(std::uint64_t bytes, ReadKind kind) {
  const std::uint64_t blocks = units(bytes, kReadUnit);
  switch (kind) {
    case ReadKind::kEventual: return blocks;
    case ReadKind::kConsistent: return 2 * blocks;
    case ReadKind::kTransactional: break;
  }
  return 4 * blocks;
}

std::uint64_t write_halves(std::uint64_t bytes, WriteKind kind) {
  return (kind == WriteKind::kPlain ? 2 : 4) * units(bytes, kWriteUnit);
}

void ConsumedCapacity::add_index(const TableIndex& index, std::uint64_t halves) {
  for (auto& [known, sum] : indexes_) {
    if (known != &index) continue;
    sum += halves;
    return;
  }
  indexes_.emplace_back(&index, halves);
}

void ConsumedCapacity::write(std::string& to, std::string_view table, CapacityReport report, Detail detail) const {
  std::uint64_t total = table_;
  for (const auto& [index, halves] : indexes_) total += halves;
  to += R"({"TableName":)";
  write_json_string(to, table);
  to += ',';
  write_units(to, total, detail);
  if (report == CapacityReport::kIndexes) {
    to += R"(,"Table":{)";
    write_units(to, table_, detail);
    to += '}';
    write_indexes(to, "LocalSecondaryIndexes", true, detail);
    write_indexes(to, "GlobalSecondaryIndexes", false, detail);
  }
  to += '}';
}

void ConsumedCapacity::write_indexes(std::string& to, std::string_view member, bool local, Detail detail) const {
  bool any = false;
  for (const auto& [index, halves] : indexes_) {
    if (index->local != local) continue;
    if (any) {
      to += ',';
    } else {
      to.append(",\"").append(member).append("\":{");
    }
    any = true;
    write_json_string(to, index->name);
    to += ":{";
    write_units(to, halves, detail);
    to += '}';
  }
  if (any) to += '}';
}

}  // namespace gatehouse::dynamo
