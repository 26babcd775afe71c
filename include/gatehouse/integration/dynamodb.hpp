// The DynamoDB integration: SDK clients talk to a store as they talk to the service. Built once per configuration, shared by
// all workers.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/adapter/settings.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/pipeline/integration.hpp"

#include <memory>

namespace gatehouse::integration {

// `clock` outlives every worker's requests.
std::shared_ptr<const pipeline::Integration> make_dynamodb(const dynamo::ProtocolSettings& settings,
                                                           std::shared_ptr<dynamo::Engine> engine, const Clock& clock);

}  // namespace gatehouse::integration
