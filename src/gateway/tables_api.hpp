// The listener for SDK clients, as the implicit API that it is: one route, through the whole pipeline. Pure functions.
#pragma once

#include "gateway/pipeline_order.hpp"

#include "gatehouse/config/settings.hpp"

#include <vector>

namespace gatehouse::gateway {

config::ApiSettings tables_api(const config::TablesListenerSettings& settings);

// Those of the file, then the one for SDK clients.
std::vector<config::ListenerSettings> all_listeners(const config::Settings& settings);

// Behind a route whoever passed its steps may ask without a signature; where nobody asks who calls, this machine alone.
dynamo::ProtocolSettings effective_protocol(dynamo::ProtocolSettings protocol, const EffectiveRoute& route);

}  // namespace gatehouse::gateway
