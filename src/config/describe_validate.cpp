// validate: what requests of a route must bring.
#include "descriptions.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/json/schema.hpp"
#include "web_texts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace gatehouse::config {
namespace {

using middleware::ValidateSettings;
using Json = nlohmann::json;

constexpr std::size_t kMaxSchemaFile = 1024 * 1024;

// A scalar without quotes is a number, true, false or null where JSON has it so.
Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: return nullptr;
    case Node::Kind::kScalar: {
      if (node.quoted || !Json::accept(node.text)) return node.text;
      return Json::parse(node.text);
    }
    case Node::Kind::kList: {
      Json list = Json::array();
      for (const Node* item : node.items) list.push_back(to_json(*item));
      return list;
    }
    case Node::Kind::kMap: break;
  }
  Json object = Json::object();
  for (const Node::Entry& entry : node.entries) object[std::string(entry.key)] = to_json(*entry.value);
  return object;
}

// The path of a JSON Schema's file, or the schema itself. One schema for all routes that name the same file.
struct SchemaText {
  using Value = ValidateSettings;
  std::string expected() const { return "the path of a file with a JSON Schema, or the schema as a map"; }
  std::string print(const ValidateSettings&) const { return {}; }

  bool read(const Cursor& at, ValidateSettings& value) const {
    if (at.node().kind == Node::Kind::kMap) {
      value.schema_name = "inline";
      value.schema_text = to_json(at.node()).dump();
    } else {
      std::string path;
      if (!kFilePath.read(at, path)) return false;
      auto text = read_file(path, kMaxSchemaFile);
      if (const auto* complaint = std::get_if<Complaint>(&text)) {
        at.problem(*complaint);
        return false;
      }
      value.schema_name = at.node().text;
      value.schema_text = std::move(std::get<std::string>(text));
      if (value.schema_text.size() > kMaxSchemaFile) {
        at.problem("the schema in " + in_quotes(value.schema_name) + " is larger than 1 MB");
        return false;
      }
    }
    auto& known = at.reader().schemas[value.schema_text];
    if (!known) {
      const auto schema = json::Schema::parse(value.schema_text);
      if (!schema) {
        const std::string place = value.schema_name == "inline" ? std::string() : " in " + in_quotes(value.schema_name);
        at.problem("the schema" + place + " cannot be used: " + schema.error().message());
        return false;
      }
      known = *schema;
    }
    value.schema = known;
    return true;
  }

  Shape shape(Model& model) const {
    return {Shape::Kind::kEither, "", 0, 0, {}, {kFilePath.shape(model), Shape{Shape::Kind::kAny, "", 0, 0, {}, {}}}};
  }
};

bool parse_media_type(std::string_view text, std::string& value, Complaint& complaint) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size() || text.find_first_of(" ,\t") != std::string_view::npos)
    return false;
  if (text.find(';') != std::string_view::npos) {
    complaint.fix = "leave parameters such as charset out: they are not looked at";
    return false;
  }
  value = to_lower(text);
  return true;
}
const Text<std::string> kMediaType{"media_type", "a media type such as application/json or image/*", "^[^/ ;,]+/[^/ ;,]+$",
                                   {"application/json", "image/*"}, parse_media_type, print_text};

void describe_validate(Fields& f, ValidateSettings& s) {
  f.field("headers", s.headers, maybe_empty_list_of(kFieldName, "[x-request-source]"), "Headers that must be there and not be blank: else 400.");
  f.field("query", s.query, maybe_empty_list_of(kQueryName, "[page]"), "Query parameters that must be there and not be blank: else 400.");
  f.field("content_types", s.content_types, maybe_empty_list_of(kMediaType, "[application/json]"),
          "What a body may be: else 415. A body without Content-Type counts as application/json. Default: anything.");
  f.field("body", s, SchemaText{}, "A JSON Schema (draft 4, 6 or 7) that the body must match: else 400. The body is read whole first.");
  f.field("limit", s.body_limit, Ranged<std::uint64_t>{kAnySize, 1, 64 * 1024 * 1024},
          "The largest body that is looked at: beyond it 413. `limits` holds besides.");
  f.field("passthrough", s.passthrough, kBoolean,
          "Let bodies pass that are no JSON, as Amazon does, instead of answering 415. They are not looked at.");
}

}  // namespace

void describe_model(Fields& f, std::optional<ValidateSettings>& s) {
  ValidateSettings model;
  f.field("model", model, SchemaText{}, "A JSON Schema (draft 4, 6 or 7) that messages must match, or they go nowhere: \"Bad request body\".");
  if (f.given("model")) s = std::move(model);
}

constexpr Object<ValidateSettings> kValidate{"validate", "What a request must bring to be let on.",
                                             "{body: schemas/order.json, headers: [x-request-source]}", describe_validate};

}  // namespace gatehouse::config
