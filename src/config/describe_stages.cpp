#include "describe_stages.hpp"

#include "web_texts.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gatehouse::config {
namespace {

constexpr std::string_view kNoStage = "$default";
// Every stage is a copy of its API's routes.
constexpr std::size_t kMostStages = 32;

bool parse_stage_name(std::string_view text, std::string& value, Complaint& complaint) {
  if (text != kNoStage) return kName.parse(text, value, complaint);
  value = text;
  return true;
}
constexpr Text<std::string> kStageName{"stage_name",
                                       "$default, or a name of letters, digits, '-' and '_', at most 64 of them",
                                       "^(\\$default|[A-Za-z0-9_-]{1,64})$",
                                       {"dev", "$default"},
                                       parse_stage_name,
                                       print_text,
                                       true};

using Variables = std::vector<std::pair<std::string, std::string>>;

// Those of a stage win over those of its API.
void add_variables(Variables& all, Variables more) {
  for (auto& [name, value] : more) {
    const auto known = std::ranges::find(all, name, &Variables::value_type::first);
    if (known == all.end())
      all.emplace_back(std::move(name), std::move(value));
    else
      known->second = std::move(value);
  }
}

// The map `stages`, of which the entry of the reader's stage is read.
struct OneOfStages {
  using Value = StageSettings;
  const Object<StageSettings>& kind;

  std::string expected() const { return "a map such as {dev: {variables: {pool: blue}}}"; }
  std::string print(const StageSettings&) const { return {}; }

  bool read(const Cursor& at, StageSettings& stage) const {
    if (!at.is(Node::Kind::kMap, expected())) return false;
    const std::vector<Node::Entry>& entries = at.node().entries;
    if (entries.empty() || entries.size() > kMostStages) {
      at.problem(entries.empty() ? "expected " + expected() + ", found an empty map"
                                 : "has " + std::to_string(entries.size()) + " stages, and may have " + std::to_string(kMostStages));
      return false;
    }
    at.check_duplicate_keys();
    bool good = true;
    for (const Node::Entry& entry : entries) {
      std::string name;
      Complaint complaint;
      if (!kStageName.parse(entry.key, name, complaint)) {
        at.key_problem(entry, "the name of a stage is " + kStageName.expected());
        good = false;
      }
      if (entry.first_at.line == 0 && entry.key == at.reader().stage->name) good &= kind.read(at.child(entry), stage);
    }
    return good;
  }

  Shape shape(Model& model) const { return {Shape::Kind::kMap, "", 0, 0, {}, {kStageName.shape(model), kind.shape(model)}}; }
};

}  // namespace

std::vector<std::string> stage_names(const Node& api) {
  std::vector<std::string> names;
  const Node::Entry* const stages = api.kind == Node::Kind::kMap ? api.find("stages") : nullptr;
  if (stages != nullptr && stages->value->kind == Node::Kind::kMap)
    for (const Node::Entry& entry : stages->value->entries)
      if (entry.first_at.line == 0 && names.size() < kMostStages) names.emplace_back(entry.key);
  if (names.empty()) names.emplace_back(kNoStage);
  return names;
}

void describe_stage_variables(Fields& f) {
  Variables variables;
  f.field("variables", variables, Map<Text<std::string>>{kName, kLine, "{pool: blue}"}, "What $stage.x stands for. No place for secrets.");
  if (f.reading() != nullptr) add_variables(f.reading()->reader().stage->variables, std::move(variables));
}

void describe_stage_place(Fields& f, StageSettings& stage) {
  f.field("hosts", stage.hosts, list_of(kHostName, "[dev.example.com]"), "The hosts it answers for. Default: the API's.");
  f.field("base_path", stage.base_path, kBasePath,
          "What stands before the paths of its routes. Default: the API's, with the name of the stage behind it; of $default the API's.");
}

StageSettings describe_stages(Fields& f, ApiSettings& api, const Object<StageSettings>& kind) {
  StageSettings stage;
  describe_stage_variables(f);
  f.field("stages", stage, OneOfStages{kind},
          "The API several times over, each with settings of its own: versions, environments. $default is the one without a name in its path.");
  if (f.reading() == nullptr) return stage;
  api.stage = f.reading()->reader().stage->name;
  api.variables = f.reading()->reader().stage->variables;
  return stage;
}

void use_stage(const Fields& f, StageSettings stage, ApiSettings& api) {
  if (f.reading() == nullptr) return;
  if (stage.hosts) api.hosts = std::move(*stage.hosts);
  if (stage.base_path)
    api.base_path = std::move(*stage.base_path);
  else if (api.stage != kNoStage)
    api.base_path += '/' + api.stage;
  api.stage_scoped = std::move(stage.scoped);
}

}  // namespace gatehouse::config
