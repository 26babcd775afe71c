// The operations of the DynamoDB API 2012-08-10 and of its Streams that are served. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::dynamo {

enum class Operation : std::uint8_t {
  kPutItem, kGetItem, kUpdateItem, kDeleteItem, kQuery, kScan, kBatchGetItem, kBatchWriteItem,
  kTransactGetItems, kTransactWriteItems,
  kCreateTable, kDescribeTable, kUpdateTable, kDeleteTable, kListTables,
  kListStreams, kDescribeStream, kGetShardIterator, kGetRecords,
  kUpdateTimeToLive, kDescribeTimeToLive,
  kTagResource, kUntagResource, kListTagsOfResource,
  kExecuteStatement, kBatchExecuteStatement, kExecuteTransaction,
  kDescribeLimits, kDescribeEndpoints,
  kCreateBackup, kDescribeBackup, kListBackups, kDeleteBackup, kRestoreTableFromBackup,
  kDescribeContinuousBackups, kUpdateContinuousBackups, kRestoreTableToPointInTime,
  kExportTableToPointInTime, kDescribeExport, kListExports, kImportTable, kDescribeImport, kListImports,
  kCount
};

std::string_view operation_name(Operation operation);  // "PutItem"
// Of X-Amz-Target: "DynamoDB_20120810.PutItem", "DynamoDBStreams_20120810.GetRecords".
std::optional<Operation> find_target(std::string_view target);
std::optional<Operation> find_operation(std::string_view name);  // "PutItem"
bool is_streams_operation(Operation operation);
// Whether it may change something; a read may be repeated.
bool is_write(Operation operation);

}  // namespace gatehouse::dynamo
