// Query. Source: Amazon DynamoDB API reference, "Query"; Developer Guide, "Key condition expressions".
#include "item_request.hpp"
#include "key_range.hpp"
#include "page.hpp"
#include "row_key.hpp"
#include "run.hpp"
#include "selection.hpp"

#include "gatehouse/dynamo/expr/key_condition.hpp"
#include "gatehouse/dynamo/expr/legacy.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr Members kKnown = {Member::kTableName, Member::kIndexName, Member::kSelect, Member::kAttributesToGet, Member::kLimit,
                            Member::kConsistentRead, Member::kKeyConditions, Member::kQueryFilter,
                            Member::kConditionalOperator, Member::kScanIndexForward, Member::kExclusiveStartKey,
                            Member::kReturnConsumedCapacity, Member::kProjectionExpression, Member::kFilterExpression,
                            Member::kKeyConditionExpression, Member::kExpressionAttributeNames,
                            Member::kExpressionAttributeValues};

Outcome<void> check(const ItemRequest& request) {
  Constraints constraints;
  constraints.one_of(request, Member::kSelect, request.select,
                     "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]");
  constraints.index_name(request);
  constraints.return_capacity(request);
  constraints.table_name(request);
  constraints.conditional_operator(request);
  constraints.attributes_to_get(request);
  constraints.at_least(request, Member::kLimit, request.limit, 1);
  if (Outcome<void> valid = constraints.result(); !valid) return valid;

  static constexpr Member kExpressions[] = {Member::kProjectionExpression, Member::kFilterExpression,
                                            Member::kKeyConditionExpression};
  static constexpr Member kLegacy[] = {Member::kAttributesToGet, Member::kQueryFilter, Member::kConditionalOperator,
                                       Member::kKeyConditions};
  if (Outcome<void> valid = check_parameter_mix(request, kExpressions, kLegacy); !valid) return valid;
  if (Outcome<void> valid = check_duplicates(request); !valid) return valid;
  if (Outcome<void> valid = check_values(request, Member::kExclusiveStartKey); !valid)
    return validation("The provided starting key is invalid: " + valid.error().message());
  if (!request.has(Member::kKeyConditions) && !request.has(Member::kKeyConditionExpression))
    return validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  return check_bindings(request);
}

Outcome<KeyCondition> key_condition_of(ItemRequest& request, Arena& arena) {
  if (request.has(Member::kKeyConditionExpression))
    return KeyCondition::parse(request.key_condition, request.bindings, arena);
  return parse_key_conditions(request.key_conditions, arena);
}

// Keys are what the key condition is for.
Outcome<void> check_filter(const ItemRequest& request, const PagePlan& plan) {
  if (!plan.filter) return boost::system::in_place_value;
  const KeySchema schema = schema_of(plan.table, plan.index);
  std::vector<std::string_view> attributes;
  plan.filter.append_attributes(attributes);
  for (const std::string_view attribute : attributes) {
    if (!schema.has(attribute)) continue;
    return validation(std::string(request.has(Member::kQueryFilter) ? "QueryFilter" : "Filter Expression") +
                      " can only contain non-primary key attributes: Primary key attribute: " + std::string(attribute));
  }
  return boost::system::in_place_value;
}

Outcome<void> start(const ItemRequest& request, PagePlan& plan) {
  if (!request.has(Member::kExclusiveStartKey)) return boost::system::in_place_value;
  const Outcome<std::string> key = start_row_key(plan.table, plan.index, request.start_key, StartOf::kQuery);
  if (!key) return key.error();
  if (!plan.range.contains(*key)) {
    // Length and bytes of the partition lie between the heads: equal heads are all but equal partitions.
    const bool same_partition = key->compare(0, kRowHead, plan.range.lower, 0, kRowHead) == 0;
    return validation(same_partition
                          ? "The provided starting key does not match the range key predicate"
                          : "The provided starting key is outside query boundaries based on provided conditions");
  }
  start_behind(plan, *key);
  return boost::system::in_place_value;
}

Outcome<void> plan_page(const ItemRequest& request, const KeyCondition& condition, PagePlan& plan) {
  Outcome<KeyRange> range = query_range(plan.table, plan.index, condition.terms);
  if (!range) return range.error();
  plan.range = std::move(*range);
  if (Outcome<void> started = start(request, plan); !started) return started;
  if (Outcome<void> valid = check_filter(request, plan); !valid) return valid;
  return select(request, PageOf::kQuery, plan);
}

}  // namespace

Outcome<void> query(Run& run) {
  ItemRequest& request = fresh_request();
  if (Outcome<void> read = read_item_request(run, kKnown, request); !read) return read;
  if (Outcome<void> valid = check(request); !valid) return valid;
  const Outcome<KeyCondition> condition = key_condition_of(request, run.arena);
  if (!condition) return condition.error();
  const Outcome<Condition> filter = filter_of(request, Member::kQueryFilter, run.arena);
  if (!filter) return filter.error();
  const Outcome<Projection> projection = projection_of(request, run.arena);
  if (!projection) return projection.error();
  if (Outcome<void> used = request.bindings.check_all_used(); !used) return used;

  const auto table = run.table(request.table_name);
  if (!table) return table.error();
  const Outcome<const TableIndex*> index = index_of(request, **table);
  if (!index) return index.error();
  PagePlan plan{.table = **table, .index = *index};
  plan.forward = request.forward;
  plan.limit = static_cast<std::uint64_t>(request.limit);
  plan.kind = request.consistent ? ReadKind::kConsistent : ReadKind::kEventual;
  plan.filter = *filter;
  plan.projection = *projection;
  if (Outcome<void> planned = plan_page(request, *condition, plan); !planned) return planned;

  begin_page(run.answer, plan);
  const Outcome<Page> page = read_page(run, plan, run.answer);
  if (!page) return page.error();
  run.saw(plan.range.lower);
  finish_page(run.answer, request, plan, *page);
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
