// What each access key may do. Immutable; any thread.
#pragma once

#include "actions.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/adapter/settings.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "touched.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

struct AccessKey {
  explicit AccessKey(const AccessKeySettings& given);
  bool may(Action action, Operation operation, std::string_view table) const;

  AccessKeySettings settings;
  Actions allowed;
  bool every_table;
  bool unrestricted;  // nothing to look for in a request
};

class Access {
 public:
  explicit Access(const std::vector<AccessKeySettings>& keys);
  const AccessKey* find(std::string_view id) const;
  bool empty() const { return keys_.empty(); }

 private:
  std::map<std::string, AccessKey, std::less<>> keys_;
};

// "User: … is not authorized to perform: dynamodb:GetItem on resource: …", as the service says it.
Fault access_denied(const AccessKey& key, std::string_view region, const Touch& touch);

// The touches of a request that the key may make, or why it may not. Leading keys are not looked at.
Outcome<std::vector<Touch>> check_access(const AccessKey& key, std::string_view region, Operation operation, std::string_view body,
                                         Iterators iterators, Arena& arena);

}  // namespace gatehouse::dynamo
