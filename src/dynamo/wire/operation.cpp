// The table of operations.
#include "gatehouse/dynamo/wire/operation.hpp"

#include <cstddef>
#include <iterator>

namespace gatehouse::dynamo {
namespace {

enum class Access : std::uint8_t { kRead, kWrite };

struct Row {
  std::string_view name;
  Access access;
};

// In the order of Operation; what is called most stands first, because names are looked up one by one.
constexpr Row kRows[] = {
    {"PutItem", Access::kWrite},
    {"GetItem", Access::kRead},
    {"UpdateItem", Access::kWrite},
    {"DeleteItem", Access::kWrite},
    {"Query", Access::kRead},
    {"Scan", Access::kRead},
    {"BatchGetItem", Access::kRead},
    {"BatchWriteItem", Access::kWrite},
    {"TransactGetItems", Access::kRead},
    {"TransactWriteItems", Access::kWrite},
    {"CreateTable", Access::kWrite},
    {"DescribeTable", Access::kRead},
    {"UpdateTable", Access::kWrite},
    {"DeleteTable", Access::kWrite},
    {"ListTables", Access::kRead},
    {"ListStreams", Access::kRead},
    {"DescribeStream", Access::kRead},
    {"GetShardIterator", Access::kRead},
    {"GetRecords", Access::kRead},
    {"UpdateTimeToLive", Access::kWrite},
    {"DescribeTimeToLive", Access::kRead},
    {"TagResource", Access::kWrite},
    {"UntagResource", Access::kWrite},
    {"ListTagsOfResource", Access::kRead},
    {"ExecuteStatement", Access::kWrite},
    {"BatchExecuteStatement", Access::kWrite},
    {"ExecuteTransaction", Access::kWrite},
    {"DescribeLimits", Access::kRead},
    {"DescribeEndpoints", Access::kRead},
    {"CreateBackup", Access::kWrite},
    {"DescribeBackup", Access::kRead},
    {"ListBackups", Access::kRead},
    {"DeleteBackup", Access::kWrite},
    {"RestoreTableFromBackup", Access::kWrite},
    {"DescribeContinuousBackups", Access::kRead},
    {"UpdateContinuousBackups", Access::kWrite},
    {"RestoreTableToPointInTime", Access::kWrite},
    {"ExportTableToPointInTime", Access::kWrite},
    {"DescribeExport", Access::kRead},
    {"ListExports", Access::kRead},
    {"ImportTable", Access::kWrite},
    {"DescribeImport", Access::kRead},
    {"ListImports", Access::kRead},
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Operation::kCount));

constexpr std::string_view kTables = "DynamoDB_20120810.";
constexpr std::string_view kStreams = "DynamoDBStreams_20120810.";

const Row& row(Operation operation) { return kRows[static_cast<std::size_t>(operation)]; }

}  // namespace

std::string_view operation_name(Operation operation) { return row(operation).name; }

std::optional<Operation> find_operation(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].name == name) return static_cast<Operation>(i);
  }
  return std::nullopt;
}

std::optional<Operation> find_target(std::string_view target) {
  const bool streams = target.starts_with(kStreams);
  if (!streams && !target.starts_with(kTables)) return std::nullopt;
  const auto operation = find_operation(target.substr(streams ? kStreams.size() : kTables.size()));
  if (!operation || is_streams_operation(*operation) != streams) return std::nullopt;
  return operation;
}

bool is_streams_operation(Operation operation) {
  return operation >= Operation::kListStreams && operation <= Operation::kGetRecords;
}

bool is_write(Operation operation) { return row(operation).access == Access::kWrite; }

}  // namespace gatehouse::dynamo
