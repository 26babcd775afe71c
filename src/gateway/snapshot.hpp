// One configuration, compiled: immutable, shared by all workers; a request keeps the one it began with.
#pragma once

#include "gateway/pool_set.hpp"
#include "gateway/socket_apis.hpp"

#include "gatehouse/config/settings.hpp"
#include "gatehouse/middleware/log_format.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/routing/router.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace gatehouse::gateway {

struct Snapshot {
  std::uint64_t version;
  config::Settings settings;
  std::vector<std::shared_ptr<PoolSet>> backends;
  std::shared_ptr<observe::AccessLog> access_log;
  std::optional<middleware::LogFormat> log_format;  // none: JSON
  std::vector<std::unique_ptr<pipeline::Route>> routes;  // the fallbacks of APIs among them; null where messages have it
  pipeline::Route nowhere;                               // where no API matches
  std::unique_ptr<pipeline::Route> tables;               // what the listener for SDK clients answers with; may be none
  std::unique_ptr<routing::Router> router;
  std::vector<SocketPart> sockets;  // the WebSocket APIs; theirs are the routes that messages take
};

}  // namespace gatehouse::gateway
