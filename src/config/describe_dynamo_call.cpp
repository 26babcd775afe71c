// The full form of a route on a table: an operation, its request and the answer as JSON with variables.
#include "descriptions.hpp"
#include "scalars.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::config {
namespace {

using integration::DynamoCallSettings;
using integration::JsonNode;

// A number, true, false or null as JSON writes them.
bool is_json_literal(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > from;
  };
  const std::size_t first = at;
  if (!digits() || (text[first] == '0' && at > first + 1)) return false;
  if (at < text.size() && text[at] == '.' && (++at, !digits())) return false;
  return at == text.size();
}

// In typed values and names a number is a text.
bool is_text_member(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"S", "N", "B", "TableName", "IndexName"};
  return std::ranges::find(kNames, name) != kNames.end();
}

// A variable in one of these would be text that a client puts into an expression: it belongs into ExpressionAttributeNames or -Values.
bool is_expression_member(std::string_view name) { return name.ends_with("Expression") || name == "Statement"; }

bool has_variable(const JsonNode& node) {
  return node.kind == JsonNode::Kind::kDocument || (node.kind == JsonNode::Kind::kText && !node.text.is_literal());
}

// Any tree of the file, as JSON with variables in it.
struct JsonTree {
  using Value = JsonNode;
  JsonNode::Use use;

  std::string expected() const { return "JSON such as {TableName: notes, Key: {id: {S: $path.id}}}"; }
  std::string print(const JsonNode&) const { return {}; }

  bool read(const Cursor& at, JsonNode& node) const { return read_as(at, node, false); }

  bool read_as(const Cursor& at, JsonNode& node, bool text) const {
    switch (at.node().kind) {
      case Node::Kind::kNull: return true;
      case Node::Kind::kScalar: return read_scalar_node(at, node, text);
      case Node::Kind::kList: {
        node.kind = JsonNode::Kind::kArray;
        bool good = true;
        for (std::size_t i = 0; i < at.node().items.size(); ++i) good &= read(at.item(i), node.elements.emplace_back());
        return good;
      }
      case Node::Kind::kMap: {
        node.kind = JsonNode::Kind::kObject;
        at.check_duplicate_keys();
        bool good = true;
        for (const Node::Entry& entry : at.node().entries) {
          auto& [name, child] = node.members.emplace_back(integration::JsonMember{std::string(entry.key), {}});
          good &= read_as(at.child(entry), child, is_text_member(name));
          if (use != JsonNode::Use::kRequest || !is_expression_member(name) || !has_variable(child)) continue;
          at.child(entry).problem("an expression is not made of what clients send", "put the variable under ExpressionAttributeValues");
          good = false;
        }
        return good;
      }
    }
    return false;
  }

  bool read_scalar_node(const Cursor& at, JsonNode& node, bool text) const {
    const auto found = at.text(expected(), Dollars::kTemplate);
    if (!found) return false;
    if (!text && is_json_literal(*found)) {
      node.literal = *found;
      return true;
    }
    auto parsed = JsonNode::parse(*found, at.reader().path_variables, use);
    if (!parsed) {
      at.wrong(expected(), *found, {parsed.error().message(), ""});
      return false;
    }
    node = std::move(*parsed);
    return true;
  }

  Shape shape(Model&) const { return {Shape::Kind::kAny, "", 0, 0, {}, {}}; }
};

bool parse_operation(std::string_view text, dynamo::Operation& value, Complaint& complaint) {
  if (const auto found = dynamo::find_operation(text)) {
    value = *found;
    return true;
  }
  std::vector<std::string_view> names;
  for (int i = 0; i < static_cast<int>(dynamo::Operation::kCount); ++i) names.push_back(dynamo::operation_name(static_cast<dynamo::Operation>(i)));
  complaint.fix = did_you_mean(text, names);
  return false;
}
std::string print_operation(const dynamo::Operation&) { return {}; }
constexpr Text<dynamo::Operation> kOperation{"operation", "an operation of DynamoDB such as UpdateItem", "^[A-Z][A-Za-z]+$",
                                             {"UpdateItem", "Query"}, parse_operation, print_operation};

void describe_answer(Fields& f, DynamoCallSettings& s) {
  f.field("status", s.status, Integer<int>{200, 299}, "The status code of an answer from the table.");
  f.field("body", s.answer, JsonTree{JsonNode::Use::kAnswer},
          "JSON in which $result is the table's answer as plain JSON: $result.Attributes.count, $result.Items. Default: all of it. What "
          "is not there is a 404.");
}
constexpr Object<DynamoCallSettings> kAnswer{"dynamodb_response", "What the client gets.", "{body: {count: $result.Attributes.count}}",
                                             describe_answer};

}  // namespace

void describe_dynamo_call(Fields& f, DynamoCallSettings& s) {
  f.field("action", s.operation, kOperation, "The operation to call. Without it the route speaks DynamoDB's protocol.");
  f.field("request", s.request, JsonTree{JsonNode::Use::kRequest},
          "Its request as DynamoDB has it, with $path, $query, $header, $context, $body (plain JSON) and $item (the body as attribute "
          "values). Values are put in as JSON values, never as text.");
  f.field("response", s, kAnswer, "What the client gets. Default: the answer as plain JSON.");
}

}  // namespace gatehouse::config
