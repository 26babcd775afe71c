#include "gatehouse/crypto/policy.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::crypto {
namespace {

enum class Case : unsigned char { kSensitive, kInsensitive };

// * is any text, ? any one byte. Only the last * is ever tried again, so that the time is bounded by both lengths multiplied.
bool matches_pattern(std::string_view pattern, std::string_view text, Case letter_case) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    const bool same = p < pattern.size() && pattern[p] != '*' &&
                      (pattern[p] == '?' || pattern[p] == text[t] ||
                       (letter_case == Case::kInsensitive && to_lower(pattern[p]) == to_lower(text[t])));
    if (same) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// "execute-api:/stage/GET/pets" stands for the resources of the API that has the policy: what follows its id in the ARN.
bool matches_resource(std::string_view pattern, std::string_view resource) {
  constexpr std::string_view kAbbreviated = "execute-api:/";
  if (pattern.starts_with(kAbbreviated) && resource.starts_with("arn:")) {
    const std::size_t slash = resource.find('/');
    if (slash == std::string_view::npos) return false;
    pattern.remove_prefix(kAbbreviated.size());
    resource.remove_prefix(slash + 1);
  }
  return matches_pattern(pattern, resource, Case::kSensitive);
}

}  // namespace

bool Policy::Condition::matches(std::string_view value) const {
  return std::ranges::any_of(values, [&](const std::string& wanted) {
    switch (compare) {
      case Compare::kEqual: return value == wanted;
      case Compare::kEqualIgnoringCase: return value.size() == wanted.size() && iequals(value, wanted);
      case Compare::kLike: return matches_pattern(wanted, value, Case::kSensitive);
      case Compare::kNetwork: break;
    }
    return false;
  });
}

bool Policy::Condition::holds(const PolicyFacts& facts) const {
  if (compare == Compare::kNetwork) {
    if (!facts.source_ip) return absent == Absent::kHolds;
    return networks.contains(*facts.source_ip) == (sense == Sense::kIs);
  }
  const auto fact = std::ranges::find_if(facts.values, [this](const PolicyFact& given) {
    return given.key.size() == key.size() && iequals(given.key, key);
  });
  if (fact == facts.values.end()) return absent == Absent::kHolds;
  return matches(fact->value) == (sense == Sense::kIs);
}

bool Policy::Statement::applies(std::string_view action, std::string_view resource, const PolicyFacts& facts) const {
  const bool names_action = std::ranges::any_of(
      actions, [action](const std::string& pattern) { return matches_pattern(pattern, action, Case::kInsensitive); });
  if (names_action != (action_sense == Sense::kIs)) return false;
  const bool names_resource =
      std::ranges::any_of(resources, [resource](const std::string& pattern) { return matches_resource(pattern, resource); });
  if (names_resource != (resource_sense == Sense::kIs)) return false;
  return std::ranges::all_of(conditions, [&facts](const Condition& condition) { return condition.holds(facts); });
}

PolicyDecision Policy::evaluate(std::string_view action, std::string_view resource, const PolicyFacts& facts) const {
  PolicyDecision decision = PolicyDecision::kImplicit;
  for (const Statement& statement : statements_) {
    if (statement.effect == Effect::kAllow && decision == PolicyDecision::kAllow) continue;
    if (!statement.applies(action, resource, facts)) continue;
    if (statement.effect == Effect::kDeny) return PolicyDecision::kDeny;
    decision = PolicyDecision::kAllow;
  }
  return decision;
}

}  // namespace gatehouse::crypto
