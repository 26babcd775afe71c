#include "describe_stages.hpp"

#include "checks.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace gatehouse::config {
namespace {

using pipeline::kDefaultStage;

// Every stage is a copy of its API's routes.
constexpr std::size_t kMostStages = 32;
// As Amazon has it.
constexpr std::size_t kMostVariables = 100;
constexpr std::size_t kLongestVariable = 512;

bool parse_stage_name(std::string_view text, std::string& value, Complaint& complaint) {
  if (text != kDefaultStage) return kName.parse(text, value, complaint);
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

bool parse_variable(std::string_view text, std::string& value, Complaint& complaint) {
  if (text.size() <= kLongestVariable) return kLine.parse(text, value, complaint);
  complaint.message = "has " + std::to_string(text.size()) + " characters, and may have " + std::to_string(kLongestVariable);
  return false;
}
constexpr Text<std::string> kVariable{"stage_variable", "a text of one line, at most 512 characters", "", {"blue"}, parse_variable, print_text, true};

using Variables = pipeline::StageVariables;

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
  if (names.empty()) names.emplace_back(kDefaultStage);
  return names;
}

void describe_stage_variables(Fields& f) {
  Variables variables;
  f.field("variables", variables, Map<Text<std::string>>{kName, kVariable, "{pool: blue}"},
          "What $stage.x stands for, at most 100 of them. No place for secrets.");
  if (f.reading() == nullptr) return;
  if (variables.size() > kMostVariables)
    f.reading()->problem_at("variables", "has " + std::to_string(variables.size()) + " variables, and may have " + std::to_string(kMostVariables));
  add_variables(f.reading()->reader().stage->variables, std::move(variables));
}

void describe_hosts(Fields& f, std::optional<std::vector<std::string>>& hosts, std::string_view example, std::string_view doc) {
  f.field("hosts", hosts, list_of(kHostName, example), doc);
  if (f.reading() == nullptr || !hosts) return;
  std::set<std::string_view> seen;
  each_item(*f.reading(), "hosts", [&](const Cursor& at, std::size_t i) {
    if (i < hosts->size() && !(*hosts)[i].empty() && !seen.insert((*hosts)[i]).second) at.problem("the same host stands above");
  });
}

void refuse_per_api(const Fields& f, const ScopedSettings& s) {
  if (f.reading() == nullptr) return;
  complain_of_throttle(*f.reading(), s, middleware::ThrottleKey::kApi, "a stage bounds itself, not the API",
                       "say per: stage, or move the rule to the API");
}

void describe_stage_place(Fields& f, StageSettings& stage) {
  describe_hosts(f, stage.hosts, "[dev.example.com]", "The hosts it answers for. Default: the API's.");
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
  else if (api.stage != kDefaultStage)
    api.base_path += '/' + api.stage;
  api.stage_scoped = std::move(stage.scoped);
}

}  // namespace gatehouse::config
