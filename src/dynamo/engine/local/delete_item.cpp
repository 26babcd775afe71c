// DeleteItem. Source: Amazon DynamoDB API reference, "DeleteItem".
#include "item_answer.hpp"
#include "item_request.hpp"
#include "mutation.hpp"
#include "row_key.hpp"
#include "run.hpp"
#include "scalar_keys.hpp"
#include "write_buffers.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr Members kKnown = {Member::kTableName, Member::kKey, Member::kExpected, Member::kConditionalOperator,
                            Member::kConditionExpression, Member::kExpressionAttributeNames,
                            Member::kExpressionAttributeValues, Member::kReturnValues,
                            Member::kReturnValuesOnConditionCheckFailure, Member::kReturnConsumedCapacity,
                            Member::kReturnItemCollectionMetrics};

Outcome<void> check(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_capacity(request);
  constraints.table_name(request);
  constraints.return_values(request);
  constraints.return_on_failure(request);
  constraints.return_metrics(request);
  constraints.required(request, Member::kKey);
  constraints.conditional_operator(request);
  if (Outcome<void> valid = constraints.result(); !valid) return valid;

  static constexpr Member kExpressions[] = {Member::kConditionExpression};
  static constexpr Member kLegacy[] = {Member::kExpected};
  if (Outcome<void> valid = check_parameter_mix(request, kExpressions, kLegacy); !valid) return valid;
  if (Outcome<void> valid = check_values(request, Member::kKey); !valid) return valid;
  if (request.has(Member::kReturnValues) && request.return_values != "ALL_OLD" && request.return_values != "NONE")
    return validation("ReturnValues can only be ALL_OLD or NONE");
  return check_bindings(request);
}

}  // namespace

Outcome<void> delete_item(Run& run) {
  ItemRequest& request = fresh_request();
  if (Outcome<void> read = read_item_request(run, kKnown, request); !read) return read;
  if (Outcome<void> valid = check(request); !valid) return valid;
  const Outcome<Condition> condition = condition_of(request, run.arena);
  if (!condition) return condition.error();
  if (Outcome<void> used = request.bindings.check_all_used(); !used) return used;

  const auto table = run.table(request.table_name);
  if (!table) return table.error();
  WriteBuffers& buffers = fresh_write_buffers();
  if (Outcome<void> keyed = append_item_key(buffers.row_key, **table, request.key, KeyForm::kExact); !keyed) return keyed;
  if (Outcome<void> valid = check_scalar_keys_in(**table, *condition); !valid) return valid;

  Mutation mutation(run);
  mutation.lock(buffers.row_key);
  const Outcome<std::optional<Map>> before = mutation.read(buffers.row_key, buffers.before);
  if (!before) return before.error();
  if (!condition->matches(before->value_or(Map()))) return condition_failed(*before, request.return_on_failure);

  const std::optional<Map> after;
  const std::optional<Mutation::Image> image =
      *before ? std::optional(Mutation::Image{**before, buffers.before}) : std::nullopt;
  if (Outcome<void> changed = mutation.change(**table, buffers.row_key, image, std::nullopt, ChangeCause::kClient); !changed)
    return changed;
  if (Outcome<void> committed = mutation.commit(); !committed) return committed;

  AnswerObject answer(run.answer);
  if (*before && request.return_values == "ALL_OLD") write_json_item(answer.member("Attributes"), **before);
  write_write_members(answer, run, request, mutation, {**table, buffers.row_key, *before, after}, request.key);
  answer.end();
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
