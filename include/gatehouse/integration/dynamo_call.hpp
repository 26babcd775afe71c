// The full form of a route on a table: any operation of DynamoDB, with its request and the route's answer as JSON that has
// variables in it. Values are inserted as JSON values, never as text: no value can change what is asked.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::integration {

// JSON with variables, compiled when the configuration is loaded.
struct JsonNode {
  enum class Kind : unsigned char {
    kLiteral,   // JSON as it stands
    kText,      // text with $path, $query, $header, $context, …: a JSON string
    kDocument,  // a value out of a document
    kObject,
    kArray,
  };
  // $body: what the client sent. $item: the same as attribute values. $result: the store's answer, as plain JSON.
  enum class Document : unsigned char { kBody, kItem, kResult };

  Kind kind = Kind::kLiteral;
  std::string literal = "null";
  pipeline::ValueTemplate text;
  Document document = Document::kBody;
  std::vector<std::string> path;           // into the document; empty: all of it
  std::optional<std::string> fallback;     // for what is absent; none: that is an error of the client
  std::vector<std::pair<std::string, JsonNode>> members;
  std::vector<JsonNode> elements;
  bool operator==(const JsonNode&) const = default;

  // A string of the configuration: "$body.title", "$item", "$result.Items|[]", "$path.id", "plain text". `$result` only where `answers`.
  enum class Use : unsigned char { kRequest, kAnswer };
  static Result<JsonNode> parse(std::string_view text, const std::vector<std::string>& path_variables, Use use);
};

struct DynamoCallSettings {
  std::string store;
  dynamo::Operation operation = dynamo::Operation::kGetItem;
  JsonNode request;
  int status = 200;
  std::optional<JsonNode> answer;  // none: the store's answer as plain JSON
  bool operator==(const DynamoCallSettings&) const = default;
};

std::shared_ptr<const pipeline::Integration> make_dynamo_call(DynamoCallSettings settings, std::shared_ptr<dynamo::Engine> engine);

}  // namespace gatehouse::integration
