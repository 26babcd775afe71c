// CreateTable, DescribeTable, DeleteTable, ListTables. A table is there at once: no answer says CREATING and nothing is waited for.
#include "maintenance.hpp"
#include "table_description.hpp"
#include "table_drop.hpp"
#include "table_request.hpp"

#include "gatehouse/base/ids.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::int64_t kListLimit = 100;

void write_answer(Run& run, std::string_view member, const Table& table) {
  JsonText answer(run.answer);
  answer.begin();
  write_table(answer, member, table);
  answer.end();
}

Fault no_table(std::string_view name_or_arn) {
  return {FaultType::kResourceNotFound, "Requested resource not found: Table: " + std::string(name_or_arn) + " not found"};
}

}  // namespace

Outcome<void> create_table(Run& run) {
  const Outcome<Node> request = read_table_request(run, create_table_fields());
  if (!request) return request.error();
  Outcome<Table> table = table_of(*request);
  if (!table) return table.error();
  const WallTime now = run.state.clock.wall();
  table->arn = table_arn(run.state.options.region, table->name);
  table->uuid = make_uuid();
  table->created = now;
  if (table->on_demand) table->billing_changed = now;
  if (table->stream.view != StreamView::kNone) begin_stream(*table, table->stream.view, now);
  const std::string name = table->name;
  const Outcome<CommitNumber> added = run.state.catalogue.add(std::move(*table), now, run.patience);
  if (!added) return added.error();
  run.needs(*added);
  if (const auto made = run.state.catalogue.find_any(name)) write_answer(run, "TableDescription", *made);
  return {};
}

Outcome<void> describe_table(Run& run) {
  const Outcome<Node> request = read_table_request(run, {});
  if (!request) return request.error();
  const auto table = run.state.catalogue.find_any(request->string("TableName"));
  if (!table) return no_table(request->string("TableName"));
  write_answer(run, "Table", *table);
  return {};
}

Outcome<void> delete_table(Run& run) {
  const Outcome<Node> request = read_table_request(run, {});
  if (!request) return request.error();
  std::shared_ptr<const Table> removed = run.state.catalogue.find_any(request->string("TableName"));
  if (!removed) return no_table(request->string("TableName"));
  const auto check = [](const Table& table) -> Outcome<void> {
    if (table.status != TableStatus::kActive)
      return Fault(FaultType::kResourceInUse, "Attempt to change a resource which is still in use: Table is being created: " + table.name);
    if (table.deletion_protection)
      return validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.");
    return {};
  };
  const Outcome<CommitNumber> written =
      run.state.catalogue.remove(removed->name, run.state.clock.wall(), run.patience, check);
  if (!written) return written.error();
  run.needs(*written);
  enqueue_table_drop(run.state, removed->id);

  JsonText answer(run.answer);
  answer.begin();
  answer.begin("TableDescription");
  answer.string("TableName", removed->name);
  answer.string("TableStatus", "DELETING");
  answer.integer("ItemCount", std::max<std::int64_t>(0, removed->counters->items.load(std::memory_order_relaxed)));
  answer.integer("TableSizeBytes", std::max<std::int64_t>(0, removed->counters->bytes.load(std::memory_order_relaxed)));
  answer.string("TableArn", removed->arn);
  answer.string("TableId", removed->uuid);
  answer.begin("ProvisionedThroughput");
  answer.integer("NumberOfDecreasesToday", 0);
  answer.integer("ReadCapacityUnits", removed->throughput.read);
  answer.integer("WriteCapacityUnits", removed->throughput.write);
  answer.end();
  answer.flag("DeletionProtectionEnabled", false);
  answer.end();
  answer.end();
  return {};
}

Outcome<void> list_tables(Run& run) {
  static constexpr Field kFields[] = {
      {"Limit", {.type = kInteger, .least = 1, .most = kListLimit}},
      {"ExclusiveStartTableName", {.type = kString, .least = 3, .most = 255, .name_pattern = true}},
  };
  const Outcome<Node> request = read_request(run, kFields);
  if (!request) return request.error();
  const auto limit = static_cast<std::size_t>(request->integer("Limit", kListLimit));
  const std::string_view start = request->string("ExclusiveStartTableName");
  const auto tables = run.state.catalogue.all();
  auto at = std::upper_bound(tables.begin(), tables.end(), start, [](std::string_view name, const auto& table) { return name < table->name; });

  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list("TableNames");
  std::size_t count = 0;
  for (; at != tables.end() && count < limit; ++at, ++count) answer.element((*at)->name);
  answer.end_list();
  if (at != tables.end()) answer.string("LastEvaluatedTableName", (*(at - 1))->name);
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
