#include "actions.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/adapter/settings.hpp"
#include "patterns.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kPrefix = "dynamodb:";
constexpr std::string_view kPolicyActions[] = {"ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate",
                                               "PartiQLDelete"};

}  // namespace

std::string_view action_name(Action action) {
  if (action < kFirstPolicyAction) return operation_name(static_cast<Operation>(action));
  return kPolicyActions[action - kFirstPolicyAction];
}

Actions matching_actions(const std::vector<std::string>& patterns) {
  Actions found;
  for (const std::string& pattern : patterns) {
    std::string wanted = to_lower(pattern);
    if (wanted.starts_with(kPrefix)) wanted.erase(0, kPrefix.size());
    for (std::size_t i = 0; i < kActions; ++i)
      if (matches(wanted, to_lower(action_name(static_cast<Action>(i))))) found.set(i);
  }
  return found;
}

const std::vector<std::string>& action_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < kActions; ++i) all.emplace_back(action_name(static_cast<Action>(i)));
    return all;
  }();
  return names;
}

bool names_an_action(const std::string& pattern) { return matching_actions({pattern}).any(); }

}  // namespace gatehouse::dynamo
