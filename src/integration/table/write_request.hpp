// The JSON of writes: PutItem and DeleteItem with the condition that makes them safe. Pure functions.
#pragma once

#include "item_edit.hpp"

#include "gatehouse/dynamo/wire/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::integration {

// Appends `,"ConditionExpression":…` with its names and values.
void append_absent_condition(std::string& to, std::string_view key_attribute);
void append_present_condition(std::string& to, std::string_view key_attribute);
// The item is still what it was. Every attribute is compared; on an engine of this process also that none came in addition
// (`whole`), which DynamoDB itself has no expression for.
enum class Whole : unsigned char { kYes, kNo };
void append_unchanged_condition(std::string& to, const dynamo::Map& old, Whole whole);
// The version attribute is still what it was, or still absent.
void append_version_condition(std::string& to, std::string_view attribute, dynamo::Value old);

void append_table(std::string& to, std::string_view table);                           // {"TableName":"…"
void append_item(std::string& to, const dynamo::Map& item);                           // ,"Item":{…}
void append_key(std::string& to, std::span<const ForcedField> key);                   // ,"Key":{…}

}  // namespace gatehouse::integration
