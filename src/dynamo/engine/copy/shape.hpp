// What a table is, as DescribeTable tells it, and the requests that make another like it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// Texts are JSON, as they stood in the answer.
struct IndexShape {
  std::string name, keys, projection;
};

struct TableShape {
  std::string name;        // plain
  std::string status;      // plain: "ACTIVE"
  std::string attributes;  // AttributeDefinitions
  std::string keys;        // KeySchema
  std::vector<IndexShape> local, global;
  std::string stream;      // StreamSpecification; empty: none
  std::string key_text;    // "HASH pk S, RANGE sk N", to compare and to show
  std::uint64_t items = 0;
};

std::optional<TableShape> parse_table_shape(std::string_view describe_table_answer);

std::string named(std::string_view table);               // {"TableName":"…"}
std::string create_request(const TableShape& shape);     // on demand, without its stream
std::string stream_request(const TableShape& shape);     // REQUIRES: a stream
// UpdateTimeToLive, from the answer of DescribeTimeToLive; nullopt where it is off.
std::optional<std::string> expiry_request(std::string_view table, std::string_view describe_answer);

}  // namespace gatehouse::dynamo
