// What can be set about routes that tables serve: as resources, or by an operation of DynamoDB. Plain values.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::integration {

// An attribute whose value the route decides, never the client.
struct TableField {
  std::string attribute;
  pipeline::ValueTemplate value;
  bool operator==(const TableField&) const = default;
};

// A part of the route's key: of the request, or a field of the message that the client sent.
struct TableKeyField {
  std::string attribute;
  pipeline::ValueTemplate value;       // of a field that is absent: what stands for it
  std::vector<std::string> body = {};  // the way to the field in the body: {"item", "id"}; empty: no field
  bool operator==(const TableKeyField&) const = default;
};

// A bound on the sort key of a query: `key: {owner: …, created: {ge: $query.from, lt: $query.to}}`. One whose template comes out
// empty does not bound.
struct TableBound {
  enum class Kind : unsigned char { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kPrefix } kind;
  pipeline::ValueTemplate value;
  bool operator==(const TableBound&) const = default;
};

// kByMethod, where the route has the whole key: GET reads, PUT replaces, PATCH merges, DELETE deletes, POST creates; where it has
// not: GET queries.
enum class TableAction : unsigned char { kByMethod, kGet, kPut, kPatch, kDelete, kCreate, kQuery, kScan, kBatchGet, kBatchWrite, kTransact };

struct TableRouteSettings {
  std::string store;
  std::string table;
  std::string index;                        // empty: the table itself
  dynamo::KeyPart partition;                // of the table
  std::vector<dynamo::KeyPart> sort;        // of the table; none or one
  std::vector<dynamo::KeyPart> index_key;   // of the index, partition first
  TableAction action = TableAction::kByMethod;
  bool creates = false;                     // the route is for POST alone: POST makes a new item
  std::vector<TableKeyField> key;           // of the partition, and of the sort key where it is pinned
  std::vector<TableBound> bounds;           // of the sort key
  std::string bounded;                      // the attribute that they bound
  bool descending = false;
  pipeline::ValueTemplate limit;            // a number from 1 to kMaxLimit
  std::vector<TableField> set;              // at every write
  std::vector<TableField> set_new;          // when an item is created; kept afterwards
  std::vector<std::string> read_only;       // further fields that the client may not send
  std::vector<std::string> hidden;          // never answered
  std::vector<std::string> filter;          // attributes that may be filtered by: ?status=open&price.ge=3
  bool fields = false;                      // ?fields=a,b chooses what is answered
  std::string version;                      // attribute counted up at each write: then the ETag is its value
  bool consistent = true;
  std::string schema;                       // JSON Schema, the text of it; empty: items are not validated
  bool operator==(const TableRouteSettings&) const = default;

  static constexpr std::uint64_t kDefaultLimit = 20;
  static constexpr std::uint64_t kMaxLimit = 1000;
};

// JSON with variables, compiled when the configuration is loaded.
struct JsonMember;

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
  std::vector<JsonMember> members;
  std::vector<JsonNode> elements;
  bool operator==(const JsonNode&) const = default;

  // A string of the configuration: "$body.title", "$item", "$result.Items|[]", "$path.id", "plain text". `$result` only where `answers`.
  enum class Use : unsigned char { kRequest, kAnswer };
  static Result<JsonNode> parse(std::string_view text, const std::vector<std::string>& path_variables, Use use);
};

struct JsonMember {
  std::string name;
  JsonNode value;
  bool operator==(const JsonMember&) const = default;
};

struct DynamoCallSettings {
  std::string store;
  dynamo::Operation operation = dynamo::Operation::kGetItem;
  JsonNode request;
  int status = 200;
  std::optional<JsonNode> answer;  // none: the store's answer as plain JSON
  bool operator==(const DynamoCallSettings&) const = default;
};

}  // namespace gatehouse::integration
