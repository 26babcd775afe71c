#include "shape.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <map>
#include <utility>

namespace gatehouse::dynamo {
namespace {

void keep_raw(JsonReader& reader, std::string& to) {
  std::string_view raw;
  if (reader.skip_null()) return;
  if (reader.read_raw(raw)) to = raw;
}

void keep_string(JsonReader& reader, std::string& to) {
  std::string_view text;
  if (reader.skip_null()) return;
  if (reader.read_string(text)) to = text;
}

// One object of strings.
std::map<std::string, std::string> read_strings(JsonReader& reader) {
  std::map<std::string, std::string> members;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::string_view text;
    if (reader.peek() != JsonReader::Kind::kString) {
      reader.skip();
    } else if (reader.read_string(text)) {
      members[std::string(*name)] = text;
    }
  }
  return members;
}

std::vector<std::map<std::string, std::string>> read_list(const std::string& json) {
  Arena arena;
  JsonReader reader(json, arena);
  std::vector<std::map<std::string, std::string>> list;
  for (reader.begin_array(); reader.next_element();) list.push_back(read_strings(reader));
  return list;
}

void read_indexes(JsonReader& reader, std::vector<IndexShape>& to) {
  if (reader.skip_null()) return;
  for (reader.begin_array(); reader.next_element();) {
    IndexShape& index = to.emplace_back();
    for (reader.begin_object(); const auto name = reader.next_name();) {
      if (*name == "IndexName") {
        keep_raw(reader, index.name);
      } else if (*name == "KeySchema") {
        keep_raw(reader, index.keys);
      } else if (*name == "Projection") {
        keep_raw(reader, index.projection);
      } else {
        reader.skip();
      }
    }
  }
}

std::string describe_keys(const TableShape& shape) {
  std::map<std::string, std::string> types;
  for (auto& attribute : read_list(shape.attributes)) types[attribute["AttributeName"]] = attribute["AttributeType"];
  std::string text;
  for (auto& key : read_list(shape.keys))
    text += (text.empty() ? "" : ", ") + key["KeyType"] + " " + key["AttributeName"] + " " + types[key["AttributeName"]];
  return text;
}

void read_table(JsonReader& reader, TableShape& shape) {
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::int64_t count = 0;
    if (*name == "TableName") {
      keep_string(reader, shape.name);
    } else if (*name == "TableStatus") {
      keep_string(reader, shape.status);
    } else if (*name == "AttributeDefinitions") {
      keep_raw(reader, shape.attributes);
    } else if (*name == "KeySchema") {
      keep_raw(reader, shape.keys);
    } else if (*name == "LocalSecondaryIndexes") {
      read_indexes(reader, shape.local);
    } else if (*name == "GlobalSecondaryIndexes") {
      read_indexes(reader, shape.global);
    } else if (*name == "StreamSpecification") {
      keep_raw(reader, shape.stream);
    } else if (*name == "ItemCount" && reader.peek() == JsonReader::Kind::kNumber) {
      if (reader.read_integer(count, "Long")) shape.items = static_cast<std::uint64_t>(count);
    } else {
      reader.skip();
    }
  }
}

void append_indexes(std::string& to, std::string_view member, const std::vector<IndexShape>& indexes) {
  if (indexes.empty()) return;
  to += ",\"" + std::string(member) + "\":[";
  for (const IndexShape& index : indexes) {
    if (to.back() != '[') to += ',';
    to += "{\"IndexName\":" + index.name + ",\"KeySchema\":" + index.keys + ",\"Projection\":" + index.projection + "}";
  }
  to += ']';
}

}  // namespace

std::optional<TableShape> parse_table_shape(std::string_view describe_table_answer) {
  if (!is_valid_utf8(describe_table_answer)) return std::nullopt;
  Arena arena;
  JsonReader reader(describe_table_answer, arena);
  TableShape shape;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "Table") {
      read_table(reader, shape);
    } else {
      reader.skip();
    }
  }
  if (reader.failed() || shape.name.empty() || shape.keys.empty() || shape.attributes.empty()) return std::nullopt;
  if (shape.stream.find("true") == std::string::npos) shape.stream.clear();
  shape.key_text = describe_keys(shape);
  return shape;
}

std::string named(std::string_view table) {
  std::string body = "{\"TableName\":";
  write_json_string(body, table);
  return body + "}";
}

std::string create_request(const TableShape& shape) {
  std::string body = named(shape.name);
  body.pop_back();
  body += ",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":" + shape.attributes + ",\"KeySchema\":" + shape.keys;
  append_indexes(body, "LocalSecondaryIndexes", shape.local);
  append_indexes(body, "GlobalSecondaryIndexes", shape.global);
  return body + "}";
}

std::string stream_request(const TableShape& shape) {
  std::string body = named(shape.name);
  body.pop_back();
  return body + ",\"StreamSpecification\":" + shape.stream + "}";
}

std::optional<std::string> expiry_request(std::string_view table, std::string_view describe_answer) {
  if (!is_valid_utf8(describe_answer)) return std::nullopt;
  Arena arena;
  JsonReader reader(describe_answer, arena);
  std::map<std::string, std::string> told;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name == "TimeToLiveDescription") {
      told = read_strings(reader);
    } else {
      reader.skip();
    }
  }
  const std::string status = told["TimeToLiveStatus"];
  if ((status != "ENABLED" && status != "ENABLING") || told["AttributeName"].empty()) return std::nullopt;
  std::string body = named(table);
  body.pop_back();
  body += ",\"TimeToLiveSpecification\":{\"Enabled\":true,\"AttributeName\":";
  write_json_string(body, told["AttributeName"]);
  return body + "}}";
}

}  // namespace gatehouse::dynamo
