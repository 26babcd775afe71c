// What a policy can allow: the operations, and what the items of transactions and statements do. Pure functions.
#pragma once

#include "gatehouse/dynamo/wire/operation.hpp"

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// An Operation, or one of those that exist in policies alone.
using Action = std::uint8_t;
constexpr Action action_of(Operation operation) { return static_cast<Action>(operation); }
inline constexpr Action kFirstPolicyAction = static_cast<Action>(Operation::kCount);
inline constexpr Action kConditionCheckItem = kFirstPolicyAction;
inline constexpr Action kPartiqlSelect = kFirstPolicyAction + 1;
inline constexpr Action kPartiqlInsert = kFirstPolicyAction + 2;
inline constexpr Action kPartiqlUpdate = kFirstPolicyAction + 3;
inline constexpr Action kPartiqlDelete = kFirstPolicyAction + 4;
inline constexpr std::size_t kActions = kFirstPolicyAction + 5;

using Actions = std::bitset<kActions>;

std::string_view action_name(Action action);
// All that any of the patterns names.
Actions matching_actions(const std::vector<std::string>& patterns);

}  // namespace gatehouse::dynamo
