// What TransactWriteItems, TransactGetItems and ExecuteTransaction have in common: actions on items of several tables, read from JSON,
// found in the catalogue, each item at most once; and the fault that names a reason for each action.
#pragma once

#include "consumed_capacity.hpp"
#include "item_request.hpp"
#include "mutation.hpp"
#include "write_buffers.hpp"

#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"
#include "gatehouse/dynamo/expr/update.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

inline constexpr std::size_t kMaxTransactionItems = 100;
inline constexpr std::uint64_t kMaxTransactionBytes = 4 * 1024 * 1024;

enum class ActionKind : unsigned char { kPut, kUpdate, kDelete, kCheck, kGet };

// What PartiQL asks besides the condition: INSERT makes an item, UPDATE changes one, DELETE is content where there is none, whatever else
// its condition says.
enum class Presence : unsigned char { kAny, kMustBeNew, kMustExist, kMayBeGone };

struct TransactionAction {
  ActionKind kind = ActionKind::kPut;
  Presence presence = Presence::kAny;
  ItemRequest request;
  Condition condition;
  Update update;
  Projection projection;
  std::shared_ptr<const Table> table;
  WriteBuffers buffers;
  std::optional<Map> before, after;
  std::optional<Fault> problem;  // its reason, when it is why the transaction is cancelled
};

// Behind pointers: their buffers are looked at by views.
using TransactionActions = std::vector<std::unique_ptr<TransactionAction>>;

struct TransactionRequest {
  bool given = false;  // TransactItems was there
  TransactionActions actions;
  std::string_view token;
  std::string_view return_capacity;
  std::string_view return_metrics;
};

// `reads`: actions are Get; else Put, Update, Delete, ConditionCheck.
enum class TransactionUse : unsigned char { kReads, kWrites };
Outcome<void> read_transaction(Run& run, TransactionUse use, TransactionRequest& to);

// Table, row key; kResourceNotFound ends it, what is wrong with one item's key becomes its problem.
Outcome<void> find_items(Run& run, TransactionActions& actions);
// "Transaction request cannot include multiple operations on one item"
Outcome<void> check_distinct(const TransactionActions& actions);

// The fault of a cancelled transaction. REQUIRES: an action has a problem.
Fault transaction_cancelled(const TransactionActions& actions);
bool has_problem(const TransactionActions& actions);

// ConsumedCapacity of all tables, as a list.
struct TableCapacity {
  const Table* table;
  ConsumedCapacity capacity;
};
void write_capacities(std::string& to, std::span<const TableCapacity> capacities, CapacityReport report,
                      ConsumedCapacity::Detail detail);
ConsumedCapacity& capacity_of(std::vector<TableCapacity>& capacities, const Table& table);

// Judges one write against the item as it is (`action.before`) and adds it to the mutation. The fault is the action's own.
Outcome<void> apply_action(Run& run, Mutation& mutation, TransactionAction& action);
// Judges and applies the writes of `actions` as one, but for those that have a problem already: reads and evaluates. Fills each action's before and after. The fault
// is transaction_cancelled() or what prevents all of it.
Outcome<void> apply_transaction(Run& run, Mutation& mutation, TransactionActions& actions);

}  // namespace gatehouse::dynamo
