// TransactGetItems: several items as they were at one moment.
#include "item_answer.hpp"
#include "scalar_keys.hpp"
#include "transaction.hpp"

namespace gatehouse::dynamo {
namespace {

Outcome<void> read_all(Run& run, TransactionActions& actions) {
  const auto moment = run.state.storage->snapshot();
  ReadOptions options = run.reading();
  options.snapshot = moment.get();
  for (const auto& action : actions) {
    const Result<bool> found = run.state.storage->get(Family::kData, action->buffers.row_key, action->buffers.before, options);
    if (!found) return fault_of(found.error());
    if (*found) action->before = Map::item(action->buffers.before);
    run.saw(action->buffers.row_key);
  }
  return boost::system::in_place_value;
}

void write_responses(std::string& to, const TransactionActions& actions) {
  to += '[';
  for (const auto& action : actions) {
    if (to.back() != '[') to += ',';
    to += '{';
    if (action->before) {
      to += R"("Item":)";
      if (action->projection) {
        action->projection.write_json(*action->before, to);
      } else {
        write_json_item(to, *action->before);
      }
    }
    to += '}';
  }
  to += ']';
}

}  // namespace

Outcome<void> transact_get_items(Run& run) {
  TransactionRequest request;
  if (Outcome<void> read = read_transaction(run, TransactionUse::kReads, request); !read) return read;
  if (Outcome<void> found = find_items(run, request.actions); !found) return found;
  if (Outcome<void> distinct = check_distinct(request.actions); !distinct) return distinct;
  if (has_problem(request.actions)) return transaction_cancelled(request.actions);
  for (const auto& action : request.actions)
    if (Outcome<void> valid = check_scalar_keys_in(*action->table, action->projection); !valid) return valid;
  if (Outcome<void> read = read_all(run, request.actions); !read) return read;

  AnswerObject answer(run.answer);
  write_responses(answer.member("Responses"), request.actions);
  if (const CapacityReport report = capacity_report(request.return_capacity); report != CapacityReport::kNone) {
    std::vector<TableCapacity> capacities;
    for (const auto& action : request.actions)
      capacity_of(capacities, *action->table)
          .add_table(read_halves(action->before ? size_of(*action->before) : 0, ReadKind::kTransactional));
    write_capacities(answer.member("ConsumedCapacity"), capacities, report, ConsumedCapacity::Detail::kRead);
  }
  answer.end();
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
