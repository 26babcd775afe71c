#include "statement.hpp"

#include "row_key.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using Comparison = KeyCandidate::Comparison;

const KeyCandidate* find_candidate(const Statement& statement, std::string_view attribute, Comparison comparison) {
  for (const KeyCandidate& candidate : statement.key_candidates)
    if (candidate.attribute == attribute && candidate.comparison == comparison) return &candidate;
  return nullptr;
}

KeyComparison key_comparison(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess: return KeyComparison::kLess;
    case Comparison::kLessOrEqual: return KeyComparison::kLessOrEqual;
    case Comparison::kGreater: return KeyComparison::kGreater;
    case Comparison::kGreaterOrEqual: return KeyComparison::kGreaterOrEqual;
    case Comparison::kBetween: return KeyComparison::kBetween;
    case Comparison::kBeginsWith: return KeyComparison::kBeginsWith;
    case Comparison::kEqual:
    case Comparison::kIn: break;
  }
  return KeyComparison::kEqual;
}

bool has_type(Value value, KeyType type) {
  switch (type) {
    case KeyType::kString: return value.type() == Type::kString;
    case KeyType::kNumber: return value.type() == Type::kNumber;
    case KeyType::kBinary: break;
  }
  return value.type() == Type::kBinary;
}

// What bounds the sort key; a value of another type leaves it to the filter, which matches nothing then.
const KeyCandidate* find_sort_candidate(const Statement& statement, const KeyPart& part) {
  for (const KeyCandidate& candidate : statement.key_candidates) {
    if (candidate.attribute != part.attribute || candidate.comparison == Comparison::kIn) continue;
    if (std::ranges::all_of(candidate.values, [&](Value value) { return has_type(value, part.type); })) return &candidate;
  }
  return nullptr;
}

void append_sort_terms(const KeySchema& schema, const Statement& statement, std::vector<KeyTerm>& terms) {
  for (const KeyPart& part : schema.sort) {
    const KeyCandidate* const candidate = find_sort_candidate(statement, part);
    if (candidate == nullptr) return;
    terms.push_back({part.attribute, key_comparison(candidate->comparison), candidate->values[0],
                     candidate->values.size() > 1 ? candidate->values[1] : Value()});
    if (candidate->comparison != Comparison::kEqual) return;
  }
}

// The key that WHERE pins, as an item. False when it does not pin all of it.
bool write_pinned_key(const Table& table, const Statement& statement, std::string& to) {
  ValueWriter writer(to);
  ValueWriter::Open open = writer.begin_item();
  const auto pin = [&](const KeyPart& part) {
    const KeyCandidate* const candidate = find_candidate(statement, part.attribute, Comparison::kEqual);
    if (candidate == nullptr) return false;
    writer.name(open, part.attribute);
    writer.value(candidate->values[0]);
    return true;
  };
  const bool pinned = pin(table.partition) && (!table.sort || pin(*table.sort));
  writer.end_item(open);
  return pinned;
}

ActionKind kind_of(StatementKind kind) {
  switch (kind) {
    case StatementKind::kInsert: return ActionKind::kPut;
    case StatementKind::kUpdate: return ActionKind::kUpdate;
    case StatementKind::kDelete: return ActionKind::kDelete;
    case StatementKind::kExists: return ActionKind::kCheck;
    case StatementKind::kSelect: break;
  }
  return ActionKind::kGet;
}

Presence presence_of(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kInsert: return Presence::kMustBeNew;
    case StatementKind::kUpdate:
    case StatementKind::kExists: return Presence::kMustExist;
    case StatementKind::kDelete: return Presence::kMayBeGone;
    case StatementKind::kSelect: break;
  }
  return Presence::kAny;
}

void write_touched(std::string& to, const Update& update, const Map& item, Arena& arena) {
  Projection::of_paths(update.paths(), arena).write_json(item, to);
}

}  // namespace

bool read_statement_member(JsonReader& reader, std::string_view name, StatementRequest& to) {
  if (name == "Statement") {
    std::string_view text;
    if (!reader.skip_null() && reader.read_string(text)) to.text = text;
  } else if (name == "Parameters") {
    if (reader.skip_null() || !reader.begin_array()) return true;
    ValueWriter writer(to.values);
    while (reader.next_element()) {
      to.value_at.push_back(to.values.size());
      reader.read_value(writer);
    }
    to.value_fault = reader.value_fault();
  } else if (name == "ConsistentRead") {
    if (!reader.skip_null()) reader.read_bool(to.consistent);
  } else if (name == "ReturnValuesOnConditionCheckFailure") {
    if (!reader.skip_null()) reader.read_string(to.return_on_failure);
  } else {
    return false;
  }
  return true;
}

void read_statement(JsonReader& reader, StatementRequest& to) {
  if (!reader.begin_object()) return;
  while (const auto name = reader.next_name())
    if (!read_statement_member(reader, *name, to)) reader.skip();
}

Outcome<Statement> parse(const StatementRequest& request, Arena& arena) {
  if (!request.text)
    return validation("1 validation error detected: Value null at 'statement' failed to satisfy constraint: Member must not be null");
  if (request.text->size() > kMaxStatementSize) {
    return validation("1 validation error detected: Value at 'statement' failed to satisfy constraint: "
                      "Member must have length less than or equal to " + std::to_string(kMaxStatementSize));
  }
  if (request.value_fault) return *request.value_fault;
  std::vector<Value> parameters;
  for (const std::size_t at : request.value_at) parameters.push_back(Value::at(request.values.data() + at));
  return parse_statement(*request.text, parameters, arena);
}

Outcome<std::unique_ptr<TransactionAction>> action_of(Run& run, const StatementRequest& request, const Statement& statement) {
  auto action = std::make_unique<TransactionAction>();
  const auto table = run.table(statement.table);
  if (!table) return table.error();
  action->kind = kind_of(statement.kind);
  action->table = *table;
  action->presence = presence_of(statement);
  action->condition = statement.where;
  action->update = statement.update;
  action->projection = statement.projection;
  ItemRequest& item = action->request;
  item.return_on_failure = request.return_on_failure;
  if (!statement.index.empty()) return validation("An index cannot be used where a single item is meant");
  if (action->kind == ActionKind::kPut) {
    ValueWriter writer(item.item_bytes);
    ValueWriter::Open open = writer.begin_item();
    for (const Attribute& attribute : statement.item) {
      writer.name(open, attribute.name);
      writer.value(attribute.value);
    }
    writer.end_item(open);
    item.item = Map::item(item.item_bytes);
    item.encoded_item = item.item_bytes;
    const Outcome<void> keyed = append_item_key(action->buffers.row_key, **table, item.item, KeyForm::kItem);
    if (!keyed) return keyed.error();
    return action;
  }
  if (!write_pinned_key(**table, statement, item.key_bytes))
    return validation("Where clause does not contain a mandatory equality on all key attributes");
  item.key = Map::item(item.key_bytes);
  item.encoded_key = item.key_bytes;
  const Outcome<void> keyed = append_item_key(action->buffers.row_key, **table, item.key, KeyForm::kExact);
  if (!keyed) return keyed.error();
  return action;
}

std::vector<std::vector<KeyTerm>> query_terms(const KeySchema& schema, const Statement& statement) {
  std::vector<KeyTerm> terms;
  for (const KeyPart& part : schema.partition) {
    const KeyCandidate* const equal_to = find_candidate(statement, part.attribute, Comparison::kEqual);
    if (equal_to != nullptr && has_type(equal_to->values[0], part.type)) {
      terms.push_back({part.attribute, KeyComparison::kEqual, equal_to->values[0], Value()});
      continue;
    }
    const KeyCandidate* const one_of = find_candidate(statement, part.attribute, Comparison::kIn);
    if (one_of == nullptr || schema.partition.size() > 1) return {};
    std::vector<std::vector<KeyTerm>> sets;
    for (const Value value : one_of->values) {
      const bool repeated = std::ranges::any_of(sets, [&](const auto& set) { return equal(set[0].first, value); });
      if (repeated || !has_type(value, part.type)) continue;
      sets.push_back({{part.attribute, KeyComparison::kEqual, value, Value()}});
      append_sort_terms(schema, statement, sets.back());
    }
    return sets;
  }
  append_sort_terms(schema, statement, terms);
  return {terms};
}

bool write_returned(std::string& to, const Statement& statement, const TransactionAction& action, Arena& arena) {
  switch (statement.returning) {
    case Returning::kNone: return false;
    case Returning::kAllOld:
      if (action.before) write_json_item(to, *action.before);
      return action.before.has_value();
    case Returning::kAllNew:
      if (action.after) write_json_item(to, *action.after);
      return action.after.has_value();
    case Returning::kModifiedOld:
      if (action.before) write_touched(to, action.update, *action.before, arena);
      return action.before.has_value();
    case Returning::kModifiedNew:
      if (action.after) write_touched(to, action.update, *action.after, arena);
      return action.after.has_value();
  }
  return false;
}

}  // namespace gatehouse::dynamo
