// The JSON Schema of the file, from the model.
#include "gatehouse/config/load.hpp"
#include "model.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::config {
namespace {

using Json = nlohmann::ordered_json;

// Any text may hold references to the environment, and any scalar may be one.
constexpr std::string_view kReference = "reference";

// An object, said explicitly: nlohmann takes a list of one pair for a copy of the pair.
Json object(std::initializer_list<std::pair<std::string, Json>> pairs) {
  Json out = Json::object();
  for (const auto& [key, value] : pairs) out[key] = value;
  return out;
}

// ${NAME} and $stage.name may stand anywhere.
constexpr std::string_view kReferenceText = "\\$(\\{|stage\\.|stageVariables\\.)";

Json definition(std::string_view name) { return object({{"$ref", "#/$defs/" + std::string(name)}}); }

Json any_of(const std::vector<Json>& alternatives) { return object({{"anyOf", alternatives}}); }

Json schema_of(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kText:
    case Shape::Kind::kObject: return definition(shape.name);
    case Shape::Kind::kInteger:
      return any_of({object({{"type", "integer"}, {"minimum", shape.minimum}, {"maximum", shape.maximum}}),
                     definition(kReference)});
    case Shape::Kind::kBoolean: return any_of({object({{"type", "boolean"}}), definition(kReference)});
    case Shape::Kind::kWords: return any_of({object({{"enum", shape.words}}), definition(kReference)});
    case Shape::Kind::kList: {
      Json list = object({{"type", "array"}, {"items", schema_of(shape.parts[0])}});
      if (shape.minimum > 0) list["minItems"] = shape.minimum;
      return list;
    }
    case Shape::Kind::kMap:
      return object({{"type", "object"},
                     {"propertyNames", schema_of(shape.parts[0])},
                     {"additionalProperties", schema_of(shape.parts[1])}});
    case Shape::Kind::kAny: return Json::object();
    case Shape::Kind::kEither: break;
  }
  std::vector<Json> either;
  for (const Shape& part : shape.parts) either.push_back(schema_of(part));
  return any_of(either);
}

Json default_value(const FieldModel& field) {
  const auto is_number = [&] { return field.default_text.find_first_not_of("0123456789") == std::string::npos; };
  if (field.shape.kind == Shape::Kind::kInteger && is_number()) return Json::parse(field.default_text);
  if (field.shape.kind == Shape::Kind::kBoolean) return field.default_text == "true";
  return field.default_text;
}

Json object_schema(const ObjectModel& model) {
  Json schema = object({{"description", model.doc}, {"type", "object"}, {"additionalProperties", false}});
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldModel& field : model.fields) {
    Json property = object({{"description", field.doc}});
    property.update(schema_of(field.shape));
    if (!field.default_text.empty()) property["default"] = default_value(field);
    properties[field.key] = std::move(property);
    if (field.required) required.push_back(field.key);
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  if (!model.exactly_one.empty()) {
    Json one_of = Json::array();
    for (const std::string& key : model.exactly_one) one_of.push_back(object({{"required", std::vector{key}}}));
    schema["oneOf"] = std::move(one_of);
  }
  return schema;
}

Json text_schema(const TextModel& text) {
  Json schema = object({{"description", text.expected}});
  if (text.number_too) {
    schema["type"] = std::vector<std::string>{"string", "number", "boolean"};
  } else {
    schema["type"] = "string";
  }
  if (!text.pattern.empty()) schema["pattern"] = text.pattern + "|" + std::string(kReferenceText);
  if (!text.examples.empty()) schema["examples"] = text.examples;
  return schema;
}

}  // namespace

std::string json_schema() {
  const Model model = make_model();
  Json schema =
      object({{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Gatehouse configuration"}});
  schema.update(object_schema(model.objects().front()));
  Json definitions = Json::object();
  for (std::size_t i = 1; i < model.objects().size(); ++i)
    definitions[model.objects()[i].name] = object_schema(model.objects()[i]);
  for (const TextModel& text : model.texts()) definitions[text.name] = text_schema(text);
  definitions[std::string(kReference)] =
      object({{"description", "a reference to the environment, ${NAME} or ${NAME:-default}, or a variable of the stage, $stage.name"},
              {"type", "string"},
              {"pattern", std::string(kReferenceText)}});
  schema["$defs"] = std::move(definitions);
  return schema.dump(2) + "\n";
}

}  // namespace gatehouse::config
