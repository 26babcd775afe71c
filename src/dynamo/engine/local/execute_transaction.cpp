// ExecuteTransaction: PartiQL statements, all reads or all writes, as one. Source: Amazon DynamoDB API reference.
#include "execute_statement.hpp"
#include "item_answer.hpp"
#include "token_memory.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

struct StatementTransaction {
  std::vector<StatementRequest> statements;
  bool given = false;
  std::string_view token;
};

Outcome<void> read(Run& run, StatementTransaction& to) {
  JsonReader reader(run.body, run.arena);
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "TransactStatements") {
      if (reader.skip_null()) continue;
      to.given = true;
      for (reader.begin_array(); reader.next_element();) read_statement(reader, to.statements.emplace_back());
    } else if (*name == "ClientRequestToken") {
      if (!reader.skip_null()) reader.read_string(to.token);
    } else {
      reader.skip();
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  Constraints constraints;
  if (!to.given) constraints.fail("null", "transactStatements", "Member must not be null");
  if (to.given && to.statements.empty())
    constraints.fail("'[]'", "transactStatements", "Member must have length greater than or equal to 1");
  if (to.statements.size() > kMaxTransactionItems)
    constraints.fail("'[…]'", "transactStatements", "Member must have length less than or equal to 100");
  if (to.token.size() > 36)
    constraints.fail("'" + std::string(to.token) + "'", "clientRequestToken", "Member must have length less than or equal to 36");
  return constraints.result();
}

Outcome<void> make_actions(Run& run, const StatementTransaction& request, TransactionActions& actions) {
  for (const StatementRequest& each : request.statements) {
    const Outcome<Statement> statement = parse(each, run.arena);
    if (!statement) return statement.error();
    auto action = action_of(run, each, *statement);
    if (!action) return action.error();
    actions.push_back(std::move(*action));
  }
  const auto reads = std::ranges::count_if(actions, [](const auto& action) { return action->kind == ActionKind::kGet; });
  if (reads != 0 && static_cast<std::size_t>(reads) != actions.size())
    return validation("Transaction request should contain either all read or all write statements");
  return check_distinct(actions);
}

Outcome<void> read_all(Run& run, TransactionActions& actions) {
  const auto moment = run.state.storage->snapshot();
  ReadOptions options = run.reading();
  options.snapshot = moment.get();
  run.answer += R"({"Responses":[)";
  for (const auto& action : actions) {
    const Result<bool> found = run.state.storage->get(Family::kData, action->buffers.row_key, action->buffers.before, options);
    if (!found) return fault_of(found.error());
    run.saw(action->buffers.row_key);
    if (run.answer.back() != '[') run.answer += ',';
    AnswerObject answer(run.answer);
    if (*found && action->condition.matches(Map::item(action->buffers.before))) {
      std::string& to = answer.member("Item");
      if (action->projection) {
        action->projection.write_json(Map::item(action->buffers.before), to);
      } else {
        write_json_item(to, Map::item(action->buffers.before));
      }
    }
    answer.end();
  }
  run.answer += "]}";
  return boost::system::in_place_value;
}

Outcome<void> write_all(Run& run, const StatementTransaction& request, TransactionActions& actions) {
  TokenMemory& tokens = *run.state.tokens;
  const std::string token_key = request.token.empty() ? std::string() : TokenMemory::row_key(request.token);
  std::vector<std::string_view> keys;
  for (const auto& action : actions) keys.push_back(action->buffers.row_key);
  if (!token_key.empty()) keys.push_back(token_key);
  Mutation mutation(run);
  mutation.lock(keys);
  TokenMemory::Seen seen = TokenMemory::Seen::kNever;
  if (!token_key.empty()) {
    std::string row;
    if (const auto known = mutation.read_row(token_key, row); !known) return known.error();
    seen = tokens.judge(row, run.body);
  }
  if (seen == TokenMemory::Seen::kOtherRequest) return Fault(FaultType::kIdempotentParameterMismatch, "");
  if (seen == TokenMemory::Seen::kNever) {
    if (Outcome<void> applied = apply_transaction(run, mutation, actions); !applied) return applied;
    if (!token_key.empty()) mutation.put_row(token_key, tokens.row_value(run.body));
    if (Outcome<void> committed = mutation.commit(); !committed) return committed;
  }
  run.answer += R"({"Responses":[)";
  for (std::size_t i = 0; i < actions.size(); ++i) run.answer += i == 0 ? "{}" : ",{}";
  run.answer += "]}";
  return boost::system::in_place_value;
}

}  // namespace

Outcome<void> execute_transaction(Run& run) {
  StatementTransaction request;
  if (Outcome<void> done = read(run, request); !done) return done;
  TransactionActions actions;
  if (Outcome<void> made = make_actions(run, request, actions); !made) return made;
  return actions[0]->kind == ActionKind::kGet ? read_all(run, actions) : write_all(run, request, actions);
}

}  // namespace gatehouse::dynamo
