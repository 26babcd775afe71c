// BatchGetItem: up to 100 keys of any tables, read in the order of their rows. Source: Amazon DynamoDB API reference, "BatchGetItem".
#include "batch_request.hpp"
#include "item_answer.hpp"
#include "item_request.hpp"
#include "row_key.hpp"
#include "run.hpp"
#include "scalar_keys.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <deque>
#include <vector>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kMaxKeys = 100;
constexpr std::uint64_t kMaxAnswer = 16 * kMiB;

constexpr Members kKnown = {Member::kAttributesToGet, Member::kConsistentRead, Member::kProjectionExpression,
                            Member::kExpressionAttributeNames};

struct Wanted {
  std::size_t offset;  // of the key's encoding in the group's bytes
  std::string row_key;
};

// What is asked of one table.
struct Group {
  std::string_view name;
  ItemRequest request;
  bool keys_given = false;
  std::vector<Wanted> keys;
  std::shared_ptr<const Table> table;
  Projection projection;
  ConsumedCapacity capacity;
  std::vector<const Wanted*> unprocessed;

  Map key(const Wanted& wanted) const { return Map::item(std::string_view(request.key_bytes).substr(wanted.offset)); }
};

struct BatchGet {
  bool given = false;
  std::deque<Group> groups;  // requests inside are views of themselves: they do not move
  std::string_view return_capacity;
};

void read_keys(JsonReader& reader, Group& to) {
  if (reader.skip_null() || !reader.begin_array()) return;
  to.keys_given = true;
  ValueWriter writer(to.request.key_bytes);
  while (reader.next_element()) {
    to.keys.push_back({to.request.key_bytes.size(), {}});
    if (!reader.read_item(writer)) return;
    if (!to.request.value_fault) to.request.value_fault = reader.value_fault();
  }
}

void read_group(JsonReader& reader, Group& to) {
  if (!reader.begin_object()) return;
  while (const std::optional<std::string_view> name = reader.next_name()) {
    if (*name == "Keys") {
      read_keys(reader, to);
    } else if (const std::optional<Member> member = find_member(*name, kKnown)) {
      read_member(reader, *member, to.request);
    } else {
      reader.skip();
    }
  }
}

Outcome<void> read_batch(Run& run, BatchGet& to) {
  JsonReader reader(run.body, run.arena);
  if (reader.begin_object()) {
    while (const std::optional<std::string_view> name = reader.next_name()) {
      if (reader.skip_null()) continue;
      if (*name == "ReturnConsumedCapacity") {
        reader.read_string(to.return_capacity);
      } else if (*name == "RequestItems" && reader.begin_object()) {
        to.given = true;
        while (const std::optional<std::string_view> table = reader.next_name()) {
          to.groups.emplace_back().name = *table;
          read_group(reader, to.groups.back());
        }
      } else if (*name != "RequestItems") {
        reader.skip();
      }
    }
  }
  reader.finish();
  if (reader.failed()) return *reader.fault();
  return boost::system::in_place_value;
}

Outcome<void> check_constraints(const BatchGet& batch) {
  Constraints constraints;
  check_batch_constraints(constraints, batch.given, batch.groups.size(), batch.return_capacity);
  for (const Group& group : batch.groups) {
    const std::string path = "requestItems." + std::string(group.name) + ".member.keys";
    check_batch_table_name(constraints, group.name);
    if (!group.keys_given) constraints.fail("null", path, "Member must not be null");
    if (group.keys_given && group.keys.empty())
      constraints.fail("'[]'", path, "Member must have length greater than or equal to 1");
    if (group.keys.size() > kMaxKeys)
      constraints.fail("'[...]'", path, "Member must have length less than or equal to 100");
    constraints.attributes_to_get(group.request);
  }
  return constraints.result();
}

Outcome<void> check(BatchGet& batch, Arena& arena) {
  if (Outcome<void> valid = check_constraints(batch); !valid) return valid;
  static constexpr Member kExpressions[] = {Member::kProjectionExpression};
  static constexpr Member kLegacy[] = {Member::kAttributesToGet};
  // One kind of them for all tables.
  ItemRequest whole;
  for (const Member member : {Member::kProjectionExpression, Member::kAttributesToGet})
    for (const Group& group : batch.groups)
      if (group.request.has(member)) whole.given.add(member);
  if (Outcome<void> valid = check_parameter_mix(whole, kExpressions, kLegacy); !valid) return valid;
  std::size_t keys = 0;
  for (Group& group : batch.groups) {
    if (Outcome<void> valid = check_parameter_mix(group.request, kExpressions, kLegacy); !valid) return valid;
    if (Outcome<void> valid = check_duplicates(group.request); !valid) return valid;
    if (Outcome<void> valid = check_bindings(group.request); !valid) return valid;
    Outcome<Projection> projection = projection_of(group.request, arena);
    if (!projection) return projection.error();
    group.projection = *projection;
    if (Outcome<void> used = group.request.bindings.check_all_used(); !used) return used;
    if (group.request.value_fault) return *group.request.value_fault;
    keys += group.keys.size();
    if (keys > kMaxKeys) return validation("Too many items requested for the BatchGetItem call");
  }
  return boost::system::in_place_value;
}

Outcome<void> find_rows(const Run& run, BatchGet& batch) {
  std::vector<std::string_view> rows;
  for (Group& group : batch.groups) {
    auto table = run.table(group.name);
    if (!table) return table.error();
    group.table = std::move(*table);
    for (Wanted& wanted : group.keys) {
      const Outcome<void> keyed = append_item_key(wanted.row_key, *group.table, group.key(wanted), KeyForm::kExact);
      if (!keyed) return keyed;
      rows.push_back(wanted.row_key);
    }
    if (Outcome<void> valid = check_scalar_keys_in(*group.table, group.projection); !valid) return valid;
  }
  return check_distinct_rows(rows);
}

class BatchReader {
 public:
  BatchReader(Run& run, BatchGet& batch) : run_(run), batch_(batch) {}

  Outcome<void> write_responses(std::string& to) {
    AnswerObject responses(to);
    for (Group& group : batch_.groups) {
      write_name(to, group);
      to += '[';
      if (Outcome<void> read = read_group(group, to); !read) return read;
      to += ']';
    }
    responses.end();
    return boost::system::in_place_value;
  }

  void write_unprocessed(std::string& to) {
    AnswerObject unprocessed(to);
    first_ = true;
    for (const Group& group : batch_.groups) {
      if (group.unprocessed.empty()) continue;
      write_name(to, group);
      write_rest(to, group);
    }
    unprocessed.end();
  }

 private:
  void write_name(std::string& to, const Group& group) {
    if (!first_) to += ',';
    first_ = false;
    write_json_string(to, group.name);
    to += ':';
  }

  Outcome<void> read_group(Group& group, std::string& to) {
    std::vector<const Wanted*> sorted;
    for (const Wanted& wanted : group.keys) sorted.push_back(&wanted);
    std::sort(sorted.begin(), sorted.end(), [](const Wanted* a, const Wanted* b) { return a->row_key < b->row_key; });
    const ReadKind kind = group.request.consistent ? ReadKind::kConsistent : ReadKind::kEventual;
    bool first = true;
    for (const Wanted* wanted : sorted) {
      if (bytes_ >= kMaxAnswer) {
        group.unprocessed.push_back(wanted);
        continue;
      }
      const Result<bool> found = run_.state.storage->get(Family::kData, wanted->row_key, row_, run_.reading());
      if (!found) return fault_of(found.error());
      run_.saw(wanted->row_key);
      const Map item = *found ? Map::item(row_) : Map();
      const std::uint64_t bytes = size_of(item);
      if (bytes_ + bytes > kMaxAnswer) {
        bytes_ = kMaxAnswer;
        group.unprocessed.push_back(wanted);
        continue;
      }
      bytes_ += bytes;
      group.capacity.add_table(read_halves(bytes, kind));
      if (*found) write_item(to, group, item, first);
    }
    return boost::system::in_place_value;
  }

  static void write_item(std::string& to, const Group& group, const Map& item, bool& first) {
    if (!first) to += ',';
    first = false;
    if (group.projection) {
      group.projection.write_json(item, to);
    } else {
      write_json_item(to, item);
    }
  }

  static void write_names(std::string& to, const ItemRequest& request) {
    for (std::size_t i = 0; i < request.names.size(); ++i) {
      to += i == 0 ? '{' : ',';
      write_json_string(to, request.names[i].first);
      to += ':';
      write_json_string(to, request.names[i].second);
    }
    to += '}';
  }

  // What the client may send again as it is.
  static void write_rest(std::string& to, const Group& group) {
    AnswerObject object(to);
    object.member("Keys") += '[';
    for (std::size_t i = 0; i < group.unprocessed.size(); ++i) {
      if (i != 0) to += ',';
      write_json_item(to, group.key(*group.unprocessed[i]));
    }
    to += ']';
    const ItemRequest& request = group.request;
    if (request.has(Member::kConsistentRead)) object.member("ConsistentRead") += request.consistent ? "true" : "false";
    if (request.has(Member::kProjectionExpression))
      write_json_string(object.member("ProjectionExpression"), request.projection);
    if (!request.names.empty()) write_names(object.member("ExpressionAttributeNames"), request);
    if (request.has(Member::kAttributesToGet)) {
      object.member("AttributesToGet") += '[';
      for (std::size_t i = 0; i < request.attributes_to_get.size(); ++i) {
        if (i != 0) to += ',';
        write_json_string(to, request.attributes_to_get[i]);
      }
      to += ']';
    }
    object.end();
  }

  Run& run_;
  BatchGet& batch_;
  bool first_ = true;
  std::uint64_t bytes_ = 0;
  std::string row_;
};

}  // namespace

Outcome<void> batch_get_item(Run& run) {
  BatchGet batch;
  if (Outcome<void> read = read_batch(run, batch); !read) return read;
  if (Outcome<void> valid = check(batch, run.arena); !valid) return valid;
  if (Outcome<void> found = find_rows(run, batch); !found) return found;

  AnswerObject answer(run.answer);
  BatchReader reader(run, batch);
  if (Outcome<void> read = reader.write_responses(answer.member("Responses")); !read) return read;
  reader.write_unprocessed(answer.member("UnprocessedKeys"));
  if (const CapacityReport report = capacity_report(batch.return_capacity); report != CapacityReport::kNone) {
    std::string& to = answer.member("ConsumedCapacity");
    to += '[';
    for (std::size_t i = 0; i < batch.groups.size(); ++i) {
      if (i != 0) to += ',';
      batch.groups[i].capacity.write(to, batch.groups[i].table->name, report);
    }
    to += ']';
  }
  answer.end();
  return boost::system::in_place_value;
}

}  // namespace gatehouse::dynamo
