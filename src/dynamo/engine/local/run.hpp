// One operation being executed: what it works with, and the table of all operations. Handlers are plain functions on one thread, a
// worker's (Patience::kNever: they give up with kWouldBlock where the disk is needed, and are run again from the start on a
// thread that may wait) or a pool's. They do not wait for durability: they say what must be durable before the answer is sent.
//
// What an answer promises (a change was made, a condition did not hold) is never told before it is durable. What it merely shows is
// waited for as well, until the disk fails: what the failed store holds back would never become durable, and reads must go on.
#pragma once

#include "catalogue.hpp"
#include "stripes.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/local_engine.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class StreamLog;    // stream_log.hpp: sequence numbers and records of all streams
class TokenMemory;  // token_memory.hpp: idempotency tokens of transactions, ten minutes
class Backups;      // backups.hpp
class Transfers;    // transfers.hpp: exports and imports
class Maintenance;  // maintenance.hpp: background work

// What all operations of an engine share.
struct LocalState {
  std::unique_ptr<Storage> storage;
  EngineKind kind;
  LocalEngineOptions options;
  const Clock& clock;
  net::BlockingPool& pool;
  Catalogue catalogue;
  Stripes stripes;
  // Shared only so that whoever owns a state need not know these types.
  std::shared_ptr<StreamLog> streams;
  std::shared_ptr<TokenMemory> tokens;
  std::shared_ptr<Backups> backups;
  std::shared_ptr<Transfers> transfers;
  std::unique_ptr<Maintenance> maintenance;  // last: it works with all of them
};

struct Run {
  LocalState& state;
  std::string_view body;
  Arena& arena;
  std::string& answer;  // JSON, appended
  Patience patience;
  CommitNumber must_be_durable = 0;    // what is promised
  CommitNumber should_be_durable = 0;  // what is shown
  bool reads_may_wait = false;  // although writes may not: rows that lie in the page cache cost less than a hop to the pool

  void needs(CommitNumber number) { must_be_durable = std::max(must_be_durable, number); }
  // After what is promised was decided by rows of a partition.
  void needs(const Stripes::Stripe& stripe) { needs(last_change(stripe)); }
  // After rows of a partition were read.
  void saw(std::string_view row_key) { saw(last_change(state.stripes.of(row_key))); }
  // After rows of many partitions were read.
  void saw_everything() { saw(state.storage->written()); }
  void saw(CommitNumber number) { should_be_durable = std::max(should_be_durable, number); }
  CommitNumber last_change(const Stripes::Stripe& stripe) const {
    const CommitNumber last = Stripes::last_change(stripe);
    return last == Stripes::kInFlight ? state.storage->written() : last;
  }
  ReadOptions reading() const { return {.patience = reads_may_wait ? Patience::kAllowed : patience}; }
  // By name or ARN; kResourceNotFound "Requested resource not found".
  Outcome<std::shared_ptr<const Table>> table(std::string_view name_or_arn) const;
};

// would_block becomes kWouldBlock, anything else kInternalServerError (logged).
Fault fault_of(const Error& error);

using OperationHandler = Outcome<void> (*)(Run&);
OperationHandler handler_of(Operation operation);  // null: not served

// Each in a file of its own or with its siblings.
Outcome<void> put_item(Run& run);
Outcome<void> get_item(Run& run);
Outcome<void> update_item(Run& run);
Outcome<void> delete_item(Run& run);
Outcome<void> query(Run& run);
Outcome<void> scan(Run& run);
Outcome<void> batch_get_item(Run& run);
Outcome<void> batch_write_item(Run& run);
Outcome<void> transact_get_items(Run& run);
Outcome<void> transact_write_items(Run& run);
Outcome<void> create_table(Run& run);
Outcome<void> describe_table(Run& run);
Outcome<void> update_table(Run& run);
Outcome<void> delete_table(Run& run);
Outcome<void> list_tables(Run& run);
Outcome<void> list_streams(Run& run);
Outcome<void> describe_stream(Run& run);
Outcome<void> get_shard_iterator(Run& run);
Outcome<void> get_records(Run& run);
Outcome<void> update_time_to_live(Run& run);
Outcome<void> describe_time_to_live(Run& run);
Outcome<void> tag_resource(Run& run);
Outcome<void> untag_resource(Run& run);
Outcome<void> list_tags_of_resource(Run& run);
Outcome<void> execute_statement(Run& run);
Outcome<void> batch_execute_statement(Run& run);
Outcome<void> execute_transaction(Run& run);
Outcome<void> describe_limits(Run& run);
Outcome<void> describe_endpoints(Run& run);
Outcome<void> create_backup(Run& run);
Outcome<void> describe_backup(Run& run);
Outcome<void> list_backups(Run& run);
Outcome<void> delete_backup(Run& run);
Outcome<void> restore_table_from_backup(Run& run);
Outcome<void> describe_continuous_backups(Run& run);
Outcome<void> update_continuous_backups(Run& run);
Outcome<void> restore_table_to_point_in_time(Run& run);
Outcome<void> export_table_to_point_in_time(Run& run);
Outcome<void> describe_export(Run& run);
Outcome<void> list_exports(Run& run);
Outcome<void> import_table(Run& run);
Outcome<void> describe_import(Run& run);
Outcome<void> list_imports(Run& run);

}  // namespace gatehouse::dynamo
