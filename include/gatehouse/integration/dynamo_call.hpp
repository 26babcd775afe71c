// The full form of a route on a table: any operation of DynamoDB, with its request and the route's answer as JSON that has
// variables in it. Values are inserted as JSON values, never as text: no value can change what is asked.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/integration/table_settings.hpp"
#include "gatehouse/pipeline/integration.hpp"

#include <memory>

namespace gatehouse::integration {

std::shared_ptr<const pipeline::Integration> make_dynamo_call(DynamoCallSettings settings, std::shared_ptr<dynamo::Engine> engine);

}  // namespace gatehouse::integration
