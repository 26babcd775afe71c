#include "write_request.hpp"

#include "route_key.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

namespace gatehouse::integration {

using dynamo::Attribute;
using dynamo::Map;
using dynamo::Value;

namespace {

void append_name_condition(std::string& to, std::string_view function, std::string_view attribute) {
  to += R"(,"ConditionExpression":")";
  to += function;
  to += R"x((#k)","ExpressionAttributeNames":{"#k":)x";
  dynamo::write_json_string(to, attribute);
  to += '}';
}

}  // namespace

void append_absent_condition(std::string& to, std::string_view key_attribute) {
  append_name_condition(to, "attribute_not_exists", key_attribute);
}

void append_present_condition(std::string& to, std::string_view key_attribute) {
  append_name_condition(to, "attribute_exists", key_attribute);
}

void append_unchanged_condition(std::string& to, const Map& old, Whole whole) {
  if (whole == Whole::kYes) {
    to += R"x(,"ConditionExpression":"item_is(:old)","ExpressionAttributeValues":{":old":{"M":)x";
    dynamo::write_json_item(to, old);
    to += "}}";
    return;
  }
  std::string condition, names, values;
  unsigned number = 0;
  for (const Attribute& attribute : old) {
    const std::string id = std::to_string(number++);
    if (number > 1) condition += " AND ", names += ',', values += ',';
    condition += "#a" + id + "=:a" + id;
    names += "\"#a" + id + "\":";
    dynamo::write_json_string(names, attribute.name);
    values += "\":a" + id + "\":";
    dynamo::write_json_value(values, attribute.value);
  }
  to += R"(,"ConditionExpression":")" + condition + R"(","ExpressionAttributeNames":{)" + names +
        R"(},"ExpressionAttributeValues":{)" + values + '}';
}

void append_version_condition(std::string& to, std::string_view attribute, Value old) {
  if (!old) return append_absent_condition(to, attribute);
  to += R"(,"ConditionExpression":"#k=:v","ExpressionAttributeNames":{"#k":)";
  dynamo::write_json_string(to, attribute);
  to += R"(},"ExpressionAttributeValues":{":v":)";
  dynamo::write_json_value(to, old);
  to += '}';
}

void append_table(std::string& to, std::string_view table) {
  to += R"({"TableName":)";
  dynamo::write_json_string(to, table);
}

void append_item(std::string& to, const Map& item) {
  to += R"(,"Item":)";
  dynamo::write_json_item(to, item);
}

void append_key(std::string& to, std::span<const ForcedField> key) {
  to += R"(,"Key":)";
  write_key_json(to, key);
}

}  // namespace gatehouse::integration
