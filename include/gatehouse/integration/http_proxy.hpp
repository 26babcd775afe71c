// The proxy integration: a route's requests go to a backend and its answers come back. Built once per configuration, shared
// by all workers.
#pragma once

#include "gatehouse/integration/settings.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/upstream/backend_pools.hpp"

#include <memory>

namespace gatehouse::integration {

struct WebSocketPassage;

// Without `websocket` an offer to upgrade is not passed on.
std::shared_ptr<const pipeline::Integration> make_http_proxy(ProxySettings settings,
                                                             std::shared_ptr<const upstream::BackendPools> pools,
                                                             std::shared_ptr<const WebSocketPassage> websocket = nullptr);

}  // namespace gatehouse::integration
