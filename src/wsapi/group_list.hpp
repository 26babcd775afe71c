// The groups that an answer names: "lobby, room-7".
#pragma once

#include "call_exchange.hpp"
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/wsapi/connection.hpp"

#include <string_view>

namespace gatehouse::wsapi {

// Joins and leaves as the answer says. What cannot be joined is left out, and told in the log: a line for each cause.
void change_groups(Connection& connection, const CallExchange::Answered& answered, const pipeline::RequestContext& context);

// Of `headers` or `multiValueHeaders` in Amazon's form: the field's texts as one list, behind what is in `list`. False when
// something in it is no text.
bool append_group_list(std::string_view& list, JsonValue headers, std::string_view name, Arena& arena);

}  // namespace gatehouse::wsapi
