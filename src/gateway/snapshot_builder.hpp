// Settings to snapshot: compiles chains and router, asks the runtime for what lives longer.
#pragma once

#include "gateway/runtime.hpp"
#include "gateway/snapshot.hpp"

namespace gatehouse::gateway {

// The last thing that can fail is opening the access log: a failure changes nothing.
Result<std::shared_ptr<const Snapshot>> build_snapshot(config::Settings settings, std::uint64_t version, Runtime& runtime);

// The router's view of `settings`, with a route for every entry; for explaining without running. `routes` owns them; those
// of API i begin at first_route[i], its fallback first.
struct RouteTable {
  std::vector<std::unique_ptr<pipeline::Route>> routes;
  std::vector<std::size_t> first_route;
  std::vector<routing::ApiRoutes> apis;
};
RouteTable make_route_table(const config::Settings& settings);

}  // namespace gatehouse::gateway
