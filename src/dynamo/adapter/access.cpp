#include "access.hpp"

#include "patterns.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kAccount = "000000000000";

// What a transaction or a statement does is named by its items in a policy; naming the whole is as good.
bool is_made_of_others(Operation operation) {
  switch (operation) {
    case Operation::kTransactGetItems:
    case Operation::kTransactWriteItems:
    case Operation::kExecuteStatement:
    case Operation::kBatchExecuteStatement:
    case Operation::kExecuteTransaction: return true;
    default: return false;
  }
}

std::string resource(std::string_view region, const Touch& touch) {
  std::string arn = "arn:aws:dynamodb:" + std::string(region) + ':' + std::string(kAccount) + ":table/";
  arn += touch.table.empty() ? "*" : touch.table;
  if (!touch.index.empty()) arn.append("/index/").append(touch.index);
  return arn;
}

}  // namespace

AccessKey::AccessKey(const AccessKeySettings& given)
    : settings(given),
      allowed(matching_actions(given.allow)),
      every_table(std::ranges::find(given.tables, "*") != given.tables.end()),
      unrestricted(allowed.all() && every_table && given.leading_keys.empty()) {}

bool AccessKey::may(Action action, Operation operation, std::string_view table) const {
  const bool named = allowed.test(action) || (is_made_of_others(operation) && allowed.test(action_of(operation)));
  return named && (every_table || (!table.empty() && matches_any(settings.tables, table)));
}

Access::Access(const std::vector<AccessKeySettings>& keys) {
  for (const AccessKeySettings& key : keys) keys_.emplace(key.id, AccessKey(key));
}

const AccessKey* Access::find(std::string_view id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

Fault access_denied(const AccessKey& key, std::string_view region, const Touch& touch) {
  const std::string action = "dynamodb:" + std::string(action_name(touch.action));
  return {FaultType::kAccessDenied, "User: arn:aws:iam::" + std::string(kAccount) + ":user/" + key.settings.id +
                                        " is not authorized to perform: " + action + " on resource: " + resource(region, touch) +
                                        " because no identity-based policy allows the " + action + " action"};
}

Outcome<std::vector<Touch>> check_access(const AccessKey& key, std::string_view region, Operation operation, std::string_view body,
                                         Iterators iterators, Arena& arena) {
  auto touches = find_touched(operation, body, iterators, arena);
  if (!touches) return touches.error();
  for (const Touch& touch : *touches)
    if (!key.may(touch.action, operation, touch.table)) return access_denied(key, region, touch);
  return touches;
}

}  // namespace gatehouse::dynamo
