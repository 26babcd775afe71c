// The reference page, from the model.
#include "gatehouse/config/load.hpp"
#include "model.hpp"

namespace gatehouse::config {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

One YAML file says everything. Gatehouse reads it as a whole and reports every problem at once, each with its place and, where
there is one, its fix: `gatehouse check FILE`. `gatehouse schema` prints a JSON Schema for editors.

This page is generated from the code that reads the file. The rules that hold everywhere:

- Every setting has a default that is right for production. An unknown key is an error.
- `cors`, `auth`, `throttle`, `limits` and `timeouts` given for the gateway hold for every API, those of an API for its routes;
  those of a route win. A setting replaces the outer one as a whole.
- The order of routes never matters: the most specific one takes the request.
- `${NAME}` is replaced by an environment variable, `${NAME:-default}` by the default when it is unset or empty; `$${` is a plain
  `${`. A variable that is not set and has no default is an error.
- Where a [secret](#values) is expected, `file:/run/secrets/name` reads it from a file, less one line end at its end.
- Paths of files are relative to the folder of the configuration file.
- Inside of an API `$stage.x` and `${stage.x}`, also with `|default`, are the `variables` of the stage, filled in when the file is read:
  anywhere, in names of backends and in numbers too.
- Texts with variables know `$path.x`, `$query.x`, `$header.x`, `$context.x`, `$uuid`, `$ulid` and `$now`, each with `|default`:
  `$header.x-user|nobody`. `${query.page|1}` sets a variable off from what follows, `$$` is a dollar sign. `$context` has `request_id`,
  `client_ip`, `method`, `path`, `host`, `scheme`, `api`, `stage`, `route` and `identity`. In a `path`, `{id}` is `$path.id`.
- YAML aliases are allowed. Merge keys, tags and several documents in one file are not.
)";

// Text for a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string link(const std::string& name) { return "[" + name + "](#" + name + ")"; }

std::string type_text(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kText: return "[" + shape.name + "](#values)";
    case Shape::Kind::kObject: return link(shape.name);
    case Shape::Kind::kInteger:
      return "number, " + std::to_string(shape.minimum) + " to " + std::to_string(shape.maximum);
    case Shape::Kind::kBoolean: return "`true` or `false`";
    case Shape::Kind::kList: return "list of " + type_text(shape.parts[0]);
    case Shape::Kind::kMap: return "map of " + type_text(shape.parts[0]) + " to " + type_text(shape.parts[1]);
    case Shape::Kind::kAny: return "any YAML";
    case Shape::Kind::kWords:
    case Shape::Kind::kEither: break;
  }
  std::string out;
  for (const std::string& word : shape.words) out += (out.empty() ? "`" : ", `") + word + "`";
  for (const Shape& part : shape.parts) out += (out.empty() ? "" : ", or ") + type_text(part);
  return out;
}

std::string object_section(const ObjectModel& object) {
  std::string out = "\n## " + object.name + "\n\n" + object.doc + "\n";
  if (!object.exactly_one.empty()) {
    out += "\nExactly one of these is given:";
    for (const std::string& key : object.exactly_one)
      out += (key == object.exactly_one.front() ? " `" : ", `") + key + "`";
    out += ".\n";
  }
  out += "\n```yaml\n" + object.example + "\n```\n\n| key | value | default | |\n|---|---|---|---|\n";
  for (const FieldModel& field : object.fields) {
    const std::string initial = field.required               ? "required"
                                : field.default_text.empty() ? ""
                                                             : "`" + field.default_text + "`";
    out += "| `" + field.key + "` | " + cell(type_text(field.shape)) + " | " + cell(initial) + " | " + cell(field.doc) +
           " |\n";
  }
  return out;
}

std::string values_section(const Model& model) {
  std::string out = "\n## values\n\n| name | what | examples |\n|---|---|---|\n";
  for (const TextModel& text : model.texts()) {
    std::string examples;
    for (const std::string& example : text.examples) examples += (examples.empty() ? "`" : ", `") + example + "`";
    out += "| " + text.name + " | " + cell(text.expected) + " | " + cell(examples) + " |\n";
  }
  return out;
}

std::string later_section(const Model& model) {
  std::string out =
      "\n## Words kept for later\n\nThese keys are known and have no meaning in this version; using one is an error:";
  for (const std::string& key : model.later()) out += (key == model.later().front() ? " `" : ", `") + key + "`";
  return out + ".\n";
}

}  // namespace

std::string reference_page() {
  const Model model = make_model();
  std::string out(kIntroduction);
  out += "\nThe parts:";
  for (const ObjectModel& object : model.objects()) out += " " + link(object.name);
  out += ".\n";
  for (const ObjectModel& object : model.objects()) out += object_section(object);
  return out + values_section(model) + later_section(model);
}

}  // namespace gatehouse::config
