// What one configuration's chains and integrations are made of. While a snapshot is being built.
#pragma once

#include "gateway/pool_set.hpp"
#include "gateway/stores.hpp"

#include "gatehouse/config/settings.hpp"
#include "gatehouse/middleware/authorizer.hpp"

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
};

// Adds the authorizers of `settings`, which may use the other parts.
void make_authorizers(const config::Settings& settings, Parts& parts);

}  // namespace gatehouse::gateway
