// What the service answers about a table. Pure functions.
#pragma once

#include "json_text.hpp"
#include "table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

std::string table_arn(std::string_view region, std::string_view table);

// A whole TableDescription as the value of member `name`.
void write_table(JsonText& to, std::string_view name, const Table& table);

// Parts that other answers have too.
void write_key_schema(JsonText& to, const std::vector<KeyPart>& partition, const std::vector<KeyPart>& sort);
void write_key_schema(JsonText& to, const KeyPart& partition, const std::optional<KeyPart>& sort);
void write_projection(JsonText& to, const TableIndex& index);

std::string_view type_letter(KeyType type);
std::string_view stream_view_name(StreamView view);

}  // namespace gatehouse::dynamo
