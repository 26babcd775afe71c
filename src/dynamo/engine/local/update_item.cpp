// UpdateItem, by expression or by AttributeUpdates. Source: Amazon DynamoDB API reference, "UpdateItem".
#include "item_answer.hpp"
#include "item_update.hpp"
#include "item_request.hpp"
#include "mutation.hpp"
#include "row_key.hpp"
#include "run.hpp"
#include "scalar_keys.hpp"
#include "write_buffers.hpp"

#include "gatehouse/dynamo/expr/update.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr Members kKnown = {Member::kTableName, Member::kKey, Member::kExpected, Member::kConditionalOperator,
                            Member::kAttributeUpdates, Member::kUpdateExpression, Member::kConditionExpression,
                            Member::kExpressionAttributeNames, Member::kExpressionAttributeValues, Member::kReturnValues,
                            Member::kReturnValuesOnConditionCheckFailure, Member::kReturnConsumedCapacity,
                            Member::kReturnItemCollectionMetrics};

Outcome<void> check(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_capacity(request);
  constraints.table_name(request);
  constraints.return_metrics(request);
  constraints.return_values(request);
  constraints.return_on_failure(request);
  constraints.required(request, Member::kKey);
  constraints.conditional_operator(request);
  if (Outcome<void> valid = constraints.result(); !valid) return valid;

  static constexpr Member kExpressions[] = {Member::kUpdateExpression, Member::kConditionExpression};
  static constexpr Member kLegacy[] = {Member::kAttributeUpdates, Member::kExpected};
  if (Outcome<void> valid = check_parameter_mix(request, kExpressions, kLegacy); !valid) return valid;
  if (Outcome<void> valid = check_values(request, Member::kKey); !valid) return valid;
  return check_bindings(request);
}

// The parts of an item that the update named; no member when it has none of them.
void write_updated(AnswerObject& answer, const Update& update, const std::optional<Map>& item, Arena& arena) {
  if (!item || !update) return;
  const Projection touched = Projection::of_paths(update.paths(), arena);
  std::string parts;
  ValueWriter writer(parts);
  touched.write(*item, writer);
  const Map map = Map::item(parts);
  if (!map.empty()) write_json_item(answer.member("Attributes"), map);
}

void write_attributes(AnswerObject& answer, const ItemRequest& request, const Update& update, const std::optional<Map>& before,
                      const std::optional<Map>& after, Arena& arena) {
  const std::string_view wanted = request.return_values;
  if (wanted == "UPDATED_OLD") return write_updated(answer, update, before, arena);
  if (wanted == "UPDATED_NEW") return write_updated(answer, update, after, arena);
  if (wanted == "ALL_OLD" && before) write_json_item(answer.member("Attributes"), *before);
  if (wanted == "ALL_NEW" && after) write_json_item(answer.member("Attributes"), *after);
}

}  // namespace

Outcome<void> update_item(Run& run) {
  ItemRequest& request = fresh_request();
  if (Outcome<void> read = read_item_request(run, kKnown, request); !read) return read;
  if (Outcome<void> valid = check(request); !valid) return valid;
  const Outcome<Update> update = update_of(request, run.arena);
  if (!update) return update.error();
  const Outcome<Condition> condition = condition_of(request, run.arena);
  if (!condition) return condition.error();
  if (Outcome<void> used = request.bindings.check_all_used(); !used) return used;

  const auto table = run.table(request.table_name);
  if (!table) return table.error();
  WriteBuffers& buffers = fresh_write_buffers();
  if (Outcome<void> keyed = append_item_key(buffers.row_key, **table, request.key, KeyForm::kExact); !keyed) return keyed;
  if (Outcome<void> valid = check_update_targets(*update, **table); !valid) return valid;
  if (Outcome<void> valid = check_scalar_keys_in(**table, *condition); !valid) return valid;

  Mutation mutation(run);
  mutation.lock(buffers.row_key);
  const Outcome<std::optional<Map>> before = mutation.read(buffers.row_key, buffers.before);
  if (!before) return before.error();
  if (!condition->matches(before->value_or(Map()))) return condition_failed(*before, request.return_on_failure);
  const Outcome<std::optional<Map>> after = apply_update(*update, request, *before, buffers, run.arena);
  if (!after) return after.error();
  if (Outcome<void> changed = mutation.change(**table, buffers.row_key, image_of(*before, buffers.before),
                                              image_of(*after, buffers.after), ChangeCause::kClient);
      !changed)
    return changed;
  if (Outcome<void> committed = mutation.commit(); !committed) return committed;

  AnswerObject answer(run.answer);
  write_attributes(answer, request, *update, *before, *after, run.arena);
  write_write_members(answer, run, request, mutation, {**table, buffers.row_key, *before, *after}, request.key);
  answer.end();
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
