// The proxy integration: a route's requests go to a backend and its answers come back. Built once per configuration, shared
// by all workers.
#pragma once

#include "gatehouse/integration/settings.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/upstream/backend_pools.hpp"

#include <memory>

namespace gatehouse::integration {

std::shared_ptr<const pipeline::Integration> make_http_proxy(ProxySettings settings,
                                                             std::shared_ptr<const upstream::BackendPools> pools);

}  // namespace gatehouse::integration
