// Condition as the other modules see it.
#include "gatehouse/dynamo/expr/condition.hpp"

#include "dynamo/expr/condition_parser.hpp"

#include <array>

namespace gatehouse::dynamo {

std::string_view expression_name(ExpressionKind kind) {
  static constexpr std::array<std::string_view, 5> kNames = {"ConditionExpression", "FilterExpression", "KeyConditionExpression",
                                                      "ProjectionExpression", "UpdateExpression"};
  return kNames[static_cast<std::size_t>(kind)];
}

Outcome<Condition> Condition::parse(std::string_view text, ExpressionKind kind, Bindings& bindings, Arena& arena) {
  Source source(text, kind, bindings, arena);
  const ConditionNode* root = ConditionParser(source).parse();
  if (const auto outcome = source.finish(); outcome.has_error()) return outcome.error();
  return Condition(root);
}

}  // namespace gatehouse::dynamo
