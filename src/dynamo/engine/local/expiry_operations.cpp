// UpdateTimeToLive and DescribeTimeToLive. The service lets an hour pass between two changes; nothing here needs that.
#include "control_request.hpp"
#include "index_build.hpp"
#include "json_text.hpp"
#include "row_key.hpp"
#include "table_drop.hpp"

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr Field kSpecificationFields[] = {
    {"AttributeName", {.type = kString, .not_null = true, .least = 1, .most = 255}},
    {"Enabled", {.type = kBoolean, .not_null = true}},
};
constexpr Field kFields[] = {
    {"TimeToLiveSpecification",
     {.type = kStruct, .not_null = true, .fields = kSpecificationFields, .structure = "TimeToLiveSpecification"}},
};

Fault no_table(std::string_view name) {
  return {FaultType::kResourceNotFound, "Requested resource not found: Table: " + std::string(name) + " not found"};
}

Outcome<void> change_expiry(Table& table, std::string_view attribute, bool enable, WallTime now) {
  const bool enabled = !table.ttl_attribute.empty();
  if (!enabled && !enable) return validation("TimeToLive is already disabled");
  if (enabled && table.ttl_attribute != attribute)
    return validation("TimeToLive is active on a different AttributeName: current AttributeName is " + table.ttl_attribute);
  if (enabled && enable) return validation("TimeToLive is already enabled");
  table.ttl_attribute = enable ? attribute : std::string_view();
  table.ttl_building = enable;
  table.ttl_changed = now;
  return {};
}

}  // namespace

Outcome<void> update_time_to_live(Run& run) {
  const Outcome<Node> request = read_table_request(run, kFields);
  if (!request) return request.error();
  const std::string_view name = request->string("TableName");
  const auto table = run.state.catalogue.find(name);
  if (!table) return no_table(name);
  const Node& specification = *request->find("TimeToLiveSpecification");
  const std::string_view attribute = specification.string("AttributeName");
  const bool enable = specification.flag("Enabled");
  const WallTime now = run.state.clock.wall();
  const Outcome<CommitNumber> written =
      run.state.catalogue.update(table->name, now, run.patience, [&](Table& changed) { return change_expiry(changed, attribute, enable, now); });
  if (!written) return written.error();
  run.needs(*written);
  if (enable) {
    enqueue_expiry_build(run.state, table->id);
  } else {
    enqueue_rows_drop(run.state, table->id, kExpiryRows);
  }
  JsonText answer(run.answer);
  answer.begin();
  answer.begin("TimeToLiveSpecification");
  answer.flag("Enabled", enable);
  answer.string("AttributeName", attribute);
  answer.end();
  answer.end();
  return {};
}

Outcome<void> describe_time_to_live(Run& run) {
  const Outcome<Node> request = read_table_request(run, {});
  if (!request) return request.error();
  const auto table = run.state.catalogue.find_any(request->string("TableName"));
  if (!table) return no_table(request->string("TableName"));
  JsonText answer(run.answer);
  answer.begin();
  answer.begin("TimeToLiveDescription");
  if (table->ttl_attribute.empty()) {
    answer.string("TimeToLiveStatus", "DISABLED");
  } else {
    answer.string("AttributeName", table->ttl_attribute);
    answer.string("TimeToLiveStatus", table->ttl_building ? "ENABLING" : "ENABLED");
  }
  answer.end();
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
