#include "stage_use.hpp"

#include "gatehouse/pipeline/dotted_name.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gatehouse::config {
namespace {

constexpr std::array<std::string_view, 2> kWords = {"stage.", "stageVariables."};

}  // namespace

std::optional<StageUse> find_stage_use(std::string_view text) {
  const bool delimited = text.starts_with("${");
  std::string_view rest = text.substr(delimited ? 2 : 1);
  const auto word = std::ranges::find_if(kWords, [&rest](std::string_view one) { return rest.starts_with(one); });
  if (word == kWords.end()) return std::nullopt;
  rest.remove_prefix(word->size());
  const auto take_while = [&rest](auto accepts) {
    const auto end = std::ranges::find_if_not(rest, accepts);
    const auto taken = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(taken.size());
    return taken;
  };
  StageUse use{{}, take_while(pipeline::is_name_char), std::nullopt};
  if (use.name.empty()) return std::nullopt;
  if (rest.starts_with('|')) {
    rest.remove_prefix(1);
    use.fallback = take_while([delimited](char c) { return delimited ? c != '}' : pipeline::is_name_char(c) || c == '.'; });
  }
  if (delimited) {
    if (!rest.starts_with('}')) return std::nullopt;
    rest.remove_prefix(1);
  }
  use.written = text.substr(0, text.size() - rest.size());
  return use;
}

std::variant<std::string, Complaint> value_of(const StageUse& use, const StageInput* stage) {
  if (stage == nullptr) return Complaint{in_quotes(use.written) + " is known inside of an API only", "write $$stage for the text $stage"};
  if (use.fallback && use.fallback->find_first_of("${") != std::string_view::npos)
    return Complaint{"the default of " + in_quotes(use.written) + " is a text without variables", ""};
  const auto known = std::ranges::find(stage->variables, use.name, &std::pair<std::string, std::string>::first);
  const bool absent = known == stage->variables.end();
  if (use.fallback && (absent || known->second.empty())) return std::string(*use.fallback);
  if (!absent) return known->second;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : stage->variables) names.push_back(name);
  std::string fix = did_you_mean(use.name, names);
  if (fix.empty()) fix = "add it to 'variables' of the stage or the API, or give a default: ${stage." + std::string(use.name) + "|value}";
  return Complaint{"the stage " + in_quotes(stage->name) + " has no variable " + in_quotes(use.name), fix};
}

}  // namespace gatehouse::config
