// Any text as a condition: it is refused or can be evaluated, twice alike, and NOT turns it around.
#include "fuzz/dynamo_expr_fuzz.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::dynamo;
  const std::string_view text = fuzz::text_of(data, size);
  Arena arena;
  Bindings bindings = fuzz::bindings();
  const auto condition = Condition::parse(text, ExpressionKind::kFilter, bindings, arena);
  if (!condition) {
    fuzz::require_fault(condition.error());
    return 0;
  }
  const bool holds = condition->matches(fuzz::item());
  fuzz::require(holds == condition->matches(fuzz::item()), "evaluation is pure");
  condition->matches(Map());
  std::vector<std::string_view> names;
  condition->append_attributes(names);

  // In parentheses it may be too long, have one operator too many, or parentheses around parentheses.
  const std::string negated = "NOT (" + std::string(text) + ")";
  const auto opposite = Condition::parse(negated, ExpressionKind::kFilter, bindings, arena);
  if (opposite) fuzz::require(opposite->matches(fuzz::item()) != holds, "NOT turns a condition around");
  return 0;
}
