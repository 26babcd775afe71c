// Which function serves which operation. What has no line is answered with UnknownOperationException.
#include "run.hpp"

#include <array>

namespace gatehouse::dynamo {
namespace {

struct Line {
  Operation operation;
  OperationHandler handler;
};

constexpr Line kLines[] = {
    {Operation::kPutItem, put_item},
    {Operation::kGetItem, get_item},
    {Operation::kUpdateItem, update_item},
    {Operation::kDeleteItem, delete_item},
    {Operation::kQuery, query},
    {Operation::kScan, scan},
    {Operation::kBatchGetItem, batch_get_item},
    {Operation::kBatchWriteItem, batch_write_item},
    {Operation::kTransactGetItems, transact_get_items},
    {Operation::kTransactWriteItems, transact_write_items},
    {Operation::kExecuteStatement, execute_statement},
    {Operation::kBatchExecuteStatement, batch_execute_statement},
    {Operation::kExecuteTransaction, execute_transaction},
    {Operation::kCreateTable, create_table},
    {Operation::kDescribeTable, describe_table},
    {Operation::kUpdateTable, update_table},
    {Operation::kDeleteTable, delete_table},
    {Operation::kListTables, list_tables},
    {Operation::kListStreams, list_streams},
    {Operation::kDescribeStream, describe_stream},
    {Operation::kGetShardIterator, get_shard_iterator},
    {Operation::kGetRecords, get_records},
    {Operation::kUpdateTimeToLive, update_time_to_live},
    {Operation::kDescribeTimeToLive, describe_time_to_live},
    {Operation::kTagResource, tag_resource},
    {Operation::kUntagResource, untag_resource},
    {Operation::kListTagsOfResource, list_tags_of_resource},
    {Operation::kDescribeLimits, describe_limits},
    {Operation::kDescribeEndpoints, describe_endpoints},
    {Operation::kCreateBackup, create_backup},
    {Operation::kDescribeBackup, describe_backup},
    {Operation::kListBackups, list_backups},
    {Operation::kDeleteBackup, delete_backup},
    {Operation::kRestoreTableFromBackup, restore_table_from_backup},
    {Operation::kDescribeContinuousBackups, describe_continuous_backups},
    {Operation::kUpdateContinuousBackups, update_continuous_backups},
    {Operation::kRestoreTableToPointInTime, restore_table_to_point_in_time},
    {Operation::kExportTableToPointInTime, export_table_to_point_in_time},
    {Operation::kDescribeExport, describe_export},
    {Operation::kListExports, list_exports},
    {Operation::kImportTable, import_table},
    {Operation::kDescribeImport, describe_import},
    {Operation::kListImports, list_imports},
};

using Handlers = std::array<OperationHandler, static_cast<std::size_t>(Operation::kCount)>;

constexpr Handlers handlers() {
  Handlers by_operation{};
  for (const Line& line : kLines) by_operation[static_cast<std::size_t>(line.operation)] = line.handler;
  return by_operation;
}

constexpr Handlers kHandlers = handlers();

}  // namespace

OperationHandler handler_of(Operation operation) { return kHandlers[static_cast<std::size_t>(operation)]; }

}  // namespace gatehouse::dynamo
