// GetItem. Source: Amazon DynamoDB API reference, "GetItem".
#include "item_answer.hpp"
#include "item_request.hpp"
#include "row_key.hpp"
#include "run.hpp"
#include "scalar_keys.hpp"
#include "write_buffers.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr Members kKnown = {Member::kTableName, Member::kKey, Member::kAttributesToGet, Member::kConsistentRead,
                            Member::kProjectionExpression, Member::kExpressionAttributeNames,
                            Member::kReturnConsumedCapacity};

Outcome<void> check(const ItemRequest& request) {
  Constraints constraints;
  constraints.return_capacity(request);
  constraints.attributes_to_get(request);
  constraints.table_name(request);
  constraints.required(request, Member::kKey);
  if (Outcome<void> valid = constraints.result(); !valid) return valid;

  static constexpr Member kExpressions[] = {Member::kProjectionExpression};
  static constexpr Member kLegacy[] = {Member::kAttributesToGet};
  if (Outcome<void> valid = check_parameter_mix(request, kExpressions, kLegacy); !valid) return valid;
  if (Outcome<void> valid = check_values(request, Member::kKey); !valid) return valid;
  if (Outcome<void> valid = check_duplicates(request); !valid) return valid;
  return check_bindings(request);
}

}  // namespace

Outcome<void> get_item(Run& run) {
  ItemRequest& request = fresh_request();
  if (Outcome<void> read = read_item_request(run, kKnown, request); !read) return read;
  if (Outcome<void> valid = check(request); !valid) return valid;
  const Outcome<Projection> projection = projection_of(request, run.arena);
  if (!projection) return projection.error();
  if (Outcome<void> used = request.bindings.check_all_used(); !used) return used;

  const auto table = run.table(request.table_name);
  if (!table) return table.error();
  WriteBuffers& buffers = fresh_write_buffers();
  if (Outcome<void> keyed = append_item_key(buffers.row_key, **table, request.key, KeyForm::kExact); !keyed) return keyed;
  if (Outcome<void> valid = check_scalar_keys_in(**table, *projection); !valid) return valid;

  const Result<bool> found = run.state.storage->get(Family::kData, buffers.row_key, buffers.before, run.reading());
  if (!found) return fault_of(found.error());
  run.saw(buffers.row_key);

  AnswerObject answer(run.answer);
  const Map item = *found ? Map::item(buffers.before) : Map();
  if (*found) {
    std::string& to = answer.member("Item");
    if (*projection) {
      projection->write_json(item, to);
    } else {
      write_json_item(to, item);
    }
  }
  if (const CapacityReport report = capacity_report(request.return_capacity); report != CapacityReport::kNone) {
    ConsumedCapacity capacity;
    capacity.add_table(read_halves(size_of(item), request.consistent ? ReadKind::kConsistent : ReadKind::kEventual));
    capacity.write(answer.member("ConsumedCapacity"), (*table)->name, report);
  }
  answer.end();
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
