// Any text as a key condition: it is refused, or has terms with values; what is a key condition is a condition.
#include "fuzz/dynamo_expr_fuzz.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/key_condition.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::dynamo;
  const std::string_view text = fuzz::text_of(data, size);
  Arena arena;
  Bindings bindings = fuzz::bindings();
  const auto condition = KeyCondition::parse(text, bindings, arena);
  if (!condition) {
    fuzz::require_fault(condition.error());
    return 0;
  }
  fuzz::require(!condition->terms.empty(), "there is a term");
  for (const KeyTerm& term : condition->terms) {
    fuzz::require(!term.attribute.empty() && term.first, "a term has an attribute and a value");
    fuzz::require((term.comparison == KeyComparison::kBetween) == static_cast<bool>(term.second), "BETWEEN has two");
  }
  fuzz::require(Condition::parse(text, ExpressionKind::kCondition, bindings, arena).has_value(), "it is a condition, too");
  return 0;
}
