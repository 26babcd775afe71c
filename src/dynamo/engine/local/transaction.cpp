#include "transaction.hpp"

#include "item_answer.hpp"
#include "item_update.hpp"
#include "row_key.hpp"
#include "scalar_keys.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

std::string_view reason_code(const std::optional<Fault>& problem) {
  if (!problem) return "None";
  switch (problem->type()) {
    case FaultType::kConditionalCheckFailed: return "ConditionalCheckFailed";
    case FaultType::kDuplicateItem: return "DuplicateItem";
    case FaultType::kItemCollectionSizeLimitExceeded: return "ItemCollectionSizeLimitExceeded";
    default: return "ValidationError";
  }
}

// What the table refuses whatever the item is now. (Which attributes an update may change is asked after its condition.)
Outcome<void> check_fit(const TransactionAction& action) {
  if (action.kind == ActionKind::kCheck) return boost::system::in_place_value;
  if (action.kind == ActionKind::kPut) {
    if (Outcome<void> valid = check_index_keys(*action.table, action.request.item); !valid) return valid;
  }
  return check_scalar_keys_in(*action.table, action.condition);
}

// Judges one action against the item as it is and says what becomes of it.
Outcome<void> judge(TransactionAction& action, Arena& arena) {
  if (action.presence == Presence::kMustBeNew && action.before)
    return Fault(FaultType::kDuplicateItem, "Duplicate primary key exists in table");
  if (action.presence == Presence::kMustExist && !action.before)
    return condition_failed(action.before, action.request.return_on_failure);
  if (action.presence == Presence::kMayBeGone && !action.before) return boost::system::in_place_value;
  if (!action.condition.matches(action.before.value_or(Map())))
    return condition_failed(action.before, action.request.return_on_failure);
  action.after = action.before;
  if (action.kind == ActionKind::kPut) {
    action.after = action.request.item;
  } else if (action.kind == ActionKind::kDelete) {
    action.after.reset();
  } else if (action.kind == ActionKind::kUpdate) {
    if (Outcome<void> valid = check_update_targets(action.update, *action.table); !valid) return valid;
    const auto after = apply_update(action.update, action.request, action.before, action.buffers, arena);
    if (!after) return after.error();
    action.after = *after;
  }
  return boost::system::in_place_value;
}

std::string_view encoded_after(const TransactionAction& action) {
  return action.kind == ActionKind::kPut ? action.request.encoded_item : std::string_view(action.buffers.after);
}

Outcome<void> change(Mutation& mutation, const TransactionAction& action) {
  if (action.kind == ActionKind::kCheck) return boost::system::in_place_value;
  return mutation.change(*action.table, action.buffers.row_key, image_of(action.before, action.buffers.before),
                         image_of(action.after, encoded_after(action)), ChangeCause::kClient);
}

// What the client may mend is a reason of its action; all else ends the transaction as a whole.
bool is_reason(const Fault& fault) {
  switch (fault.type()) {
    case FaultType::kValidation:
    case FaultType::kConditionalCheckFailed:
    case FaultType::kDuplicateItem:
    case FaultType::kItemCollectionSizeLimitExceeded: return true;
    default: return false;
  }
}

}  // namespace

Outcome<void> find_items(Run& run, TransactionActions& actions) {
  for (const auto& action : actions) {
    const auto table = run.table(action->request.table_name);
    if (!table) return table.error();
    action->table = *table;
    const bool whole = action->kind == ActionKind::kPut;
    const Outcome<void> keyed = append_item_key(action->buffers.row_key, **table, whole ? action->request.item : action->request.key,
                                                whole ? KeyForm::kItem : KeyForm::kExact);
    if (!keyed) action->problem = keyed.error();
  }
  return boost::system::in_place_value;
}

Outcome<void> check_distinct(const TransactionActions& actions) {
  std::vector<std::string_view> keys;
  for (const auto& action : actions)
    if (!action->problem) keys.push_back(action->buffers.row_key);
  std::ranges::sort(keys);
  if (std::ranges::adjacent_find(keys) == keys.end()) return boost::system::in_place_value;
  return validation("Transaction request cannot include multiple operations on one item");
}

bool has_problem(const TransactionActions& actions) {
  return std::ranges::any_of(actions, [](const auto& action) { return action->problem.has_value(); });
}

Fault transaction_cancelled(const TransactionActions& actions) {
  std::string codes, reasons;
  for (const auto& action : actions) {
    const std::string_view code = reason_code(action->problem);
    if (!codes.empty()) codes += ", ", reasons += ',';
    codes += code;
    reasons += R"({"Code":")";
    reasons += code;
    reasons += '"';
    if (action->problem) {
      reasons += R"(,"Message":)";
      write_json_string(reasons, action->problem->message());
      reasons += action->problem->members();
    }
    reasons += '}';
  }
  return {FaultType::kTransactionCanceled,
          "Transaction cancelled, please refer cancellation reasons for specific reasons [" + codes + "]",
          R"(,"CancellationReasons":[)" + reasons + ']'};
}

Outcome<void> apply_action(Run& run, Mutation& mutation, TransactionAction& action) {
  if (Outcome<void> fits = check_fit(action); !fits) return fits;
  const auto before = mutation.read(action.buffers.row_key, action.buffers.before);
  if (!before) return before.error();
  action.before = *before;
  if (Outcome<void> judged = judge(action, run.arena); !judged) return judged;
  return change(mutation, action);
}

Outcome<void> apply_transaction(Run& run, Mutation& mutation, TransactionActions& actions) {
  for (const auto& action : actions) {
    if (action->problem) continue;  // of its key; the others' reasons are told beside it
    const Outcome<void> done = apply_action(run, mutation, *action);
    if (done) continue;
    if (!is_reason(done.error())) return done.error();
    action->problem = done.error();
  }
  if (has_problem(actions)) return transaction_cancelled(actions);
  return boost::system::in_place_value;
}

ConsumedCapacity& capacity_of(std::vector<TableCapacity>& capacities, const Table& table) {
  const auto found = std::ranges::find(capacities, &table, &TableCapacity::table);
  return found != capacities.end() ? found->capacity : capacities.emplace_back(TableCapacity{&table, {}}).capacity;
}

void write_capacities(std::string& to, std::span<const TableCapacity> capacities, CapacityReport report,
                      ConsumedCapacity::Detail detail) {
  to += '[';
  for (const TableCapacity& each : capacities) {
    if (to.back() != '[') to += ',';
    each.capacity.write(to, each.table->name, report, detail);
  }
  to += ']';
}

}  // namespace gatehouse::dynamo
