// One store of the configuration, opened on its own: for tools, and for the gateway's stores. On a thread that may wait.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include <memory>

namespace gatehouse::gateway {

// Clock and pool outlive the engine. The error names the store.
Result<std::unique_ptr<dynamo::Engine>> open_engine(const dynamo::StoreSettings& settings, const Clock& clock,
                                                    net::BlockingPool& pool);

}  // namespace gatehouse::gateway
