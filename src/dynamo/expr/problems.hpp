// The fault that a text is answered with. One parse; one thread.
#pragma once

#include "gatehouse/dynamo/wire/fault.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr std::size_t kMaxExpressionSize = 4096;
inline constexpr unsigned kMaxOperators = 300;
inline constexpr std::size_t kMaxInOperands = 100;
// Parentheses and NOT within each other. What the limit on operators allows fits in; it is there for the stack's sake.
inline constexpr unsigned kMaxExpressionDepth = 640;

// The service looks at an expression several times: at its syntax, at names and functions, at what they stand for… A text with
// several faults is answered with the one that is found first, so each fault carries the pass that would find it.
enum class Pass : std::uint8_t { kSyntax, kWords, kNames, kOverlap, kValues, kOperands, kPathDepth, kOperators, kNone };

class Problems {
 public:
  // Conditions are resolved and checked operator by operator, updates pass by pass.
  enum class Order : std::uint8_t { kByOperator, kByPass };
  explicit Problems(Order order) : order_(order) {}

  // Ends the parse: always false.
  bool fail(std::string message);
  // Does not end the parse: something that an earlier pass finds may follow.
  void problem(Pass pass, std::initializer_list<std::string_view> message);
  void count_operator() { ++operators_; }

  bool failed() const { return pass_ == Pass::kSyntax; }
  // Whether finish() has something to say.
  bool found() const { return pass_ != Pass::kNone || operators_ > kMaxOperators; }
  // The fault that counts, if any, after all was parsed. In front of its message: the parts of `prefix`.
  Outcome<void> finish(std::initializer_list<std::string_view> prefix);

 private:
  Pass rank(Pass pass) const;

  Order order_;
  Pass pass_ = Pass::kNone;
  unsigned operators_ = 0;
  std::string message_;
};

}  // namespace gatehouse::dynamo
