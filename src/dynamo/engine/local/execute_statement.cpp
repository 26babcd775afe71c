// ExecuteStatement and BatchExecuteStatement. Source: Amazon DynamoDB API reference.
#include "execute_statement.hpp"

#include "item_answer.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kMaxBatch = 25;

struct ExecuteRequest {
  StatementRequest statement;
  StatementOptions options;
  std::int64_t limit = 0;
  bool limit_given = false;
};

Outcome<void> read(Run& run, ExecuteRequest& to) {
  JsonReader reader(run.body, run.arena);
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (read_statement_member(reader, *name, to.statement)) continue;
    if (*name == "NextToken") {
      if (!reader.skip_null()) reader.read_string(to.options.next_token);
    } else if (*name == "ReturnConsumedCapacity") {
      if (!reader.skip_null()) reader.read_string(to.options.return_capacity);
    } else if (*name == "Limit") {
      if (!reader.skip_null()) to.limit_given = reader.read_integer(to.limit);
    } else {
      reader.skip();
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  Constraints constraints;
  if (to.limit_given && to.limit < 1)
    constraints.fail("'" + std::to_string(to.limit) + "'", "limit", "Member must have value greater than or equal to 1");
  to.options.limit = static_cast<std::uint64_t>(to.limit);
  to.options.consistent = to.statement.consistent;
  return constraints.result();
}

Outcome<void> answer_write(Run& run, const ExecuteRequest& request, const Statement& statement) {
  auto action = action_of(run, request.statement, statement);
  if (!action) return action.error();
  Mutation mutation(run);
  if (Outcome<void> written = write_by_statement(run, mutation, **action); !written) return written;
  AnswerObject answer(run.answer);
  std::string& items = answer.member("Items");
  items += '[';
  write_returned(items, statement, **action, run.arena);
  items += ']';
  if (const CapacityReport report = capacity_report(request.options.return_capacity); report != CapacityReport::kNone) {
    ConsumedCapacity capacity;
    count_write(capacity, (*action)->before, (*action)->after, WriteKind::kPlain);
    count_index_writes(capacity, mutation, WriteKind::kPlain);
    capacity.write(answer.member("ConsumedCapacity"), (*action)->table->name, report);
  }
  answer.end();
  return boost::system::in_place_value;
}

// The service names causes in a batch differently from faults of whole requests.
std::string_view batch_code(const Fault& fault) {
  switch (fault.type()) {
    case FaultType::kConditionalCheckFailed: return "ConditionalCheckFailed";
    case FaultType::kDuplicateItem: return "DuplicateItem";
    case FaultType::kResourceNotFound: return "ResourceNotFound";
    case FaultType::kItemCollectionSizeLimitExceeded: return "ItemCollectionSizeLimitExceeded";
    case FaultType::kValidation: return "ValidationError";
    default: return "InternalServerError";
  }
}

void write_item(AnswerObject& answer, const TransactionAction& action) {
  if (!action.before) return;
  std::string& to = answer.member("Item");
  if (action.projection) {
    action.projection.write_json(*action.before, to);
  } else {
    write_json_item(to, *action.before);
  }
}

// One statement of a batch: done or not by itself. Only what concerns the whole request is a fault here.
Outcome<void> answer_one(Run& run, const StatementRequest& request, AnswerObject& answer) {
  const Outcome<Statement> statement = parse(request, run.arena);
  if (!statement) return statement.error();
  auto action = action_of(run, request, *statement);
  if (!action) return action.error();
  if (statement->kind == StatementKind::kSelect) {
    if (Outcome<void> read = read_by_statement(run, **action); !read) return read;
    write_item(answer, **action);
  } else if (statement->kind == StatementKind::kExists) {
    return validation("EXISTS can only be used in ExecuteTransaction write requests.");
  } else {
    Mutation mutation(run);
    if (Outcome<void> written = write_by_statement(run, mutation, **action); !written) return written;
  }
  write_json_string(answer.member("TableName"), (*action)->table->name);
  return boost::system::in_place_value;
}

// A batch that had to give up half-way is run again from its start: only reads may be, so what is written must not wait.
Outcome<void> answer_batch(Run& run, const std::vector<StatementRequest>& statements) {
  run.answer += R"({"Responses":[)";
  for (const StatementRequest& statement : statements) {
    if (run.answer.back() != '[') run.answer += ',';
    const std::size_t begin = run.answer.size();
    AnswerObject answer(run.answer);
    if (const Outcome<void> done = answer_one(run, statement, answer); !done) {
      const Fault& fault = done.error();
      if (fault.type() == FaultType::kWouldBlock) return fault;
      run.answer.resize(begin);
      run.answer += R"({"Error":{"Code":")";
      run.answer += batch_code(fault);
      run.answer += R"(","Message":)";
      write_json_string(run.answer, fault.message());
      run.answer += fault.members() + "}}";
      continue;
    }
    answer.end();
  }
  run.answer += "]}";
  return boost::system::in_place_value;
}

}  // namespace

Outcome<void> write_by_statement(Run& run, Mutation& mutation, TransactionAction& action) {
  mutation.lock(action.buffers.row_key);
  if (Outcome<void> applied = apply_action(run, mutation, action); !applied) return applied;
  return mutation.commit();
}

Outcome<void> read_by_statement(Run& run, TransactionAction& action) {
  const Result<bool> found = run.state.storage->get(Family::kData, action.buffers.row_key, action.buffers.before, run.reading());
  if (!found) return fault_of(found.error());
  run.saw(action.buffers.row_key);
  if (*found) action.before = Map::item(action.buffers.before);
  if (action.before && !action.condition.matches(*action.before)) action.before.reset();
  return boost::system::in_place_value;
}

Outcome<void> execute_statement(Run& run) {
  ExecuteRequest request;
  if (Outcome<void> done = read(run, request); !done) return done;
  const Outcome<Statement> statement = parse(request.statement, run.arena);
  if (!statement) return statement.error();
  if (statement->kind == StatementKind::kExists)
    return validation("EXISTS can only be used in ExecuteTransaction write requests.");
  if (statement->kind == StatementKind::kSelect) return execute_select(run, request.options, *statement);
  return answer_write(run, request, *statement);
}

Outcome<void> batch_execute_statement(Run& run) {
  // Writes of a batch happen one by one: on a thread that may wait, so that none has to begin again after another was done.
  if (run.patience == Patience::kNever) return Fault(FaultType::kWouldBlock, "a batch of statements");
  std::vector<StatementRequest> statements;
  bool given = false;
  JsonReader reader(run.body, run.arena);
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "Statements" && !reader.skip_null()) {
      given = true;
      for (reader.begin_array(); reader.next_element();) read_statement(reader, statements.emplace_back());
    } else if (*name != "Statements") {
      reader.skip();
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  Constraints constraints;
  if (!given) constraints.fail("null", "statements", "Member must not be null");
  if (given && statements.empty()) constraints.fail("'[]'", "statements", "Member must have length greater than or equal to 1");
  if (statements.size() > kMaxBatch) constraints.fail("'[…]'", "statements", "Member must have length less than or equal to 25");
  if (Outcome<void> valid = constraints.result(); !valid) return valid;
  return answer_batch(run, statements);
}

}  // namespace gatehouse::dynamo
