#include "violations.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace gatehouse::json {
namespace {

using Text = std::pair<std::string_view, std::string_view>;

// Beginnings of valijson's descriptions, which name no keyword. The first that fits.
constexpr std::array kRules = {
    Text{"Missing required property", "required"},
    Text{"Value type not permitted", "type"},
    Text{"Object contains a property that could not be validated", "additionalProperties"},
    Text{"Failed to validate against additional properties schema", "additionalProperties"},
    Text{"Failed to match against any enum values", "enum"},
    Text{"Failed to match expected value set by 'const'", "const"},
    Text{"Failed to match regex", "pattern"},
    Text{"Failed to any values against subschema in 'contains'", "contains"},
    Text{"Expected number less than or equal to", "maximum"},
    Text{"Expected number less than", "exclusiveMaximum"},
    Text{"Expected number greater than or equal to", "minimum"},
    Text{"Expected number greater than", "exclusiveMinimum"},
    Text{"Value should be a multiple of", "multipleOf"},
    Text{"Value could not be converted", "multipleOf"},
    Text{"String should be no more than", "maxLength"},
    Text{"String should be no fewer than", "minLength"},
    Text{"String should be a valid", "format"},
    Text{"Array should contain no more than", "maxItems"},
    Text{"Array should contain no fewer than", "minItems"},
    Text{"Array contains more items than allowed", "items"},
    Text{"Cannot validate item #", "additionalItems"},
    Text{"Elements at indexes", "uniqueItems"},
    Text{"Object should have no more than", "maxProperties"},
    Text{"Object should have no fewer than", "minProperties"},
    Text{"Missing dependency", "dependencies"},
    Text{"Failed to validate against dependent schema", "dependencies"},
    Text{"Target should not validate against schema specified in 'not'", "not"},
    Text{"Failed to validate against any schemas allowed by anyOf", "anyOf"},
    Text{"Failed to validate against any child schemas allowed by oneOf", "oneOf"},
    Text{"Failed to validate against exactly one child schema", "oneOf"},
    Text{"Failed to validate against child schema #", "allOf"},
    Text{"Failed to validate against a conditional schema", "if"},
    Text{"Failed to validate against schema associated with pattern", "patternProperties"},
    Text{"Failed to validate against schema associated with property", "properties"},
    Text{"Failed to validate item #", "items"},
};

// Those that valijson adds on the way up from what is really wrong.
constexpr std::array<std::string_view, 6> kEchoes = {
    "Failed to validate item #",
    "Failed to validate against additional properties schema",
    "Failed to validate against schema associated with",
    "Failed to validate against child schema #",
    "Failed to validate against dependent schema",
    "Failed to validate against a conditional schema",
};

bool is_echo(const Violation& violation) {
  return std::ranges::any_of(kEchoes, [&](std::string_view start) { return violation.message.starts_with(start); });
}

bool is_within(std::string_view pointer, std::string_view outer) {
  return pointer.starts_with(outer) && (pointer.size() == outer.size() || pointer[outer.size()] == '/');
}

}  // namespace

std::string_view rule_of(std::string_view description) {
  const auto found = std::ranges::find_if(kRules, [description](const Text& text) { return description.starts_with(text.first); });
  return found == kRules.end() ? std::string_view("schema") : found->second;
}

std::string readable(std::string description) {
  const std::size_t digits = description.find_last_not_of("0123456789");
  if (digits == std::string::npos || description[digits] != '.' || digits + 1 == description.size()) return description;
  description.erase(description.find_last_not_of('0') + 1);
  if (description.ends_with('.')) description.pop_back();
  return description;
}

std::vector<Violation> without_echoes(std::vector<Violation> found) {
  // Echoes stand behind what they echo: what comes before one, at its place or within, is the cause.
  std::vector<Violation> causes;
  for (Violation& violation : found) {
    if (causes.size() == Schema::kMaxViolations) break;
    const bool told = is_echo(violation) && std::ranges::any_of(causes, [&](const Violation& cause) {
                        return is_within(cause.pointer, violation.pointer);
                      });
    if (!told) causes.push_back(std::move(violation));
  }
  return causes;
}

}  // namespace gatehouse::json
