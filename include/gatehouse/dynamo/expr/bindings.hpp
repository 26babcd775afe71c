// What #names and :values stand for in the expressions of one request, and which of them were used: unused ones are an error.
// Lives as long as the request; one thread.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

class Bindings {
 public:
  // ExpressionAttributeNames, in order. `name` with its '#'.
  void add_name(std::string_view name, std::string_view attribute);
  // The member was there, if only as an empty object: that is a fault.
  void set_names_given() { names_given_ = true; }
  // ExpressionAttributeValues: a map whose names begin with ':'.
  void set_values(Map values);
  bool has_names() const { return names_given_; }
  bool has_values() const { return values_given_; }

  // Both mark as used. nullopt / absent: not defined.
  std::optional<std::string_view> name(std::string_view placeholder);
  Value value(std::string_view placeholder);

  // Syntax of the placeholders themselves, sizes (255 B each, 2 MB in all), emptiness; before any expression is parsed.
  Outcome<void> check_syntax() const;
  // After all expressions of the request: "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}".
  Outcome<void> check_all_used() const;

 private:
  struct Name {
    std::string_view placeholder, attribute;
    bool used;
  };
  struct Bound {
    std::string_view placeholder;
    Value value;
    bool used;
  };
  std::vector<Name> names_;
  std::vector<Bound> values_;
  bool names_given_ = false;
  bool values_given_ = false;
  bool names_sorted_ = false;
  bool values_sorted_ = false;
};

}  // namespace gatehouse::dynamo
