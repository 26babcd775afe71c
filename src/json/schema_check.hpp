// What valijson would overlook or fall over: judged before it sees the schema.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace gatehouse::json {

// Empty: nothing wrong. Else the place as a JSON pointer and what is wrong there.
std::string find_schema_problem(const nlohmann::json& schema);

// Whether it says so in "$schema", or uses what later drafts write otherwise: a boolean exclusiveMaximum or exclusiveMinimum.
// REQUIRES: a schema without problems, or one that is being checked.
bool is_draft4(const nlohmann::json& schema);

}  // namespace gatehouse::json
