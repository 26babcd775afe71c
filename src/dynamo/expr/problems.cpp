// Ranks of faults.
#include "dynamo/expr/problems.hpp"

namespace gatehouse::dynamo {

bool Problems::fail(std::string message) {
  if (failed()) return false;
  pass_ = Pass::kSyntax;
  message_ = std::move(message);
  return false;
}

Pass Problems::rank(Pass pass) const {
  const bool merged = pass == Pass::kNames || pass == Pass::kValues || pass == Pass::kOperands;
  return merged && order_ == Order::kByOperator ? Pass::kNames : pass;
}

void Problems::problem(Pass pass, std::initializer_list<std::string_view> message) {
  if (rank(pass) >= pass_) return;
  pass_ = rank(pass);
  message_.clear();
  for (const std::string_view part : message) message_ += part;
}

Outcome<void> Problems::finish(std::initializer_list<std::string_view> prefix) {
  if (operators_ > kMaxOperators) {
    problem(Pass::kOperators,
            {"The expression contains too many operators; operator count: ", std::to_string(kMaxOperators + 1)});
  }
  if (pass_ == Pass::kNone) return {};
  std::string message;
  for (const std::string_view part : prefix) message += part;
  return validation(message += message_);
}

}  // namespace gatehouse::dynamo
