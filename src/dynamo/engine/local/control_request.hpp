// Requests that change tables and the like: read into a tree and held against a shape, which says in the service's words what is
// of the wrong type (SerializationException) and which members break their constraints (all of them in one message, at most ten).
// These requests are rare: clarity counts. Pure functions; what is read lives in the run's arena.
#pragma once

#include "run.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

struct NamedNode;

struct Node {
  JsonReader::Kind kind = JsonReader::Kind::kNull;
  std::string_view text;  // of a string; the digits of a number
  bool boolean = false;
  std::vector<Node> elements;
  std::vector<NamedNode> members;

  // Null when it is absent or null.
  const Node* find(std::string_view name) const;
  // Of a member; empty, 0 or false when it is absent.
  std::string_view string(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t usual = 0) const;
  double decimal(std::string_view name, double usual = 0) const;
  bool flag(std::string_view name) const;
  std::span<const Node> list(std::string_view name) const;
};

struct NamedNode {
  std::string_view name;
  Node value;
};

struct Field;

struct Shape {
  enum class Type : unsigned char { kString, kLong, kInteger, kDouble, kBoolean, kList, kStruct, kAny };
  Type type = Type::kString;
  bool not_null = false;
  std::optional<std::int64_t> least = {}, most = {};  // of a number, or of the length of a string or list
  bool name_pattern = false;                // [a-zA-Z0-9_.-]+
  std::span<const std::string_view> values = {};
  std::span<const Field> fields = {};
  const Shape* element = nullptr;
  std::string_view structure = {};          // the service's name of a struct, for messages
};

struct Field {
  std::string_view name;
  Shape shape;
};

Outcome<Node> parse_json(std::string_view text, Arena& arena);  // an object
Outcome<Node> parse_request(Run& run);
// Types of everything that the shape names; what it does not name is ignored, as the service does.
Outcome<void> check_types(const Node& request, std::span<const Field> fields);
Outcome<void> check_constraints(const Node& request, std::span<const Field> fields);
// All of the above.
Outcome<Node> read_request(Run& run, std::span<const Field> fields);

// TableName: present, 3 to 255 characters, or an ARN.
Outcome<void> check_table_name(const Node& request);
// Of read_request, with a table name that is checked before other constraints.
Outcome<Node> read_table_request(Run& run, std::span<const Field> fields);

bool is_name(std::string_view text);  // [a-zA-Z0-9_.-]+

}  // namespace gatehouse::dynamo
