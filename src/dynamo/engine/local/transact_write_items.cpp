// TransactWriteItems: all or nothing, serialisable, done once for each token.
#include "item_answer.hpp"
#include "token_memory.hpp"
#include "transaction.hpp"

namespace gatehouse::dynamo {
namespace {

void write_answer(Run& run, const TransactionRequest& request, const Mutation& mutation) {
  AnswerObject answer(run.answer);
  if (const CapacityReport report = capacity_report(request.return_capacity); report != CapacityReport::kNone) {
    std::vector<TableCapacity> capacities;
    for (const auto& action : request.actions)
      count_write(capacity_of(capacities, *action->table), action->before, action->after, WriteKind::kTransactional);
    // Index entries are not told apart by table: they count where the transaction is about one table.
    if (capacities.size() == 1) count_index_writes(capacities[0].capacity, mutation, WriteKind::kTransactional);
    write_capacities(answer.member("ConsumedCapacity"), capacities, report, ConsumedCapacity::Detail::kWrite);
  }
  answer.end();
}

// What the service answers to a repetition: done, at the price of a read.
void write_repeated(Run& run, const TransactionRequest& request) {
  AnswerObject answer(run.answer);
  if (const CapacityReport report = capacity_report(request.return_capacity); report != CapacityReport::kNone) {
    std::vector<TableCapacity> capacities;
    for (const auto& action : request.actions) capacity_of(capacities, *action->table).add_table(read_halves(0, ReadKind::kTransactional));
    write_capacities(answer.member("ConsumedCapacity"), capacities, report, ConsumedCapacity::Detail::kRead);
  }
  answer.end();
}

std::vector<std::string_view> keys_of(const TransactionActions& actions, std::string_view token_key) {
  std::vector<std::string_view> keys;
  keys.reserve(actions.size() + 1);
  for (const auto& action : actions)
    if (!action->problem) keys.push_back(action->buffers.row_key);
  if (!token_key.empty()) keys.push_back(token_key);
  return keys;
}

}  // namespace

Outcome<void> transact_write_items(Run& run) {
  TransactionRequest request;
  if (Outcome<void> read = read_transaction(run, TransactionUse::kWrites, request); !read) return read;
  if (Outcome<void> found = find_items(run, request.actions); !found) return found;
  if (Outcome<void> distinct = check_distinct(request.actions); !distinct) return distinct;

  TokenMemory& tokens = *run.state.tokens;
  const std::string token_key = request.token.empty() ? std::string() : TokenMemory::row_key(request.token);
  Mutation mutation(run);
  mutation.lock(keys_of(request.actions, token_key));
  if (!token_key.empty()) {
    std::string row;
    if (const auto known = mutation.read_row(token_key, row); !known) return known.error();
    const TokenMemory::Seen seen = tokens.judge(row, run.body);
    if (seen == TokenMemory::Seen::kOtherRequest) return Fault(FaultType::kIdempotentParameterMismatch, "");
    if (seen == TokenMemory::Seen::kSameRequest) {
      write_repeated(run, request);
      return boost::system::in_place_value;
    }
  }
  if (Outcome<void> applied = apply_transaction(run, mutation, request.actions); !applied) return applied;
  if (!token_key.empty()) mutation.put_row(token_key, tokens.row_value(run.body));
  if (Outcome<void> committed = mutation.commit(); !committed) return committed;
  write_answer(run, request, mutation);
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
