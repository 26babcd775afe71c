// What one configuration's chains and integrations are made of. While a snapshot is being built.
#pragma once

#include "gateway/pool_set.hpp"
#include "gateway/stores.hpp"

#include "gatehouse/config/settings.hpp"
#include "gatehouse/middleware/authorizer.hpp"
#include "gatehouse/middleware/known_keys.hpp"
#include "gatehouse/plans/service.hpp"

#include <map>
#include <memory>
#include <string>

namespace gatehouse::gateway {

class Runtime;

using BackendsByName = std::map<std::string, std::shared_ptr<PoolSet>>;
using AuthorizersByName = std::map<std::string, middleware::AuthorizerPtr>;

struct Parts {
  Runtime& runtime;
  BackendsByName backends;
  StoresByName stores;
  AuthorizersByName authorizers;
  plans::PlanService::Prepared plans;
  std::shared_ptr<const middleware::KeyDirectory> keys;  // of all authorizers, for those that learn a key's value from elsewhere
};

// Adds the authorizers of `settings`, which may use the other parts.
void make_authorizers(const config::Settings& settings, Parts& parts);

}  // namespace gatehouse::gateway
