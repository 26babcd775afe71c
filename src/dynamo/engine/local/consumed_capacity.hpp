// What an operation would have consumed at the service, for ConsumedCapacity. Counted in halves of a unit, since an eventually
// consistent read costs half of one. Source: DynamoDB Developer Guide, "Read and write capacity".
#pragma once

#include "table.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

enum class CapacityReport : unsigned char { kNone, kTotal, kIndexes };
// Of ReturnConsumedCapacity, which was checked before.
CapacityReport capacity_report(std::string_view return_consumed_capacity);

enum class ReadKind : unsigned char { kEventual, kConsistent, kTransactional };
enum class WriteKind : unsigned char { kPlain, kTransactional };
std::uint64_t read_halves(std::uint64_t bytes, ReadKind kind);
std::uint64_t write_halves(std::uint64_t bytes, WriteKind kind);

class ConsumedCapacity {
 public:
  void add_table(std::uint64_t halves) { table_ += halves; }
  void add_index(const TableIndex& index, std::uint64_t halves);

  // Transactions say besides which kind of units it were.
  enum class Detail : unsigned char { kNone, kRead, kWrite };
  // Appends {"TableName":…,"CapacityUnits":…}. REQUIRES: a report other than kNone.
  void write(std::string& to, std::string_view table, CapacityReport report, Detail detail = Detail::kNone) const;

 private:
  void write_indexes(std::string& to, std::string_view member, bool local, Detail detail) const;

  std::uint64_t table_ = 0;
  std::vector<std::pair<const TableIndex*, std::uint64_t>> indexes_;
};

}  // namespace gatehouse::dynamo
