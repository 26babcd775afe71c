#include "selection.hpp"

#include "index_entry.hpp"
#include "scalar_keys.hpp"

#include "gatehouse/dynamo/expr/legacy.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

std::string invalid(std::string_view what) { return "One or more parameter values were invalid: " + std::string(what); }

// "a, b": those that the index does not project, each once.
std::string missing_attributes(const PagePlan& plan, std::span<const std::string_view> attributes) {
  std::vector<std::string_view> missing;
  for (const std::string_view attribute : attributes) {
    if (is_projected(plan.table, *plan.index, attribute)) continue;
    if (std::find(missing.begin(), missing.end(), attribute) == missing.end()) missing.push_back(attribute);
  }
  std::string joined;
  for (const std::string_view attribute : missing) {
    if (!joined.empty()) joined += ", ";
    joined += attribute;
  }
  return joined;
}

Outcome<void> check_select(const ItemRequest& request) {
  const bool attributes = request.has(Member::kAttributesToGet);
  const bool projected = attributes || request.has(Member::kProjectionExpression);
  if (!request.has(Member::kSelect)) return boost::system::in_place_value;
  if (request.select == "ALL_PROJECTED_ATTRIBUTES" && !request.has(Member::kIndexName))
    return validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  if (request.select == "SPECIFIC_ATTRIBUTES") {
    if (projected) return boost::system::in_place_value;
    return validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  }
  if (!projected) return boost::system::in_place_value;
  return validation("Cannot specify the " + std::string(attributes ? "AttributesToGet" : "ProjectionExpression") +
                    " when choosing to get " + std::string(request.select == "COUNT" ? "only the Count" : request.select));
}

// What the filter looks at beyond what the index has: a fault of a Query, while a Scan looks at the table's items.
Outcome<void> place_filter(PagePlan& plan, PageOf what) {
  std::vector<std::string_view> filtered;
  plan.filter.append_attributes(filtered);
  const std::string missing = missing_attributes(plan, filtered);
  if (missing.empty()) return boost::system::in_place_value;
  plan.filters_items = what == PageOf::kScan;
  if (plan.filters_items) return boost::system::in_place_value;
  return validation(invalid("Secondary index " + plan.index->name + " does not project one or more filter attributes: [" + missing + "]"));
}

}  // namespace

Outcome<Condition> filter_of(ItemRequest& request, Member legacy, Arena& arena) {
  if (request.has(Member::kFilterExpression))
    return Condition::parse(request.filter, ExpressionKind::kFilter, request.bindings, arena);
  if (request.has(legacy)) {
    return parse_legacy_filter(request.legacy_filter, request.conditional_operator, arena,
                               legacy == Member::kScanFilter ? "scanFilter" : "queryFilter");
  }
  if (request.has(Member::kConditionalOperator))
    return validation("ConditionalOperator cannot be used without Filter or Expected");
  return Condition();
}

Outcome<const TableIndex*> index_of(const ItemRequest& request, const Table& table) {
  if (!request.has(Member::kIndexName)) return nullptr;
  const TableIndex* const index = table.find_index(request.index_name);
  if (index == nullptr)
    return validation("The table does not have the specified index: " + std::string(request.index_name));
  if (!index->local && request.consistent)
    return validation("Consistent reads are not supported on global secondary indexes");
  if (index->status != IndexStatus::kActive)
    return validation("Cannot read from backfilling global secondary index: " + index->name);
  return index;
}

Outcome<void> select(const ItemRequest& request, PageOf what, PagePlan& plan) {
  if (Outcome<void> valid = check_scalar_keys_in(plan.table, plan.filter, plan.projection); !valid) return valid;
  if (Outcome<void> valid = check_select(request); !valid) return valid;
  plan.count_only = request.select == "COUNT";
  if (plan.index == nullptr || plan.index->projected == IndexSettings::Projected::kAll) return boost::system::in_place_value;
  if (Outcome<void> placed = place_filter(plan, what); !placed) return placed;
  const bool all = request.select == "ALL_ATTRIBUTES";
  if (all && !plan.index->local) {
    return validation(invalid("Select type ALL_ATTRIBUTES is not supported for global secondary index " + plan.index->name +
                              " because its projection type is not ALL"));
  }
  std::vector<std::string_view> wanted;
  if (plan.projection) plan.projection.append_attributes(wanted);
  const std::string missing = missing_attributes(plan, wanted);
  if (!missing.empty() && !plan.index->local)
    return validation(invalid("Global secondary index " + plan.index->name + " does not project [" + missing + "]"));
  plan.whole_items = all || !missing.empty();
  return boost::system::in_place_value;
}

void start_behind(PagePlan& plan, const std::string& row_key) {
  if (plan.forward) {
    plan.range.lower = std::max(plan.range.lower, row_key + '\0');
  } else {
    plan.range.upper = std::min(plan.range.upper, row_key);
  }
}

void begin_page(std::string& answer, const PagePlan& plan) { answer += plan.count_only ? "{" : R"({"Items":[)"; }

void finish_page(std::string& answer, const ItemRequest& request, const PagePlan& plan, const Page& page) {
  answer += plan.count_only ? R"("Count":)" : R"(],"Count":)";
  write_json_integer(answer, static_cast<std::int64_t>(page.count));
  answer += R"(,"ScannedCount":)";
  write_json_integer(answer, static_cast<std::int64_t>(page.scanned));
  if (!page.last_key.empty()) answer.append(R"(,"LastEvaluatedKey":)").append(page.last_key);
  if (const CapacityReport report = capacity_report(request.return_capacity); report != CapacityReport::kNone) {
    answer += R"(,"ConsumedCapacity":)";
    page.capacity.write(answer, plan.table.name, report);
  }
  answer += '}';
}

}  // namespace gatehouse::dynamo
