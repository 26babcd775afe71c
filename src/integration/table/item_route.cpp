// One item by its key: GET, PUT, PATCH, DELETE, and POST of a new one. What depends on the item as it is reads it first and
// writes under the condition that it has not changed; a loser of that race begins again.
#include "etag.hpp"
#include "table_request.hpp"
#include "write_request.hpp"

#include "gatehouse/base/percent.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <algorithm>

namespace gatehouse::integration {

using dynamo::Attribute;
using dynamo::FaultType;
using dynamo::Map;
using dynamo::Operation;
using dynamo::Value;
using dynamo::ValueWriter;

namespace {

// How often a write begins again when the item changed in between; then 409.
constexpr int kTries = 5;

// The item as the table has it, kept over further calls.
struct Current {
  std::string bytes;
  bool exists = false;
  std::string etag;  // empty: there is none
  Map map() const { return exists ? Map::item(bytes) : Map(); }
};

bool has_name(const std::vector<std::string>& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

// What the client may not send, as it stands in its item: nullopt when all is well.
std::optional<std::string> find_forbidden(const TableRouteSettings& settings, const Map& given, std::span<const ForcedField> key) {
  for (const Attribute& attribute : given) {
    const std::string name(attribute.name);
    if (const ForcedField* const decided = find_forced(key, name)) {
      const bool same = equal(decided->value, attribute.value) || is_said_by_body(settings, name);
      if (!same) return "the field " + name + " is decided by the address and cannot be set";
      continue;
    }
    const auto is = [&](const TableField& field) { return field.attribute == name; };
    if (std::ranges::any_of(settings.set, is) || std::ranges::any_of(settings.set_new, is) || has_name(settings.read_only, name) ||
        name == settings.version)
      return "the field " + name + " cannot be set";
  }
  return std::nullopt;
}

// The fields of a write that are not the client's: the key, what the route sets, what is kept of the old item, the version.
void add_forced(TableRequest& request, const Current& old, RouteValues& values) {
  const TableRouteSettings& settings = request.settings;
  for (const TableField& field : settings.set) values.add_text(field.attribute, field.value.evaluate(request.context));
  if (!old.exists)
    for (const TableField& field : settings.set_new) values.add_text(field.attribute, field.value.evaluate(request.context));
  if (settings.version.empty()) return;
  const Value before = old.map().find(settings.version);
  dynamo::NumberText next;
  const bool counted = before && before.type() == dynamo::Type::kNumber &&
                       dynamo::add_numbers(before.text(), "1", next) == dynamo::NumberProblem::kNone;
  values.add_number(settings.version, counted ? next.view() : std::string_view("1"));
}

// Fields of the old item that a replacement keeps although the client cannot send them.
void add_kept(const TableRouteSettings& settings, const Current& old, std::vector<ForcedField>& forced) {
  const auto keep = [&](std::string_view name) {
    if (const Value value = old.map().find(name); value && find_forced(forced, name) == nullptr) forced.push_back({name, value});
  };
  for (const TableField& field : settings.set_new) keep(field.attribute);
  for (const std::string& name : settings.read_only) keep(name);
}

net::Task<bool> load(TableRequest& request, std::span<const ForcedField> key, Current& current) {
  std::string& to = request.store.request();
  append_table(to, request.settings.table);
  append_key(to, key);
  to += R"(,"ConsistentRead":true})";
  const StoreReply reply = co_await request.store.call(Operation::kGetItem);
  if (!reply.ok) {
    request.fail(reply);
    co_return false;
  }
  current.exists = reply.item.has_value();
  current.bytes.clear();
  current.etag.clear();
  if (current.exists) {
    ValueWriter writer(current.bytes);
    write_without(*reply.item, {}, writer);
    current.etag = etag_of(current.map(), request.settings.version);
  }
  co_return true;
}

void append_condition_on(TableRequest& request, const Current& old) {
  std::string& to = request.store.request();
  if (!old.exists) return append_absent_condition(to, request.settings.partition.attribute);
  if (!request.settings.version.empty())
    return append_version_condition(to, request.settings.version, old.map().find(request.settings.version));
  append_unchanged_condition(to, old.map(), request.route.engine->kind() == "remote" ? Whole::kNo : Whole::kYes);
}

void refuse_missing(TableRequest& request) { request.refuse(404, "item_not_found", "there is no such item"); }
void refuse_precondition(TableRequest& request) {
  request.refuse(412, "precondition_failed", "the item is not in the state that the request asks for");
}
void refuse_conflict(TableRequest& request) {
  request.refuse(409, "store_conflict", "the item is being changed by others: try again");
}

enum class Way : unsigned char { kReplace, kMerge };

// One try of a write that depends on the old item. nullopt: the item changed meanwhile.
net::Task<std::optional<bool>> write_once(TableRequest& request, std::span<const ForcedField> key, const Map& given, Way way,
                                          const Preconditions& preconditions) {
  Current old;
  const bool loaded = co_await load(request, key, old);
  if (!loaded) co_return false;
  if (way == Way::kMerge && !old.exists) {
    if (preconditions.if_match)
      refuse_precondition(request);
    else
      refuse_missing(request);
    co_return false;
  }
  if (!preconditions.hold(old.etag)) {
    refuse_precondition(request);
    co_return false;
  }

  RouteValues values;
  add_forced(request, old, values);
  std::vector<ForcedField> forced(key.begin(), key.end());
  for (const ForcedField& field : values.fields()) forced.push_back(field);
  std::string after;
  ValueWriter writer(after);
  if (way == Way::kMerge) {
    write_merged(old.map(), given, forced, writer);
  } else {
    add_kept(request.settings, old, forced);
    write_replacement(given, forced, writer);
  }
  if (!request.check_schema(Map::item(after))) co_return false;

  std::string& to = request.store.request();
  append_table(to, request.settings.table);
  append_item(to, Map::item(after));
  append_condition_on(request, old);
  to += '}';
  const StoreReply reply = co_await request.store.call(Operation::kPutItem);
  if (!reply.ok && reply.fault == FaultType::kConditionalCheckFailed) co_return std::nullopt;
  if (!reply.ok) {
    request.fail(reply);
    co_return false;
  }
  request.answer_item(old.exists ? 200 : 201, Map::item(after));
  co_return true;
}

net::Task<void> write_on_old(TableRequest& request, std::span<const ForcedField> key, const Map& given, Way way,
                             const Preconditions& preconditions) {
  for (int i = 0; i < kTries; ++i) {
    const std::optional<bool> done = co_await write_once(request, key, given, way, preconditions);
    if (done) co_return;
  }
  refuse_conflict(request);
}

// PUT that needs nothing of the old item: one call.
net::Task<void> put_blindly(TableRequest& request, std::span<const ForcedField> key, const Map& given, bool create_only) {
  RouteValues values;
  add_forced(request, Current(), values);
  std::vector<ForcedField> forced(key.begin(), key.end());
  for (const ForcedField& field : values.fields()) forced.push_back(field);
  std::string after;
  ValueWriter writer(after);
  write_replacement(given, forced, writer);
  if (!request.check_schema(Map::item(after))) co_return;

  std::string& to = request.store.request();
  append_table(to, request.settings.table);
  append_item(to, Map::item(after));
  if (create_only) append_absent_condition(to, request.settings.partition.attribute);
  to += R"(,"ReturnValues":"ALL_OLD"})";
  const StoreReply reply = co_await request.store.call(Operation::kPutItem);
  if (!reply.ok && reply.fault == FaultType::kConditionalCheckFailed) co_return refuse_precondition(request);
  if (!reply.ok) co_return request.fail(reply);
  request.answer_item(reply.item ? 200 : 201, Map::item(after));
}

// RFC 9110 section 10.2.2: where the new item is, below this route: by its sort key, as a route has it in its path.
std::string location_of(const TableRequest& request, std::span<const ForcedField> key) {
  std::string location(request.context.path);
  if (location.empty() || location.back() != '/') location += '/';
  const TableRouteSettings& settings = request.settings;
  const ForcedField* const last = find_forced(key, settings.sort.empty() ? settings.partition.attribute : settings.sort[0].attribute);
  const dynamo::Value value = last->value;
  return location + percent_encode(value.type() == dynamo::Type::kBinary ? dynamo::base64(value.text()) : std::string(value.text()));
}

}  // namespace

net::Task<void> serve_get(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto key = values.fields();
  std::string& to = request.store.request();
  append_table(to, request.settings.table);
  append_key(to, key);
  to += request.settings.consistent ? R"(,"ConsistentRead":true})" : "}";
  const StoreReply reply = co_await request.store.call(Operation::kGetItem);
  if (!reply.ok) co_return request.fail(reply);
  if (!reply.item) co_return refuse_missing(request);

  const std::string etag = etag_of(*reply.item, request.settings.version);
  const Preconditions preconditions = Preconditions::of(request.context.request().fields);
  if (preconditions.if_match && !preconditions.hold(etag)) co_return refuse_precondition(request);
  if (!preconditions.unchanged(etag)) co_return request.answer_item(200, *reply.item);
  pipeline::Answer answer(request.context.arena(), 304, "ok", {}, {});
  answer.fields.set(http::FieldId::kETag, request.context.arena().copy(etag));
  request.context.answer(answer);
}

net::Task<void> serve_put(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto key = values.fields();
  std::string given;
  const bool read = co_await request.read_object(given);
  if (!read) co_return;
  const TableRouteSettings& settings = request.settings;
  if (const auto forbidden = find_forbidden(settings, Map::item(given), key))
    co_return request.refuse(400, "field_not_allowed", *forbidden);

  const Preconditions preconditions = Preconditions::of(request.context.request().fields);
  const bool needs_old = !settings.set_new.empty() || !settings.read_only.empty() || !settings.version.empty();
  if (preconditions.create_only() || (!preconditions.any() && !needs_old)) {
    co_await put_blindly(request, key, Map::item(given), preconditions.create_only());
  } else {
    co_await write_on_old(request, key, Map::item(given), Way::kReplace, preconditions);
  }
}

net::Task<void> serve_patch(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto key = values.fields();
  std::string given;
  const bool read = co_await request.read_object(given);
  if (!read) co_return;
  if (const auto forbidden = find_forbidden(request.settings, Map::item(given), key))
    co_return request.refuse(400, "field_not_allowed", *forbidden);
  const Preconditions preconditions = Preconditions::of(request.context.request().fields);
  co_await write_on_old(request, key, Map::item(given), Way::kMerge, preconditions);
}

net::Task<void> serve_delete(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto key = values.fields();
  const Preconditions preconditions = Preconditions::of(request.context.request().fields);
  for (int i = 0; i < kTries; ++i) {
    Current old;
    if (preconditions.any()) {
      const bool loaded = co_await load(request, key, old);
      if (!loaded) co_return;
      if (!preconditions.hold(old.etag)) co_return refuse_precondition(request);
      if (!old.exists) co_return refuse_missing(request);
    }
    std::string& to = request.store.request();
    append_table(to, request.settings.table);
    append_key(to, key);
    if (preconditions.any())
      append_condition_on(request, old);
    else
      append_present_condition(to, request.settings.partition.attribute);
    to += '}';
    const StoreReply reply = co_await request.store.call(Operation::kDeleteItem);
    if (reply.ok) co_return request.context.answer(pipeline::Answer(request.context.arena(), 204, "ok", {}, {}));
    if (reply.fault != FaultType::kConditionalCheckFailed) co_return request.fail(reply);
    if (!preconditions.any()) co_return refuse_missing(request);
  }
  refuse_conflict(request);
}

net::Task<void> serve_create(TableRequest& request) {
  RouteValues values;
  if (!request.evaluate_key(values)) co_return;
  const auto key = values.fields();
  std::string given;
  const bool read = co_await request.read_object(given);
  if (!read) co_return;
  if (const auto forbidden = find_forbidden(request.settings, Map::item(given), key))
    co_return request.refuse(400, "field_not_allowed", *forbidden);

  RouteValues own;
  add_forced(request, Current(), own);
  std::vector<ForcedField> forced = key;
  for (const ForcedField& field : own.fields()) forced.push_back(field);
  std::string after;
  ValueWriter writer(after);
  write_replacement(Map::item(given), forced, writer);
  if (!request.check_schema(Map::item(after))) co_return;
  std::string& to = request.store.request();
  append_table(to, request.settings.table);
  append_item(to, Map::item(after));
  append_absent_condition(to, request.settings.partition.attribute);
  to += '}';
  const StoreReply reply = co_await request.store.call(Operation::kPutItem);
  if (!reply.ok && reply.fault == FaultType::kConditionalCheckFailed)
    co_return request.refuse(409, "item_exists", "there is such an item already");
  if (!reply.ok) co_return request.fail(reply);
  request.answer_item(201, Map::item(after), location_of(request, key));
}

}  // namespace gatehouse::integration
