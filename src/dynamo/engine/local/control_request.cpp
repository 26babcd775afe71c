#include "control_request.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gatehouse::dynamo {
namespace {

using Kind = JsonReader::Kind;
constexpr std::size_t kMaxMessages = 10;
constexpr std::string_view kNamePattern = "[a-zA-Z0-9_.-]+";

bool read_node(JsonReader& from, Node& to) {
  to.kind = from.peek();
  switch (to.kind) {
    case Kind::kString: return from.read_string(to.text);
    case Kind::kNumber: return from.read_raw(to.text);
    case Kind::kBool: return from.read_bool(to.boolean);
    case Kind::kNull: return from.skip_null();
    case Kind::kArray:
      if (!from.begin_array()) return false;
      while (from.next_element())
        if (!read_node(from, to.elements.emplace_back())) return false;
      return !from.failed();
    case Kind::kObject:
      if (!from.begin_object()) return false;
      while (const auto name = from.next_name())
        if (!read_node(from, to.members.emplace_back(NamedNode{*name, {}}).value)) return false;
      return !from.failed();
    case Kind::kEnd: return from.skip();
  }
  return false;
}

Fault serialization(std::string message) { return {FaultType::kSerialization, std::move(message)}; }

bool is_number_type(Shape::Type type) {
  return type == Shape::Type::kLong || type == Shape::Type::kInteger || type == Shape::Type::kDouble;
}

std::string_view type_word(Shape::Type type) {
  switch (type) {
    case Shape::Type::kLong: return "Long";
    case Shape::Type::kInteger: return "Integer";
    case Shape::Type::kDouble: return "Double";
    case Shape::Type::kBoolean: return "Boolean";
    default: return "String";
  }
}

std::string_view number_word(const Node& node) {
  return node.text.find_first_of(".eE") == std::string_view::npos ? "NUMBER_VALUE" : "DECIMAL_VALUE";
}

Outcome<void> check_scalar(const Node& node, const Shape& shape) {
  const std::string to = " cannot be converted to " + std::string(type_word(shape.type));
  switch (node.kind) {
    case Kind::kArray:
      return serialization("Unrecognized collection type class java.lang." + std::string(type_word(shape.type)));
    case Kind::kObject: return serialization("Start of structure or map found where not expected");
    case Kind::kBool:
      if (shape.type == Shape::Type::kBoolean) return {};
      return serialization((node.boolean ? "TRUE_VALUE" : "FALSE_VALUE") + to);
    case Kind::kNumber:
      if (is_number_type(shape.type)) return {};
      return serialization(std::string(number_word(node)) + to);
    default:
      if (shape.type == Shape::Type::kString) return {};
      if (shape.type == Shape::Type::kBoolean) return serialization("Unexpected token received from parser");
      return serialization("STRING_VALUE" + to);
  }
}

Outcome<void> check_type(const Node& node, const Shape& shape, bool element) {
  if (node.kind == Kind::kNull || shape.type == Shape::Type::kAny) return {};
  if (shape.type == Shape::Type::kStruct) {
    if (node.kind == Kind::kArray)
      return serialization("Unrecognized collection type class com.amazonaws.dynamodb.v20120810." + std::string(shape.structure));
    if (node.kind != Kind::kObject) return serialization(element ? "Unexpected value type in payload" : "Unexpected field type");
    return check_types(node, shape.fields);
  }
  if (shape.type == Shape::Type::kList) {
    if (node.kind == Kind::kObject) return serialization("Start of structure or map found where not expected");
    if (node.kind != Kind::kArray) return serialization("Unexpected field type");
    for (const Node& each : node.elements)
      if (Outcome<void> checked = check_type(each, *shape.element, true); !checked) return checked;
    return {};
  }
  return check_scalar(node, shape);
}

// A value as the service prints it in a message.
std::string printed(const Node* node) {
  if (node == nullptr || node->kind == Kind::kNull) return "null";
  if (node->kind == Kind::kBool) return node->boolean ? "true" : "false";
  if (node->kind == Kind::kArray) {
    std::string text = "[";
    for (const Node& each : node->elements) text.append(text.size() > 1 ? ", " : "").append(printed(&each));
    return text + "]";
  }
  if (node->kind == Kind::kObject) {
    std::string text = "{";
    for (const auto& [name, value] : node->members)
      text.append(text.size() > 1 ? ", " : "").append(name).append("=").append(printed(&value));
    return text + "}";
  }
  return std::string(node->text);
}

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

// Collects what is wrong, in the order of the shape.
class Checker {
 public:
  void check(const Node& node, std::span<const Field> fields, const std::string& parent) {
    for (const Field& field : fields) check(node.find(field.name), field.shape, parent, field.name);
  }
  std::vector<std::string> problems;

 private:
  void report(const Node* node, const std::string& path, std::string constraint) {
    if (problems.size() >= kMaxMessages) return;
    std::string value = printed(node);
    if (value != "null") value = "'" + value + "'";
    problems.push_back("Value " + value + " at '" + path + "' failed to satisfy constraint: Member must " + std::move(constraint));
  }

  void check(const Node* node, const Shape& shape, const std::string& parent, std::string_view name) {
    const std::string path = (parent.empty() ? "" : parent + ".") + lower_first(name);
    if (node == nullptr || node->kind == Kind::kNull) {
      if (shape.not_null) report(node, path, "not be null");
      return;
    }
    if (shape.name_pattern && !is_name(node->text))
      report(node, path, "satisfy regular expression pattern: " + std::string(kNamePattern));
    check_bounds(*node, shape, path);
    if (!shape.values.empty() && std::find(shape.values.begin(), shape.values.end(), node->text) == shape.values.end()) {
      std::string set;
      for (const std::string_view value : shape.values) set.append(set.empty() ? "" : ", ").append(value);
      report(node, path, "satisfy enum value set: [" + set + "]");
    }
    if (shape.type == Shape::Type::kStruct) check(*node, shape.fields, path);
    if (shape.type == Shape::Type::kList)
      for (std::size_t i = 0; i < node->elements.size(); ++i)
        check(&node->elements[i], *shape.element, path + "." + std::to_string(i + 1), "member");
  }

  void check_bounds(const Node& node, const Shape& shape, const std::string& path) {
    std::string_view what = "value";
    double size = 0;
    if (is_number_type(shape.type)) {
      std::from_chars(node.text.data(), node.text.data() + node.text.size(), size);
    } else {
      what = "length";
      size = static_cast<double>(shape.type == Shape::Type::kList ? node.elements.size() : node.text.size());
    }
    if (shape.least && size < static_cast<double>(*shape.least))
      report(&node, path, "have " + std::string(what) + " greater than or equal to " + std::to_string(*shape.least));
    if (shape.most && size > static_cast<double>(*shape.most))
      report(&node, path, "have " + std::string(what) + " less than or equal to " + std::to_string(*shape.most));
  }
};

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

const Node* Node::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return value.kind == Kind::kNull ? nullptr : &value;
  return nullptr;
}

std::string_view Node::string(std::string_view name) const {
  const Node* node = find(name);
  return node != nullptr ? node->text : std::string_view();
}

double Node::decimal(std::string_view name, double usual) const {
  const Node* node = find(name);
  if (node == nullptr) return usual;
  double value = usual;
  std::from_chars(node->text.data(), node->text.data() + node->text.size(), value);
  return value;
}

std::int64_t Node::integer(std::string_view name, std::int64_t usual) const {
  const Node* node = find(name);
  if (node == nullptr) return usual;
  std::int64_t value = usual;
  const char* end = node->text.data() + node->text.size();
  const auto [stopped, problem] = std::from_chars(node->text.data(), end, value);
  if (problem == std::errc() && stopped == end) return value;
  // The service takes decimals where it expects an integer, and cuts them.
  constexpr double kMost = 9.2e18;
  return static_cast<std::int64_t>(std::clamp(std::floor(decimal(name)), -kMost, kMost));
}

bool Node::flag(std::string_view name) const {
  const Node* node = find(name);
  return node != nullptr && node->boolean;
}

std::span<const Node> Node::list(std::string_view name) const {
  const Node* node = find(name);
  return node != nullptr ? std::span<const Node>(node->elements) : std::span<const Node>();
}

Outcome<Node> parse_request(Run& run) { return parse_json(run.body, run.arena); }

Outcome<Node> parse_json(std::string_view text, Arena& arena) {
  JsonReader reader(text, arena);
  Node node;
  if (reader.peek() != Kind::kObject) {
    reader.begin_object();  // says what stands there instead
  } else if (read_node(reader, node)) {
    reader.finish();
  }
  if (auto fault = reader.fault()) return *fault;
  return node;
}

Outcome<void> check_types(const Node& request, std::span<const Field> fields) {
  for (const Field& field : fields)
    if (const Node* node = request.find(field.name))
      if (Outcome<void> checked = check_type(*node, field.shape, false); !checked) return checked;
  return {};
}

Outcome<void> check_constraints(const Node& request, std::span<const Field> fields) {
  Checker checker;
  checker.check(request, fields, {});
  if (checker.problems.empty()) return {};
  std::string message = std::to_string(checker.problems.size()) +
                        (checker.problems.size() > 1 ? " validation errors detected: " : " validation error detected: ");
  for (std::size_t i = 0; i < checker.problems.size(); ++i) message.append(i == 0 ? "" : "; ").append(checker.problems[i]);
  return validation(std::move(message));
}

Outcome<Node> read_request(Run& run, std::span<const Field> fields) {
  Outcome<Node> node = parse_request(run);
  if (!node) return node;
  if (Outcome<void> checked = check_types(*node, fields); !checked) return checked.error();
  if (Outcome<void> checked = check_constraints(*node, fields); !checked) return checked.error();
  return node;
}

Outcome<void> check_table_name(const Node& request) {
  const Node* name = request.find("TableName");
  if (name == nullptr) return validation("The parameter 'TableName' is required but was not present in the request");
  if (name->text.starts_with("arn:")) {
    const std::size_t at = name->text.find(":table/");
    if (at != std::string_view::npos && is_name(name->text.substr(at + 7)) && name->text.size() - at - 7 >= 3) return {};
    return validation("Invalid table ARN: " + std::string(name->text));
  }
  if (name->text.size() < 3 || name->text.size() > 255)
    return validation("TableName must be at least 3 characters long and at most 255 characters long");
  return {};
}

Outcome<Node> read_table_request(Run& run, std::span<const Field> fields) {
  Outcome<Node> node = parse_request(run);
  if (!node) return node;
  static constexpr Field kName[] = {{"TableName", {.type = Shape::Type::kString}}};
  if (Outcome<void> checked = check_types(*node, kName); !checked) return checked.error();
  if (Outcome<void> checked = check_types(*node, fields); !checked) return checked.error();
  if (Outcome<void> checked = check_table_name(*node); !checked) return checked.error();
  static constexpr Field kPattern[] = {{"TableName", {.type = Shape::Type::kString, .name_pattern = true}}};
  if (!node->string("TableName").starts_with("arn:"))
    if (Outcome<void> checked = check_constraints(*node, kPattern); !checked) return checked.error();
  if (Outcome<void> checked = check_constraints(*node, fields); !checked) return checked.error();
  return node;
}

}  // namespace gatehouse::dynamo
