// The static files integration: serves a folder, such as a web application's. Files are opened and read on the blocking
// pool, in pieces, as fast as the client takes them; the worker never waits for the disk.
#pragma once

#include "gatehouse/integration/settings.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/pipeline/integration.hpp"

#include <memory>

namespace gatehouse::integration {

// What is served: the route's greedy variable below the root, or without one the whole path. Never what is outside of the
// root (symbolic links included), nor a name that begins with a dot. `pool` outlives every worker's requests.
std::shared_ptr<const pipeline::Integration> make_static_files(StaticFilesSettings settings, net::BlockingPool& pool);

}  // namespace gatehouse::integration
