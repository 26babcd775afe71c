// The table integration: a route served by a table, plain JSON both ways. Built once per configuration, shared by all workers.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/integration/table_settings.hpp"
#include "gatehouse/json/schema.hpp"
#include "gatehouse/pipeline/integration.hpp"

#include <memory>

namespace gatehouse::integration {

// `schema`: null when items are not validated. `engine` outlives every request.
std::shared_ptr<const pipeline::Integration> make_table(TableRouteSettings settings, std::shared_ptr<dynamo::Engine> engine,
                                                        std::shared_ptr<const json::Schema> schema);

}  // namespace gatehouse::integration
