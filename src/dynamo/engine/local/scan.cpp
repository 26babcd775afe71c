// Scan, whole or by segments of the hash range. Source: Amazon DynamoDB API reference, "Scan".
#include "item_request.hpp"
#include "key_range.hpp"
#include "page.hpp"
#include "run.hpp"
#include "selection.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr std::int64_t kMaxSegments = 1'000'000;

constexpr Members kKnown = {Member::kTableName, Member::kIndexName, Member::kSelect, Member::kAttributesToGet, Member::kLimit,
                            Member::kConsistentRead, Member::kScanFilter, Member::kConditionalOperator,
                            Member::kExclusiveStartKey, Member::kReturnConsumedCapacity, Member::kProjectionExpression,
                            Member::kFilterExpression, Member::kExpressionAttributeNames,
                            Member::kExpressionAttributeValues, Member::kSegment, Member::kTotalSegments};

Outcome<void> check_constraints(const ItemRequest& request) {
  Constraints constraints;
  constraints.one_of(request, Member::kSelect, request.select,
                     "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]");
  constraints.index_name(request);
  constraints.at_least(request, Member::kTotalSegments, request.total_segments, 1);
  if (request.total_segments > kMaxSegments)
    constraints.fail("'" + std::to_string(request.total_segments) + "'", "totalSegments",
                     "Member must have value less than or equal to 1000000");
  constraints.return_capacity(request);
  constraints.table_name(request);
  constraints.conditional_operator(request);
  constraints.at_least(request, Member::kSegment, request.segment, 0);
  constraints.at_least(request, Member::kLimit, request.limit, 1);
  constraints.attributes_to_get(request);
  return constraints.result();
}

Outcome<void> check_segments(const ItemRequest& request) {
  const bool segment = request.has(Member::kSegment);
  const bool total = request.has(Member::kTotalSegments);
  if (segment && !total)
    return validation(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present");
  if (total && !segment)
    return validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present");
  if (!total || request.segment < request.total_segments) return boost::system::in_place_value;
  return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: " +
                    std::to_string(request.segment) + " is not less than TotalSegments: " +
                    std::to_string(request.total_segments));
}

Outcome<void> check(const ItemRequest& request) {
  if (Outcome<void> valid = check_constraints(request); !valid) return valid;
  static constexpr Member kExpressions[] = {Member::kProjectionExpression, Member::kFilterExpression};
  static constexpr Member kLegacy[] = {Member::kAttributesToGet, Member::kScanFilter, Member::kConditionalOperator};
  if (Outcome<void> valid = check_parameter_mix(request, kExpressions, kLegacy); !valid) return valid;
  if (Outcome<void> valid = check_duplicates(request); !valid) return valid;
  if (Outcome<void> valid = check_values(request, Member::kExclusiveStartKey); !valid)
    return validation("The provided starting key is invalid: " + valid.error().message());
  if (Outcome<void> valid = check_segments(request); !valid) return valid;
  return check_bindings(request);
}

Outcome<void> start(const ItemRequest& request, PagePlan& plan) {
  if (!request.has(Member::kExclusiveStartKey)) return boost::system::in_place_value;
  const Outcome<std::string> key = start_row_key(plan.table, plan.index, request.start_key, StartOf::kScan);
  if (!key) return key.error();
  if (!plan.range.contains(*key)) {
    return validation("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
                      "Segment. TotalSegments: " +
                      std::to_string(request.total_segments) + " Segment: " + std::to_string(request.segment));
  }
  start_behind(plan, *key);
  return boost::system::in_place_value;
}

}  // namespace

Outcome<void> scan(Run& run) {
  ItemRequest& request = fresh_request();
  if (Outcome<void> read = read_item_request(run, kKnown, request); !read) return read;
  if (Outcome<void> valid = check(request); !valid) return valid;
  const Outcome<Condition> filter = filter_of(request, Member::kScanFilter, run.arena);
  if (!filter) return filter.error();
  const Outcome<Projection> projection = projection_of(request, run.arena);
  if (!projection) return projection.error();
  if (Outcome<void> used = request.bindings.check_all_used(); !used) return used;

  const auto table = run.table(request.table_name);
  if (!table) return table.error();
  const Outcome<const TableIndex*> index = index_of(request, **table);
  if (!index) return index.error();
  PagePlan plan{.table = **table, .index = *index};
  plan.fill_cache = false;
  plan.limit = static_cast<std::uint64_t>(request.limit);
  plan.kind = request.consistent ? ReadKind::kConsistent : ReadKind::kEventual;
  plan.filter = *filter;
  plan.projection = *projection;
  const bool parted = request.has(Member::kTotalSegments);
  plan.range = scan_range(**table, *index, static_cast<std::uint64_t>(request.segment),
                          parted ? static_cast<std::uint64_t>(request.total_segments) : 1);
  if (Outcome<void> started = start(request, plan); !started) return started;
  if (Outcome<void> selected = select(request, PageOf::kScan, plan); !selected) return selected;

  begin_page(run.answer, plan);
  const Outcome<Page> page = read_page(run, plan, run.answer);
  if (!page) return page.error();
  run.saw_everything();
  finish_page(run.answer, request, plan, *page);
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
