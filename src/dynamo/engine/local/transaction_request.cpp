// Reading and checking what a transaction consists of. Source: Amazon DynamoDB API reference, "TransactWriteItems".
#include "transaction.hpp"

#include <array>

namespace gatehouse::dynamo {
namespace {

constexpr Members kCommon = {Member::kTableName, Member::kExpressionAttributeNames};
constexpr Members kConditional = kCommon | Members{Member::kConditionExpression, Member::kExpressionAttributeValues,
                                                   Member::kReturnValuesOnConditionCheckFailure};

struct ActionShape {
  std::string_view name, path;
  ActionKind kind;
  Members members;
  Member item;  // what says which item it is about
};

constexpr std::array kShapes = {
    ActionShape{"Put", "put", ActionKind::kPut, kConditional | Members{Member::kItem}, Member::kItem},
    ActionShape{"Update", "update", ActionKind::kUpdate, kConditional | Members{Member::kKey, Member::kUpdateExpression},
                Member::kKey},
    ActionShape{"Delete", "delete", ActionKind::kDelete, kConditional | Members{Member::kKey}, Member::kKey},
    ActionShape{"ConditionCheck", "conditionCheck", ActionKind::kCheck, kConditional | Members{Member::kKey}, Member::kKey},
    ActionShape{"Get", "get", ActionKind::kGet, kCommon | Members{Member::kKey, Member::kProjectionExpression}, Member::kKey},
};

const ActionShape& shape_of(ActionKind kind) { return kShapes[static_cast<std::size_t>(kind)]; }

const ActionShape* find_shape(std::string_view name, TransactionUse use) {
  for (const ActionShape& shape : kShapes)
    if (shape.name == name && (shape.kind == ActionKind::kGet) == (use == TransactionUse::kReads)) return &shape;
  return nullptr;
}

void read_action(JsonReader& reader, const ActionShape& shape, ItemRequest& to) {
  if (!reader.begin_object()) return;
  while (const auto name = reader.next_name()) {
    if (const auto member = find_member(*name, shape.members)) {
      read_member(reader, *member, to);
    } else {
      reader.skip();
    }
  }
}

struct Malformed {
  bool empty_action = false, several = false;
};

// {"Put": {…}}
void read_element(JsonReader& reader, TransactionUse use, TransactionRequest& to, Malformed& malformed) {
  if (!reader.begin_object()) return;
  bool found = false;
  while (const auto name = reader.next_name()) {
    const ActionShape* const shape = find_shape(*name, use);
    if (shape == nullptr || reader.skip_null()) {
      if (shape == nullptr) reader.skip();
      continue;
    }
    malformed.several |= found;
    found = true;
    to.actions.push_back(std::make_unique<TransactionAction>());
    to.actions.back()->kind = shape->kind;
    read_action(reader, *shape, to.actions.back()->request);
  }
  malformed.empty_action |= !found;
}

void read_elements(JsonReader& reader, TransactionUse use, TransactionRequest& to, Malformed& malformed) {
  if (reader.skip_null()) return;
  to.given = true;
  if (!reader.begin_array()) return;
  while (reader.next_element()) read_element(reader, use, to, malformed);
}

std::string member_path(std::size_t index, const ActionShape& shape, std::string_view member) {
  return "transactItems." + std::to_string(index + 1) + ".member." + std::string(shape.path) + "." + std::string(member);
}

Outcome<void> check_model(const TransactionRequest& request, const Malformed& malformed, TransactionUse use) {
  Constraints constraints;
  if (!request.given) constraints.fail("null", "transactItems", "Member must not be null");
  if (request.given && request.actions.empty() && !malformed.empty_action)
    constraints.fail("'[]'", "transactItems", "Member must have length greater than or equal to 1");
  if (request.actions.size() > kMaxTransactionItems)
    constraints.fail("'[…]'", "transactItems", "Member must have length less than or equal to 100");
  if (request.token.size() > 36)
    constraints.fail("'" + std::string(request.token) + "'", "clientRequestToken", "Member must have length less than or equal to 36");
  for (std::size_t i = 0; i < request.actions.size(); ++i) {
    const TransactionAction& action = *request.actions[i];
    const ActionShape& shape = shape_of(action.kind);
    if (!action.request.has(Member::kTableName)) constraints.fail("null", member_path(i, shape, "tableName"), "Member must not be null");
    if (!action.request.has(shape.item))
      constraints.fail("null", member_path(i, shape, shape.item == Member::kItem ? "item" : "key"), "Member must not be null");
    if (action.kind == ActionKind::kCheck && !action.request.has(Member::kConditionExpression))
      constraints.fail("null", member_path(i, shape, "conditionExpression"), "Member must not be null");
    if (action.kind == ActionKind::kUpdate && !action.request.has(Member::kUpdateExpression))
      constraints.fail("null", member_path(i, shape, "updateExpression"), "Member must not be null");
  }
  if (Outcome<void> valid = constraints.result(); !valid) return valid;
  if (malformed.several) return validation("TransactItems can only contain one of Check, Put, Update or Delete");
  if (malformed.empty_action) {
    return validation(use == TransactionUse::kReads ? "Invalid Request: TransactGetItems should contain Get requests"
                                                    : "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
  }
  return boost::system::in_place_value;
}

Outcome<void> parse_expressions(TransactionAction& action, Arena& arena) {
  ItemRequest& request = action.request;
  static constexpr Member kExpressions[] = {Member::kProjectionExpression, Member::kUpdateExpression, Member::kConditionExpression};
  // The message names those that were missed: of the three only an update has the second.
  const std::span<const Member> expressions(kExpressions);
  const std::span<const Member> named = action.kind == ActionKind::kUpdate ? expressions
                                        : action.kind == ActionKind::kGet  ? expressions.first(1)
                                                                           : expressions.last(1);
  if (Outcome<void> valid = check_parameter_mix(request, named, {}); !valid) return valid;
  if (Outcome<void> valid = check_values(request, shape_of(action.kind).item); !valid) return valid;
  if (Outcome<void> valid = check_bindings(request); !valid) return valid;
  if (request.has(Member::kUpdateExpression)) {
    const Outcome<Update> update = Update::parse(request.update, request.bindings, arena);
    if (!update) return update.error();
    action.update = *update;
  }
  const Outcome<Condition> condition = condition_of(request, arena);
  if (!condition) return condition.error();
  action.condition = *condition;
  const Outcome<Projection> projection = projection_of(request, arena);
  if (!projection) return projection.error();
  action.projection = *projection;
  return request.bindings.check_all_used();
}

Outcome<void> check_sizes(const TransactionActions& actions) {
  std::uint64_t bytes = 0;
  for (const auto& action : actions) {
    const std::uint64_t size = action->kind == ActionKind::kPut ? size_of(action->request.item) : 0;
    if (size > kMaxItemSize) return validation("Item size has exceeded the maximum allowed size");
    bytes += size;
  }
  if (bytes > kMaxTransactionBytes) return validation("Collection size exceeded: the items of a transaction may have 4 MB in all");
  return boost::system::in_place_value;
}

}  // namespace

Outcome<void> read_transaction(Run& run, TransactionUse use, TransactionRequest& to) {
  Malformed malformed;
  JsonReader reader(run.body, run.arena);
  if (reader.begin_object()) {
    while (const auto name = reader.next_name()) {
      if (*name == "TransactItems") {
        read_elements(reader, use, to, malformed);
      } else if (*name == "ClientRequestToken") {
        if (!reader.skip_null()) reader.read_string(to.token);
      } else if (*name == "ReturnConsumedCapacity") {
        if (!reader.skip_null()) reader.read_string(to.return_capacity);
      } else if (*name == "ReturnItemCollectionMetrics") {
        if (!reader.skip_null()) reader.read_string(to.return_metrics);
      } else {
        reader.skip();
      }
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  if (Outcome<void> valid = check_model(to, malformed, use); !valid) return valid;
  for (const auto& action : to.actions)
    if (Outcome<void> parsed = parse_expressions(*action, run.arena); !parsed) return parsed;
  return check_sizes(to.actions);
}

}  // namespace gatehouse::dynamo
