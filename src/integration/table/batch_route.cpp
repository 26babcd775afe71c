// Several items in one request: batch_get, batch_write and transact. The body is one JSON object; keys that the route decides are
// not in it.
#include "table_request.hpp"
#include "write_request.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::integration {

using dynamo::FaultType;
using dynamo::KeyPart;
using dynamo::Map;
using dynamo::Operation;
using dynamo::Type;
using dynamo::Value;
using dynamo::ValueWriter;

namespace {

constexpr int kRounds = 10;  // for what the store leaves unprocessed

// A key attribute as the client sent it in plain JSON: text or number, as the table has it.
bool add_given_key(RouteValues& values, const KeyPart& part, Value given) {
  const bool usable = given && (given.type() == Type::kString || given.type() == Type::kNumber);
  return values.add_key(part, usable ? given.text() : std::string_view());
}

class BatchReader {
 public:
  BatchReader(TableRequest& request, std::span<const ForcedField> route_key) : request_(request), route_key_(route_key) {}

  // The whole key of `given`, in the table's order. False when it lacks a part; problem() says which.
  bool read_key(const Map& given, RouteValues& key) {
    const TableRouteSettings& settings = request_.settings;
    if (!read_part(settings.partition, given, key)) return false;
    return settings.sort.empty() || read_part(settings.sort[0], given, key);
  }

  // `given` as it is to be stored, appended to `to`.
  bool read_item(const Map& given, std::string& to) {
    RouteValues key;
    if (!read_key(given, key)) return false;
    for (const TableField& field : request_.settings.set) key.add_text(field.attribute, field.value.evaluate(request_.context));
    for (const TableField& field : request_.settings.set_new) key.add_text(field.attribute, field.value.evaluate(request_.context));
    const std::vector<ForcedField> forced = key.fields();
    for (const std::string& name : request_.settings.read_only)
      if (given.find(name)) return refuse("the field " + name + " cannot be set");
    if (!request_.settings.version.empty() && given.find(request_.settings.version))
      return refuse("the field " + request_.settings.version + " cannot be set");
    ValueWriter writer(to);
    write_replacement(given, forced, writer);
    return true;
  }

  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  const std::string& problem() const { return problem_; }

 private:
  bool read_part(const KeyPart& part, const Map& given, RouteValues& key) {
    if (const ForcedField* const decided = find_forced(route_key_, part.attribute)) {
      const Value own = given.find(part.attribute);
      if (own && !equal(own, decided->value)) return refuse("the field " + part.attribute + " is decided by the route");
      key.add_value(part.attribute, decided->value);
      return true;
    }
    return add_given_key(key, part, given.find(part.attribute)) || refuse(key.problem());
  }

  TableRequest& request_;
  std::span<const ForcedField> route_key_;
  std::string problem_;
};

void begin_element(std::string& to) {
  if (to.back() != '[') to += ',';
}

void refuse_batch(TableRequest& request, std::string_view problem) { request.refuse(400, "batch_invalid", problem); }

// The list under `name`, an empty one where it is absent. nullopt, and answered, when it is something else: a part of the request that
// is passed over would look as if it was done.
std::optional<std::vector<Map>> list_of(TableRequest& request, const Map& body, std::string_view name) {
  const auto refuse = [&] {
    refuse_batch(request, std::string(name) + " must be a list of objects");
    return std::nullopt;
  };
  std::vector<Map> maps;
  const Value value = body.find(name);
  if (!value) return maps;
  if (value.type() != Type::kList) return refuse();
  for (const Value each : value.list()) {
    if (each.type() != Type::kMap) return refuse();
    maps.push_back(each.map());
  }
  return maps;
}

// Sends what is in `pending` ({"table":[…]}) until nothing is left, and hands every answer to `take`.
template <class Take>
net::Task<bool> drain(TableRequest& request, Operation operation, std::string pending, Take take) {
  for (int round = 0; round < kRounds; ++round) {
    request.store.request() += R"({"RequestItems":)" + pending + '}';
    const StoreReply reply = co_await request.store.call(operation);
    if (!reply.ok) {
      request.fail(reply);
      co_return false;
    }
    take(reply);
    if (reply.unprocessed.empty()) co_return true;
    pending = reply.unprocessed;
  }
  request.refuse(503, "store_unavailable", "the table could not take the whole batch: try again");
  co_return false;
}

// {"put": {…}}: the one member of an operation of a transaction, as JSON of TransactWriteItems.
// False with the reader's problem, or, when the schema refused the item, answered.
bool append_operation(TableRequest& request, BatchReader& reader, const Map& operation, std::string& to) {
  const TableRouteSettings& settings = request.settings;
  if (operation.count() != 1 || (*operation.begin()).value.type() != Type::kMap)
    return reader.refuse("an operation is one of put, create, replace, delete, exists, absent with an item or key");
  const auto [kind, value] = *operation.begin();
  const bool writes = kind == "put" || kind == "create" || kind == "replace";
  if (!writes && kind != "delete" && kind != "exists" && kind != "absent")
    return reader.refuse("unknown operation " + std::string(kind) + "; expected put, create, replace, delete, exists or absent");
  begin_element(to);
  to += writes ? R"({"Put":)" : kind == "delete" ? R"({"Delete":)" : R"({"ConditionCheck":)";
  append_table(to, settings.table);
  if (writes) {
    std::string item;
    if (!reader.read_item(value.map(), item) || !request.check_schema(Map::item(item))) return false;
    append_item(to, Map::item(item));
  } else {
    RouteValues key;
    if (!reader.read_key(value.map(), key)) return false;
    append_key(to, key.fields());
  }
  if (kind == "create" || kind == "absent") append_absent_condition(to, settings.partition.attribute);
  if (kind == "replace" || kind == "exists") append_present_condition(to, settings.partition.attribute);
  to += "}}";
  return true;
}

}  // namespace

net::Task<void> serve_batch_get(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto route_key = values.fields();
  std::string body;
  const bool read = co_await request.read_object(body);
  if (!read) co_return;

  BatchReader reader(request, route_key);
  std::string pending = "{";
  dynamo::write_json_string(pending, request.settings.table);
  pending += R"(:{"Keys":[)";
  const auto keys = list_of(request, Map::item(body), "keys");
  if (!keys) co_return;
  for (const Map& given : *keys) {
    RouteValues key;
    if (!reader.read_key(given, key)) co_return refuse_batch(request, reader.problem());
    begin_element(pending);
    write_key_json(pending, key.fields());
  }
  if (pending.back() == '[') co_return refuse_batch(request, "keys must be a list of at least one key");
  pending += request.settings.consistent ? R"(],"ConsistentRead":true}})" : "]}}";

  std::string items = R"({"items":[)";
  const auto take = [&](const StoreReply& reply) {
    for (const Map& item : reply.items) {
      begin_element(items);
      request.append_item(items, item);
    }
  };
  const bool complete = co_await drain(request, Operation::kBatchGetItem, std::move(pending), take);
  if (complete) request.answer_json(200, items + "]}");
}

net::Task<void> serve_batch_write(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto route_key = values.fields();
  std::string body;
  const bool read = co_await request.read_object(body);
  if (!read) co_return;

  BatchReader reader(request, route_key);
  std::string pending = "{";
  dynamo::write_json_string(pending, request.settings.table);
  pending += ":[";
  const auto puts = list_of(request, Map::item(body), "put");
  if (!puts) co_return;
  for (const Map& given : *puts) {
    std::string item;
    if (!reader.read_item(given, item)) co_return refuse_batch(request, reader.problem());
    if (!request.check_schema(Map::item(item))) co_return;
    begin_element(pending);
    pending += R"({"PutRequest":{"Item":)";
    dynamo::write_json_item(pending, Map::item(item));
    pending += "}}";
  }
  const auto deletes = list_of(request, Map::item(body), "delete");
  if (!deletes) co_return;
  for (const Map& given : *deletes) {
    RouteValues key;
    if (!reader.read_key(given, key)) co_return refuse_batch(request, reader.problem());
    begin_element(pending);
    pending += R"({"DeleteRequest":{"Key":)";
    write_key_json(pending, key.fields());
    pending += "}}";
  }
  if (pending.back() == '[') co_return refuse_batch(request, "put or delete must be a list of at least one item or key");
  const bool complete = co_await drain(request, Operation::kBatchWriteItem, pending + "]}", [](const StoreReply&) {});
  if (complete) request.context.answer(pipeline::Answer(request.context.arena(), 204, "ok", {}, {}));
}

net::Task<void> serve_transact(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto route_key = values.fields();
  std::string body;
  const bool read = co_await request.read_object(body);
  if (!read) co_return;

  BatchReader reader(request, route_key);
  std::string operations = R"({"TransactItems":[)";
  const auto wanted = list_of(request, Map::item(body), "operations");
  if (!wanted) co_return;
  for (const Map& operation : *wanted)
    if (!append_operation(request, reader, operation, operations)) {
      if (!request.context.exchange.responded()) refuse_batch(request, reader.problem());
      co_return;
    }
  if (operations.back() == '[') co_return refuse_batch(request, "operations must be a list of at least one operation");
  request.store.request() += operations + "]}";
  const StoreReply reply = co_await request.store.call(Operation::kTransactWriteItems);
  if (reply.ok) co_return request.context.answer(pipeline::Answer(request.context.arena(), 204, "ok", {}, {}));
  if (reply.fault != FaultType::kTransactionCanceled) co_return request.fail(reply);
  std::string answer = R"({"message":"nothing was written: an operation could not be done","reasons":[)";
  for (const std::string_view reason : reply.reasons) {
    begin_element(answer);
    dynamo::write_json_string(answer, reason);
  }
  request.answer_json(409, answer + "]}", "store_conflict");
}

}  // namespace gatehouse::integration
