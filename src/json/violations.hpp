// What valijson says of a document, as the gateway's users read it. Pure functions.
#pragma once

#include "gatehouse/json/schema.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::json {

// The keyword that a description of valijson is about.
std::string_view rule_of(std::string_view description);

// With numbers as people write them: "1.5" for valijson's "1.500000".
std::string readable(std::string description);

// Less those that only say that something within is wrong which is in the list itself; at most Schema::kMaxViolations.
std::vector<Violation> without_echoes(std::vector<Violation> found);

}  // namespace gatehouse::json
