// The JSON Schema, judged by a small validator of the keywords that it uses: what loads is valid, what is misspelt is not.
#include "config/tree.hpp"
#include "gatehouse/base/strings.hpp"
#include "support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace gatehouse::config::test {
namespace {

using nlohmann::json;

// YAML to JSON nearly as an editor sees it: numbers and booleans are no strings. The tree forgets which texts had quotes.
json as_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: return nullptr;
    case Node::Kind::kScalar: {
      if (node.text == "true" || node.text == "false") return node.text == "true";
      if (const auto number = parse_u64(node.text)) return *number;
      return node.text;
    }
    case Node::Kind::kList: {
      json list = json::array();
      for (const Node* item : node.items) list.push_back(as_json(*item));
      return list;
    }
    case Node::Kind::kMap: break;
  }
  json map = json::object();
  for (const Node::Entry& entry : node.entries) map[std::string(entry.key)] = as_json(*entry.value);
  return map;
}

json parse_yaml(std::string_view yaml) {
  const auto parsed = Tree::parse(yaml);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << refusal->message;
    return nullptr;
  }
  return as_json(std::get<Tree>(parsed).root());
}

class Validator {
 public:
  Validator() : root_(json::parse(json_schema())) {}
  const json& root() const { return root_; }
  bool accepts(const json& value) const { return accepts(root_, value); }
  bool accepts(const json& schema, const json& value) const {
    for (const auto& [keyword, rule] : schema.items()) {
      if (!holds(schema, keyword, rule, value)) return false;
    }
    return true;
  }

 private:
  bool holds(const json& schema, const std::string& keyword, const json& rule, const json& value) const {
    if (keyword == "$ref") return accepts(root_.at(json::json_pointer(rule.get<std::string>().substr(1))), value);
    if (keyword == "type") return has_type(rule, value);
    if (keyword == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
    if (keyword == "minimum") return !value.is_number() || value >= rule;
    if (keyword == "maximum") return !value.is_number() || value <= rule;
    if (keyword == "pattern")
      return !value.is_string() ||
             std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>(), std::regex::ECMAScript));
    if (keyword == "anyOf") return count(rule, value) > 0;
    if (keyword == "oneOf") return count(rule, value) == 1;
    if (keyword == "minItems") return !value.is_array() || value.size() >= rule;
    if (keyword == "items") {
      return !value.is_array() ||
             std::all_of(value.begin(), value.end(), [&](const json& item) { return accepts(rule, item); });
    }
    if (keyword == "required") {
      return !value.is_object() || std::all_of(rule.begin(), rule.end(),
                                               [&](const json& key) { return value.contains(key.get<std::string>()); });
    }
    return !value.is_object() || members_hold(schema, keyword, rule, value);
  }

  bool members_hold(const json& schema, const std::string& keyword, const json& rule, const json& value) const {
    const json properties = schema.value("properties", json::object());
    for (const auto& [key, member] : value.items()) {
      if (keyword == "propertyNames" && !accepts(rule, key)) return false;
      if (keyword == "properties" && rule.contains(key) && !accepts(rule[key], member)) return false;
      if (keyword == "additionalProperties" && !properties.contains(key) && (rule == false || !accepts(rule, member)))
        return false;
    }
    return true;
  }

  std::ptrdiff_t count(const json& schemas, const json& value) const {
    return std::count_if(schemas.begin(), schemas.end(), [&](const json& schema) { return accepts(schema, value); });
  }

  static bool has_type(const json& types, const json& value) {
    if (types.is_array())
      return std::any_of(types.begin(), types.end(), [&](const json& type) { return has_type(type, value); });
    const std::string name = value.type_name();
    return types == name || (types == "integer" && value.is_number_integer());
  }

  json root_;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

TEST(SchemaTest, IsOfTheDraftThatEditorsKnow) {
  const json schema = Validator().root();
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema.at("additionalProperties"), false);
}

void collect(const json& schema, std::set<std::string>& keywords, std::set<std::string>& references) {
  for (const auto& [keyword, rule] : schema.items()) {
    keywords.insert(keyword);
    if (keyword == "$ref") references.insert(rule.get<std::string>());
    const bool named = keyword == "properties" || keyword == "$defs";
    for (const auto& part : named || rule.is_array() ? rule : json::array({rule})) {
      if (part.is_object()) collect(part, keywords, references);
    }
  }
}

TEST(SchemaTest, UsesOnlyKeywordsThatThisTestJudgesAndDefinitionsThatExist) {
  const json schema = Validator().root();
  std::set<std::string> keywords;
  std::set<std::string> references;
  collect(schema, keywords, references);
  const std::set<std::string> known = {"$defs",         "$ref",     "$schema",     "additionalProperties",
                                       "anyOf",         "default",  "description", "enum",
                                       "examples",      "items",    "maximum",     "minItems",
                                       "minimum",       "oneOf",    "pattern",     "properties",
                                       "propertyNames", "required", "title",       "type"};
  EXPECT_TRUE(std::includes(known.begin(), known.end(), keywords.begin(), keywords.end()));
  EXPECT_GT(references.size(), 30u);
  for (const std::string& reference : references)
    EXPECT_TRUE(schema.contains(json::json_pointer(reference.substr(1)))) << reference;
}

TEST(SchemaTest, EverySettingIsDescribedAndEveryExampleAndDefaultIsValid) {
  const Validator validator;
  std::size_t described = 0;
  for (const auto& [name, definition] : validator.root().at("$defs").items()) {
    EXPECT_FALSE(definition.at("description").get<std::string>().empty()) << name;
    for (const json& example : definition.value("examples", json::array()))
      EXPECT_TRUE(validator.accepts(definition, example)) << name << ' ' << example;
    const json properties = definition.value("properties", json::object());
    for (const auto& [key, property] : properties.items()) {
      EXPECT_FALSE(property.at("description").get<std::string>().empty()) << name << '.' << key;
      if (property.contains("default")) {
        EXPECT_TRUE(validator.accepts(property, property["default"])) << name << '.' << key;
      }
      ++described;
    }
  }
  EXPECT_GT(described, 80u);
}

TEST(SchemaTest, AcceptsWhatLoads) {
  const Validator validator;
  for (const auto& entry : std::filesystem::directory_iterator("config/examples")) {
    if (entry.path().extension() != ".yaml") continue;  // what an example refers to
    EXPECT_TRUE(validator.accepts(parse_yaml(read(entry.path())))) << entry.path();
  }
  EXPECT_TRUE(validator.accepts(parse_yaml(read("config/gatehouse.yaml"))));
  EXPECT_TRUE(validator.accepts(parse_yaml(read("tests/unit/config/data/grown_covered.yaml"))));
}

TEST(SchemaTest, AcceptsReferencesForEveryScalar) {
  const Validator validator;
  EXPECT_TRUE(validator.accepts(
      parse_yaml(with_listener("workers: ${A}\nerrors: ${B}\ndrain: ${C}\nadmin: {address: \"${D}\"}\nbackends: {b: "
                               "{targets: [\"${E}\"], tls: {verify: \"${F}\"}}}"))));
}

TEST(SchemaTest, RefusesWhatDoesNotLoad) {
  const Validator validator;
  for (const std::string_view yaml : {"wokers: 1",
                                      "workers: 0",
                                      "workers: many",
                                      "errors: helpfull",
                                      "drain: 5",
                                      "drain: 1.5s",
                                      "access_log: yes",
                                      "auth: partners",
                                      "backends: {b: {}}",
                                      "backends: {b: {targets: []}}",
                                      "backends: {b: {targets: http://b}}",
                                      "backends: {b: {targets: [http://b/x]}}",
                                      "backends: {\"a b\": {targets: [http://b]}}",
                                      "backends: {b: {targets: [http://b], balance: {}}}",
                                      "backends: {b: {targets: [{weight: 1}]}}",
                                      "authorizers: {a: {}}",
                                      "authorizers: {a: {api_key: {keys: [{id: x, key: a, sha256: b}]}}}",
                                      "throttle: [{per: route}]",
                                      "throttle: [{rate: 5}]",
                                      "apis: [{name: a}]",
                                      "apis: [{name: a, routes: [{match: GET /a}]}]",
                                      "apis: [{name: a, routes: [{match: /a, mock: {}}]}]",
                                      "apis: [{name: a, routes: [{match: GET /a, mock: {}, backend: b}]}]",
                                      "tables: {notes: {}}", "dynamodb: {access_keys: [{id: a}]}"}) {
    EXPECT_FALSE(validator.accepts(parse_yaml(with_listener(yaml)))) << yaml;
    EXPECT_FALSE(load(with_listener(yaml)).settings) << yaml;
  }
  EXPECT_FALSE(validator.accepts(parse_yaml("workers: 1")));
}

}  // namespace
}  // namespace gatehouse::config::test
