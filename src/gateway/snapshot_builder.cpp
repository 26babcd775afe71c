#include "gateway/snapshot_builder.hpp"

#include "gateway/parts.hpp"
#include "gateway/pipeline_order.hpp"
#include "gateway/feed_setup.hpp"
#include "gateway/plan_setup.hpp"
#include "gateway/tables_api.hpp"

#include "gatehouse/integration/dynamo_call.hpp"
#include "gatehouse/integration/dynamodb.hpp"
#include "gatehouse/integration/http_proxy.hpp"
#include "gatehouse/integration/mock.hpp"
#include "gatehouse/integration/static_files.hpp"
#include "gatehouse/integration/table.hpp"
#include "gatehouse/wsapi/management.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

using integration::DynamodbSettings;
using integration::MockSettings;
using integration::ProxySettings;
using integration::StaticFilesSettings;
using Steps = std::vector<middleware::Step>;

Steps make_steps(const EffectiveRoute& effective, const Parts& parts) {
  Steps steps;
  for (const PlannedStep& planned : pipeline_order(effective)) steps.push_back(planned.make(parts));
  return steps;
}

std::unique_ptr<pipeline::Route> route_of(const config::ApiSettings& api, std::string label) {
  auto route = std::make_unique<pipeline::Route>();
  route->api = api.name;
  route->stage = api.stage;
  route->label = std::move(label);
  return route;
}

struct IntegrationMaker {
  const Parts& parts;
  const EffectiveRoute& effective;

  std::shared_ptr<const integration::WebSocketPassage> websocket_passage(const std::string& backend) const {
    if (effective.api->sockets) return nullptr;
    const integration::WebSocketSettings settings = effective.scoped.websocket.value_or(integration::WebSocketSettings());
    if (!settings.enabled) return nullptr;
    return std::make_shared<const integration::WebSocketPassage>(
        integration::WebSocketPassage{settings, effective.api->id(), effective.label, backend, parts.runtime.websockets()});
  }

  using Made = std::shared_ptr<const pipeline::Integration>;
  Made operator()(const ProxySettings& settings) const {
    return integration::make_http_proxy(settings, parts.backends.at(settings.backend), websocket_passage(settings.backend));
  }
  Made operator()(const MockSettings& settings) const { return integration::make_mock(settings); }
  Made operator()(const StaticFilesSettings& settings) const {
    return integration::make_static_files(settings, parts.runtime.blocking_pool());
  }
  Made operator()(const DynamodbSettings& settings) const {
    return integration::make_dynamodb(effective_protocol(settings.protocol, effective), parts.stores.at(settings.store),
                                      parts.runtime.clock());
  }
  Made operator()(const integration::TableRouteSettings& settings) const {
    // The configuration was read with this schema: it is a good one.
    auto schema = settings.schema.empty() ? nullptr : json::Schema::parse(settings.schema).value();
    return integration::make_table(settings, parts.stores.at(settings.store), std::move(schema));
  }
  Made operator()(const integration::DynamoCallSettings& settings) const {
    return integration::make_dynamo_call(settings, parts.stores.at(settings.store));
  }
  Made operator()(const wsapi::ManagementRoute&) const {
    const config::ApiSettings& api = *effective.api;
    return wsapi::make_management({api.id(), api.base_path, api.sockets->limits.socket.message, api.sockets->limits.socket.binary},
                                  parts.runtime.socket_directory());
  }
};

void compile(pipeline::Route& route, const EffectiveRoute& effective, const Parts& parts) {
  route.steps = make_steps(effective, parts);
  route.errors = std::make_shared<pipeline::ErrorAnswers>(effective.scoped.errors.value_or(config::ErrorStyle::kHelpful),
                                                          effective.scoped.error_responses);
  route.answers_preflights = effective.scoped.cors.has_value();
  route.total_timeout = effective.scoped.total_timeout.value_or(Duration{});
  if (!effective.route) return;
  if (std::holds_alternative<wsapi::ManagementRoute>(effective.route->integration)) route.action = wsapi::kManageConnections;
  route.integration = std::visit(IntegrationMaker{parts, effective}, effective.route->integration);
}

// The routes of an API's messages leave `table`; its $connect asks its integration before the connection is the registry's.
SocketPart make_socket_part(const config::Settings& settings, const config::ApiSettings& api, RouteTable& table, std::size_t first,
                            const Parts& parts) {
  SocketPart part{parts.runtime.socket_api(api.id()), nullptr};
  SocketApiBuilder builder(settings, api, parts.runtime.registry());
  for (std::size_t i = 0; i < api.routes.size(); ++i) {
    const config::RouteSettings& route = api.routes[i];
    std::unique_ptr<pipeline::Route>& compiled = table.routes[first + 1 + i];
    if (!route.socket) continue;
    if (is_message_route(route)) {
      builder.add(route, std::move(compiled));
      continue;
    }
    const bool written = !route.position.empty();
    const bool backend = std::holds_alternative<ProxySettings>(route.integration);
    wsapi::ConnectSettings connect{api.name, api.stage, *route.socket, backend, builder.limits()};
    compiled->integration = wsapi::make_connect(std::move(connect), written ? compiled->integration : nullptr, part.api, parts.runtime.sockets());
  }
  const config::RouteSettings nowhere = nowhere_route();
  const EffectiveRoute effective = effective_route(settings, &api, &nowhere);
  auto steps_only = route_of(api, effective.label);
  steps_only->steps = make_steps(effective, parts);
  builder.add_nowhere(std::move(steps_only));
  part.routes = builder.take();
  return part;
}

Result<BackendsByName> make_backends(const config::Settings& settings, Runtime& runtime) {
  BackendsByName backends;
  for (const auto& backend : settings.backends) {
    auto pools = runtime.backend(backend);
    if (!pools) return pools.error();
    backends[backend.name] = *pools;
  }
  return backends;
}

// What the listener for SDK clients answers with.
std::unique_ptr<pipeline::Route> make_tables_route(const config::Settings& settings, const Parts& parts) {
  if (!settings.dynamodb) return nullptr;
  const config::ApiSettings api = tables_api(*settings.dynamodb);
  const EffectiveRoute effective = effective_route(settings, &api, &api.routes.front());
  auto route = route_of(api, effective.label);
  route->pattern = api.routes.front().pattern;
  compile(*route, effective, parts);
  return route;
}

}  // namespace

RouteTable make_route_table(const config::Settings& settings) {
  RouteTable table;
  std::shared_ptr<const pipeline::StageVariables> variables;
  const auto add = [&](const config::ApiSettings& api, const config::RouteSettings* route) {
    auto compiled = route_of(api, effective_route(settings, &api, route).label);
    compiled->stage_variables = variables;
    if (route) compiled->pattern = route->pattern;
    return table.routes.emplace_back(std::move(compiled)).get();
  };
  for (const auto& api : settings.apis) {
    variables = std::make_shared<const pipeline::StageVariables>(api.variables);
    table.first_route.push_back(table.routes.size());
    routing::ApiRoutes routes{api.hosts, api.base_path, {}, add(api, nullptr)};
    for (const auto& route : api.routes) {
      const pipeline::Route* const added = add(api, &route);
      if (!is_message_route(route)) routes.routes.push_back(added);
    }
    table.apis.push_back(std::move(routes));
  }
  return table;
}

Result<std::shared_ptr<const Snapshot>> build_snapshot(config::Settings settings, std::uint64_t version, Runtime& runtime) {
  auto backends = make_backends(settings, runtime);
  if (!backends) return backends.error();
  auto stores = runtime.stores().open(settings.stores);
  if (!stores) return stores.error();
  if (auto declared = Stores::declare(*stores, settings.tables); !declared) return declared.error();
  plans::PlanSetup plan_parts = plan_setup(settings, *stores);
  std::vector<wsapi::FeedSetup> feeds = feed_setup(settings, *stores);
  auto prepared = runtime.plans().prepare(plan_parts);
  if (!prepared) return prepared.error();
  auto log = runtime.use_access_log(settings.access_log);
  if (!log) return log.error();
  if (auto tracing = runtime.use_tracing(settings.tracing); !tracing) return tracing.error();

  if (auto shared = runtime.use_shared(settings.shared); !shared) return shared.error();
  const bool has_sockets = std::ranges::any_of(settings.apis, [](const config::ApiSettings& api) { return api.sockets.has_value(); });
  if (auto fleet = runtime.use_fleet(has_sockets ? settings.shared : std::nullopt); !fleet) return fleet.error();

  auto snapshot = std::make_shared<Snapshot>();
  runtime.response_cache()->set_memory(settings.cache_memory);
  snapshot->version = version;
  snapshot->settings = std::move(settings);
  snapshot->access_log = runtime.access_log();
  const std::string& format = snapshot->settings.access_log.format;
  if (format != "json") snapshot->log_format = middleware::LogFormat::parse(format).value();
  for (const auto& [name, pools] : *backends) snapshot->backends.push_back(pools);
  Parts parts{runtime, std::move(*backends), std::move(*stores), {}, std::move(*prepared), nullptr};
  make_authorizers(snapshot->settings, parts);

  RouteTable table = make_route_table(snapshot->settings);
  for (std::size_t i = 0; i < snapshot->settings.apis.size(); ++i) {
    const config::ApiSettings& api = snapshot->settings.apis[i];
    std::size_t at = table.first_route[i];
    compile(*table.routes[at++], effective_route(snapshot->settings, &api, nullptr), parts);
    for (const auto& route : api.routes)
      compile(*table.routes[at++], effective_route(snapshot->settings, &api, &route), parts);
    if (api.sockets) snapshot->sockets.push_back(make_socket_part(snapshot->settings, api, table, table.first_route[i], parts));
  }
  snapshot->nowhere.api = "(none)";
  snapshot->nowhere.label = "(no route)";
  compile(snapshot->nowhere, effective_route(snapshot->settings, nullptr, nullptr), parts);
  snapshot->tables = make_tables_route(snapshot->settings, parts);
  snapshot->router = std::make_unique<routing::Router>(std::move(table.apis));
  snapshot->routes = std::move(table.routes);
  runtime.plans().adopt(std::move(plan_parts));
  runtime.feeds().adopt(std::move(feeds));
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace gatehouse::gateway
