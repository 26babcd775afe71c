#include "leading_keys.hpp"

#include "gatehouse/dynamo/expr/bindings.hpp"
#include "gatehouse/dynamo/expr/key_condition.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "patterns.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

// [{"AttributeName": …, "KeyType": "HASH"}, …]
std::vector<std::string> read_partition_attributes(JsonReader& reader) {
  std::vector<std::string> attributes;
  for (reader.begin_array(); reader.next_element();) {
    std::string_view attribute;
    std::string_view type;
    for (reader.begin_object(); const auto name = reader.next_name();) {
      if (*name == "AttributeName") {
        reader.read_string(attribute);
      } else if (*name == "KeyType") {
        reader.read_string(type);
      } else {
        reader.skip();
      }
    }
    if (type == "HASH") attributes.emplace_back(attribute);
  }
  return attributes;
}

void read_indexes(JsonReader& reader, KeySchema& schema) {
  for (reader.begin_array(); reader.next_element();) {
    auto& [index, attributes] = schema.indexes.emplace_back();
    for (reader.begin_object(); const auto name = reader.next_name();) {
      if (*name == "IndexName") {
        std::string_view text;
        reader.read_string(text);
        index = text;
      } else if (*name == "KeySchema") {
        attributes = read_partition_attributes(reader);
      } else {
        reader.skip();
      }
    }
  }
}

// The text of {"S": "…"}, {"N": "…"} or {"B": "…"}; nothing of any other value.
std::optional<std::string_view> read_key_text(JsonReader& reader) {
  std::string_view text;
  unsigned types = 0;
  bool scalar = false;
  for (reader.begin_object(); const auto type = reader.next_name();) {
    ++types;
    scalar = *type == "S" || *type == "N" || *type == "B";
    if (scalar) {
      reader.read_string(text);
    } else {
      reader.skip();
    }
  }
  if (reader.failed() || types != 1 || !scalar) return std::nullopt;
  return text;
}

std::optional<std::string_view> find_key_text(std::string_view object, std::string_view attribute, Arena& arena) {
  if (object.empty()) return std::nullopt;
  JsonReader reader(object, arena);
  std::optional<std::string_view> found;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == attribute) {
      found = read_key_text(reader);
    } else {
      reader.skip();
    }
  }
  if (reader.failed()) return std::nullopt;
  return found;
}

struct QueryParts {
  std::string_view expression;
  std::string_view conditions;  // legacy KeyConditions, as JSON
  Bindings bindings;
};

std::optional<QueryParts> read_query(std::string_view body, Arena& arena) {
  JsonReader reader(body, arena);
  QueryParts parts;
  std::string encoded;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (reader.skip_null()) continue;
    if (*name == "KeyConditionExpression") {
      reader.read_string(parts.expression);
    } else if (*name == "KeyConditions") {
      reader.read_raw(parts.conditions);
    } else if (*name == "ExpressionAttributeNames") {
      for (reader.begin_object(); const auto placeholder = reader.next_name();) {
        std::string_view attribute;
        if (reader.read_string(attribute)) parts.bindings.add_name(*placeholder, attribute);
      }
    } else if (*name == "ExpressionAttributeValues") {
      ValueWriter writer(encoded);
      reader.read_map(writer);
    } else {
      reader.skip();
    }
  }
  if (reader.fault()) return std::nullopt;
  if (!encoded.empty()) parts.bindings.set_values(Value::at(arena.copy(encoded).data()).map());
  return parts;
}

// {"owner": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "…"}]}}
std::optional<std::string_view> find_legacy_text(std::string_view conditions, std::string_view attribute, Arena& arena) {
  JsonReader reader(conditions, arena);
  std::optional<std::string_view> found;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name != attribute) {
      reader.skip();
      continue;
    }
    std::string_view comparison;
    unsigned values = 0;
    for (reader.begin_object(); const auto member = reader.next_name();) {
      if (*member == "ComparisonOperator") {
        reader.read_string(comparison);
      } else if (*member == "AttributeValueList") {
        for (reader.begin_array(); reader.next_element(); ++values) found = read_key_text(reader);
      } else {
        reader.skip();
      }
    }
    if (comparison != "EQ" || values != 1) return std::nullopt;
  }
  if (reader.failed()) return std::nullopt;
  return found;
}

std::optional<std::string_view> find_queried_text(std::string_view body, std::string_view partition, Arena& arena) {
  auto parts = read_query(body, arena);
  if (!parts || parts->expression.empty() == parts->conditions.empty()) return std::nullopt;
  if (!parts->conditions.empty()) return find_legacy_text(parts->conditions, partition, arena);
  const auto condition = KeyCondition::parse(parts->expression, parts->bindings, arena);
  if (!condition) return std::nullopt;
  std::optional<std::string_view> found;
  for (const KeyTerm& term : condition->terms) {
    if (term.attribute != partition) continue;
    if (found || term.comparison != KeyComparison::kEqual || term.first.type() > Type::kBinary) return std::nullopt;
    if (term.first.type() == Type::kBinary) {
      found = arena.copy(base64(term.first.text()));
    } else {
      found = arena.copy(term.first.text());
    }
  }
  return found;
}

// An index keeps items of several partitions together unless the table's partition key is part of its own.
bool index_keeps_partitions(const Touch& touch, const KeySchema& schema) {
  if (touch.index.empty()) return true;
  const auto index = std::ranges::find(schema.indexes, touch.index, [](const auto& entry) { return std::string_view(entry.first); });
  return index != schema.indexes.end() && std::ranges::find(index->second, schema.partition) != index->second.end();
}

}  // namespace

std::optional<KeySchema> read_key_schema(std::string_view description, Arena& arena) {
  KeySchema schema;
  JsonReader reader(description, arena);
  for (reader.begin_object(); const auto outer = reader.next_name();) {
    if (*outer != "Table") {
      reader.skip();
      continue;
    }
    for (reader.begin_object(); const auto name = reader.next_name();) {
      if (*name == "KeySchema") {
        const auto attributes = read_partition_attributes(reader);
        if (attributes.size() == 1) schema.partition = attributes.front();
      } else if (*name == "GlobalSecondaryIndexes" || *name == "LocalSecondaryIndexes") {
        read_indexes(reader, schema);
      } else {
        reader.skip();
      }
    }
  }
  if (reader.failed() || schema.partition.empty()) return std::nullopt;
  return schema;
}

bool stays_within(const Touch& touch, const KeySchema& schema, const std::vector<std::string>& patterns, Arena& arena) {
  std::optional<std::string_view> partition;
  switch (touch.items) {
    case Touch::Items::kNone: return true;
    case Touch::Items::kUnknown: return false;
    case Touch::Items::kObject: partition = find_key_text(touch.json, schema.partition, arena); break;
    case Touch::Items::kQuery:
      if (index_keeps_partitions(touch, schema)) partition = find_queried_text(touch.json, schema.partition, arena);
      break;
  }
  return partition && matches_any(patterns, *partition);
}

net::Task<const Touch*> find_foreign_touch(const AccessKey& key, const std::vector<Touch>& touches, Engine& engine, const Call& call,
                                           std::string& scratch, Arena& arena) {
  std::optional<KeySchema> schema;
  std::string_view described;
  for (const Touch& touch : touches) {
    if (touch.items == Touch::Items::kNone) continue;
    if (touch.items == Touch::Items::kUnknown) co_return &touch;
    if (!schema || described != touch.table) {
      scratch.clear();
      std::string request = R"({"TableName":)";
      write_json_string(request, touch.table);
      request += '}';
      Call describe{Operation::kDescribeTable, request, call.worker, call.waiter, call.deadline, 200, scratch};
      co_await engine.execute(describe);
      schema = describe.status == 200 ? read_key_schema(arena.copy(scratch), arena) : std::nullopt;
      described = touch.table;
      if (!schema) co_return &touch;
    }
    if (!stays_within(touch, *schema, key.settings.leading_keys, arena)) co_return &touch;
  }
  co_return nullptr;
}

}  // namespace gatehouse::dynamo
