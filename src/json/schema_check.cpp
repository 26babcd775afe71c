#include "schema_check.hpp"

#include "gatehouse/base/strings.hpp"

#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace gatehouse::json {
namespace {

using Json = nlohmann::json;
using Pointer = Json::json_pointer;

enum class Holds { kNothing, kSchema, kSchemaOrSchemas, kSchemas, kNamedSchemas, kNamedSchemasOrNames };

struct Keyword {
  std::string_view name;
  Holds holds;
};

// JSON Schema draft 7, sections 6 and 7 of the validation and 8 of the core document, as far as valijson checks it, and what
// only describes.
constexpr std::array kKeywords = {
    Keyword{"$schema", Holds::kNothing},        Keyword{"$id", Holds::kNothing},
    Keyword{"id", Holds::kNothing},             Keyword{"$comment", Holds::kNothing},
    Keyword{"$ref", Holds::kNothing},           Keyword{"title", Holds::kNothing},
    Keyword{"description", Holds::kNothing},    Keyword{"default", Holds::kNothing},
    Keyword{"examples", Holds::kNothing},       Keyword{"readOnly", Holds::kNothing},
    Keyword{"writeOnly", Holds::kNothing},      Keyword{"definitions", Holds::kNamedSchemas},
    Keyword{"type", Holds::kNothing},           Keyword{"enum", Holds::kNothing},
    Keyword{"const", Holds::kNothing},          Keyword{"multipleOf", Holds::kNothing},
    Keyword{"maximum", Holds::kNothing},        Keyword{"exclusiveMaximum", Holds::kNothing},
    Keyword{"minimum", Holds::kNothing},        Keyword{"exclusiveMinimum", Holds::kNothing},
    Keyword{"maxLength", Holds::kNothing},      Keyword{"minLength", Holds::kNothing},
    Keyword{"pattern", Holds::kNothing},        Keyword{"format", Holds::kNothing},
    Keyword{"items", Holds::kSchemaOrSchemas},  Keyword{"additionalItems", Holds::kSchema},
    Keyword{"maxItems", Holds::kNothing},       Keyword{"minItems", Holds::kNothing},
    Keyword{"uniqueItems", Holds::kNothing},    Keyword{"contains", Holds::kSchema},
    Keyword{"maxProperties", Holds::kNothing},  Keyword{"minProperties", Holds::kNothing},
    Keyword{"required", Holds::kNothing},       Keyword{"properties", Holds::kNamedSchemas},
    Keyword{"patternProperties", Holds::kNamedSchemas}, Keyword{"additionalProperties", Holds::kSchema},
    Keyword{"dependencies", Holds::kNamedSchemasOrNames}, Keyword{"propertyNames", Holds::kSchema},
    Keyword{"if", Holds::kSchema},              Keyword{"then", Holds::kSchema},
    Keyword{"else", Holds::kSchema},            Keyword{"allOf", Holds::kSchemas},
    Keyword{"anyOf", Holds::kSchemas},          Keyword{"oneOf", Holds::kSchemas},
    Keyword{"not", Holds::kSchema},
};

// Draft 6 brought these.
constexpr std::array<std::string_view, 8> kLaterThanDraft4 = {"$id", "const", "contains", "propertyNames", "if", "then", "else", "examples"};

// What a keyword's value must be, where that is no schema.
enum class Form { kText, kNumber, kPositiveNumber, kCount, kFlag, kNames, kTypes, kChoices, kBound };
struct KeywordForm {
  std::string_view name;
  Form form;
};
constexpr std::array kForms = {
    KeywordForm{"multipleOf", Form::kPositiveNumber}, KeywordForm{"maximum", Form::kNumber},
    KeywordForm{"minimum", Form::kNumber},            KeywordForm{"exclusiveMaximum", Form::kBound},
    KeywordForm{"exclusiveMinimum", Form::kBound},    KeywordForm{"maxLength", Form::kCount},
    KeywordForm{"minLength", Form::kCount},           KeywordForm{"maxItems", Form::kCount},
    KeywordForm{"minItems", Form::kCount},            KeywordForm{"maxProperties", Form::kCount},
    KeywordForm{"minProperties", Form::kCount},       KeywordForm{"uniqueItems", Form::kFlag},
    KeywordForm{"required", Form::kNames},            KeywordForm{"type", Form::kTypes},
    KeywordForm{"enum", Form::kChoices},              KeywordForm{"format", Form::kText},
};
constexpr std::array<std::string_view, 7> kTypes = {"string", "number", "integer", "boolean", "object", "array", "null"};

// Those that look at the same place of the document as the schema that holds them.
constexpr std::array<std::string_view, 7> kInPlace = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else"};

class Check {
 public:
  explicit Check(const Json& root) : root_(root), draft4_(is_draft4(root)) {}

  std::string run() {
    schema(root_, Pointer());
    return problem_;
  }

 private:
  void report(const Pointer& at, const std::string& what) {
    if (problem_.empty()) problem_ = (at.empty() ? std::string("the schema") : at.to_string()) + ": " + what;
  }

  void schema(const Json& node, const Pointer& at) {
    if (node.is_boolean() || !problem_.empty()) return;
    if (!node.is_object()) return report(at, "expected a schema (an object, true or false)");
    if (node.contains("$ref")) follow_ref(node["$ref"], at / "$ref");
    for (const auto& [name, value] : node.items()) keyword(name, value, at / name);
    std::vector<const Json*> walked;
    if (leads_to_itself(node, walked)) report(at, "this $ref leads back to itself without a step into the document");
  }

  void keyword(const std::string& name, const Json& value, const Pointer& at) {
    const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(), [&](const Keyword& each) { return each.name == name; });
    if (found == kKeywords.end()) {
      std::vector<std::string_view> names;
      for (const Keyword& each : kKeywords) names.push_back(each.name);
      const std::string_view near = nearest(name, names);
      return report(at, "unknown keyword" + (near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?"));
    }
    if (draft4_ && std::find(kLaterThanDraft4.begin(), kLaterThanDraft4.end(), name) != kLaterThanDraft4.end())
      return report(at, "no keyword of draft 4, which this schema is written in");
    form(name, value, at);
    if (name == "pattern") pattern(value, at);
    if (name == "format") format(value, at);
    children(found->holds, name, value, at);
  }

  void form(const std::string& name, const Json& value, const Pointer& at) {
    const auto* found = std::find_if(kForms.begin(), kForms.end(), [&](const KeywordForm& each) { return each.name == name; });
    if (found == kForms.end()) return;
    switch (found->form) {
      case Form::kText: return expect(value.is_string(), at, "expected a text");
      case Form::kNumber: return expect(value.is_number(), at, "expected a number");
      case Form::kPositiveNumber:
        return expect(value.is_number() && value.get<double>() > 0, at, "expected a number above 0");
      case Form::kCount: return expect(value.is_number_unsigned(), at, "expected a whole number, 0 or more");
      case Form::kFlag: return expect(value.is_boolean(), at, "expected true or false");
      case Form::kBound:
        if (draft4_) return expect(value.is_boolean(), at, "expected true or false, as in draft 4");
        return expect(value.is_number(), at, "expected a number");
      case Form::kNames:
        return expect(value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); }),
                      at, "expected a list of names");
      case Form::kChoices: return expect(value.is_array() && !value.empty(), at, "expected a list of values");
      case Form::kTypes: return types(value, at);
    }
  }

  void expect(bool holds, const Pointer& at, const std::string& what) {
    if (!holds) report(at, what);
  }

  void types(const Json& value, const Pointer& at) {
    if (value.is_array() && !value.empty()) {
      for (std::size_t i = 0; i < value.size(); ++i) type(value[i], at / i);
    } else {
      type(value, at);
    }
  }

  void type(const Json& value, const Pointer& at) {
    if (!value.is_string()) return report(at, "expected the name of a type such as \"string\"");
    const auto& name = value.get_ref<const std::string&>();
    if (std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end()) return;
    const std::string_view near = nearest(name, kTypes);
    report(at, "unknown type \"" + name + "\"" + (near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?"));
  }

  void children(Holds holds, const std::string& name, const Json& value, const Pointer& at) {
    switch (holds) {
      case Holds::kNothing: return;
      case Holds::kSchema: return schema(value, at);
      case Holds::kSchemaOrSchemas:
        if (!value.is_array()) return schema(value, at);
        [[fallthrough]];
      case Holds::kSchemas:
        if (!value.is_array()) return report(at, "expected a list of schemas");
        for (std::size_t i = 0; i < value.size(); ++i) schema(value[i], at / i);
        return;
      case Holds::kNamedSchemas:
      case Holds::kNamedSchemasOrNames:
        if (!value.is_object()) return report(at, "expected an object of schemas");
        for (const auto& [key, child] : value.items()) {
          if (name == "patternProperties") pattern(Json(key), at / key);
          if (holds == Holds::kNamedSchemas || !child.is_array()) schema(child, at / key);
        }
        return;
    }
  }

  void pattern(const Json& value, const Pointer& at) {
    if (!value.is_string()) return report(at, "expected a regular expression");
    const re2::RE2 compiled(value.get_ref<const std::string&>(), re2::RE2::Quiet);
    if (!compiled.ok()) report(at, "regular expression: " + compiled.error());
  }

  void format(const Json& value, const Pointer& at) {
    if (value != "date" && value != "time" && value != "date-time")
      report(at, "only date, time and date-time are checked; use pattern instead");
  }

  void follow_ref(const Json& value, const Pointer& at) {
    if (!value.is_string()) return report(at, "expected a reference such as #/definitions/price");
    if (target_of(value) == nullptr) report(at, "leads to nothing in this document (references into other files are not followed)");
  }

  const Json* target_of(const Json& ref) const {
    const std::string& text = ref.get_ref<const std::string&>();
    if (text == "#") return &root_;
    if (text.rfind("#/", 0) != 0) return nullptr;
    try {
      const Pointer pointer(text.substr(1));
      return root_.contains(pointer) ? &root_[pointer] : nullptr;
    } catch (const Json::exception&) {
      return nullptr;
    }
  }

  bool leads_to_itself(const Json& node, std::vector<const Json*>& walked) const {
    if (!node.is_object()) return false;
    if (std::find(walked.begin(), walked.end(), &node) != walked.end()) return true;
    walked.push_back(&node);
    bool found = false;
    if (const auto ref = node.find("$ref"); ref != node.end() && ref->is_string())
      if (const Json* target = target_of(*ref)) found = leads_to_itself(*target, walked);
    for (std::string_view name : kInPlace) {
      const auto held = node.find(std::string(name));
      if (found || held == node.end()) continue;
      if (held->is_array())
        found = std::any_of(held->begin(), held->end(), [&](const Json& each) { return leads_to_itself(each, walked); });
      else
        found = leads_to_itself(*held, walked);
    }
    walked.pop_back();
    return found;
  }

  const Json& root_;
  const bool draft4_;
  std::string problem_;
};

}  // namespace

bool is_draft4(const nlohmann::json& schema) {
  if (schema.is_object()) {
    if (const auto said = schema.find("$schema"); said != schema.end() && said->is_string())
      return said->get_ref<const std::string&>().find("draft-04") != std::string::npos;
    for (const char* const bound : {"exclusiveMaximum", "exclusiveMinimum"})
      if (const auto found = schema.find(bound); found != schema.end() && found->is_boolean()) return true;
  }
  if (!schema.is_structured()) return false;
  return std::any_of(schema.begin(), schema.end(), [](const Json& child) { return child.is_structured() && is_draft4(child); });
}

std::string find_schema_problem(const nlohmann::json& schema) { return Check(schema).run(); }

}  // namespace gatehouse::json
