// Everything that one file says, resolved and checked: defaults in, references valid, inheritance not yet applied.
// Plain values; no YAML. The names are those of docs/configuration.md.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/http/settings.hpp"
#include "gatehouse/integration/settings.hpp"
#include "gatehouse/integration/table_settings.hpp"
#include "gatehouse/integration/websocket.hpp"
#include "gatehouse/middleware/access_settings.hpp"
#include "gatehouse/middleware/cache_settings.hpp"
#include "gatehouse/middleware/compression_settings.hpp"
#include "gatehouse/middleware/http_authorizer_settings.hpp"
#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/middleware/overload.hpp"
#include "gatehouse/middleware/settings.hpp"
#include "gatehouse/middleware/shared_buckets.hpp"
#include "gatehouse/middleware/tracing_settings.hpp"
#include "gatehouse/middleware/validate_settings.hpp"
#include "gatehouse/observe/settings.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/plans/settings.hpp"
#include "gatehouse/redis/settings.hpp"
#include "gatehouse/upstream/settings.hpp"
#include "gatehouse/wsapi/settings.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::config {

// Who answers on a listener.
enum class ListenerPurpose : unsigned char { kApis, kTables };

struct ListenerSettings {
  Endpoint address;
  http::ServerSettings http;
  ListenerPurpose purpose = ListenerPurpose::kApis;
  bool operator==(const ListenerSettings&) const = default;
};

struct AdminSettings {
  Endpoint address{IpAddress::parse("127.0.0.1").value_or(IpAddress()), 9180};
  bool operator==(const AdminSettings&) const = default;
};

using pipeline::ErrorStyle;

// Changes to a request on its way to the integration.
struct RequestChanges {
  std::vector<middleware::FieldChange> headers;
  std::vector<middleware::FieldChange> query;
  bool operator==(const RequestChanges&) const = default;
};

// Changes to an answer on its way to the client.
struct ResponseChanges {
  std::vector<middleware::FieldChange> headers;
  std::vector<middleware::TransformSettings::ForStatus> by_status;
  bool operator==(const ResponseChanges&) const = default;
};

// What may be said at the gateway, an API, a stage or a route; the innermost that says something wins.
struct ScopedSettings {
  std::optional<middleware::CorsSettings> cors;
  // Names of authorizers: one of these groups must accept, a group when all of it does. No group: auth: none.
  std::optional<std::vector<std::vector<std::string>>> auth;
  std::optional<std::vector<std::string>> scopes;  // any of
  std::optional<std::vector<middleware::ClaimCondition>> claims;
  std::optional<std::vector<middleware::ThrottleSettings>> throttle;
  std::optional<middleware::IpRules> ip;
  std::optional<middleware::PolicySettings> policy;
  std::optional<middleware::CompressionSettings> compression;
  std::optional<middleware::CacheSettings> cache;
  std::optional<net::PermitSettings> concurrency;
  std::optional<std::uint64_t> body_limit;  // limits: {body: …}
  std::optional<Duration> total_timeout;    // timeouts: {total: …}
  std::optional<integration::WebSocketSettings> websocket;
  std::optional<middleware::ValidateSettings> validate;  // of a message: its model
  std::optional<RequestChanges> request;
  std::optional<std::uint64_t> mapping_limit;  // request: {limit: …}
  std::optional<ResponseChanges> response;
  std::optional<ErrorStyle> errors;
  std::vector<pipeline::ErrorResponse> error_responses;  // each type at most once
  bool operator==(const ScopedSettings&) const = default;
};

using IntegrationSettings =
    std::variant<integration::ProxySettings, integration::MockSettings, integration::StaticFilesSettings,
                 integration::DynamodbSettings, integration::TableRouteSettings, integration::DynamoCallSettings,
                 wsapi::ManagementRoute>;

struct AuthorizerSettings {
  std::string name;
  std::variant<middleware::ApiKeySettings, middleware::JwtSettings, middleware::SigV4Settings, middleware::BasicSettings,
               middleware::HttpAuthorizerSettings> kind;
  bool operator==(const AuthorizerSettings&) const = default;
};

struct RouteSettings {
  std::string match;               // as written
  pipeline::RoutePattern pattern;  // with the API's base path
  IntegrationSettings integration;
  ScopedSettings scoped;
  std::optional<wsapi::RouteSettings> socket;  // of a WebSocket API; $connect alone has a pattern
  std::string position;  // "gatehouse.yaml:42:7", for messages
  bool operator==(const RouteSettings&) const = default;
};

// An API, or one of its stages: each is one of these, with what is the same for all of them.
struct ApiSettings {
  std::string name;
  std::string stage{pipeline::kDefaultStage};
  pipeline::StageVariables variables;  // what $stage.x stood for
  std::size_t item = 0;  // of the list `apis`, from which it was read
  std::vector<std::string> hosts;
  std::string base_path;
  ScopedSettings scoped;
  ScopedSettings stage_scoped;  // wins over `scoped`
  std::optional<wsapi::ApiSettings> sockets;  // type: websocket
  std::optional<ScopedSettings> management;   // who may make management calls; none: nobody here
  std::vector<RouteSettings> routes;
  // "shop", or "shop/dev": what tells it from all others.
  std::string id() const { return stage == pipeline::kDefaultStage ? name : name + '/' + stage; }
  bool operator==(const ApiSettings&) const = default;
};

// The listener for SDK clients.
struct TablesListenerSettings {
  Endpoint address{IpAddress::parse("127.0.0.1").value_or(IpAddress()), 8000};
  integration::DynamodbSettings tables;
  bool operator==(const TablesListenerSettings&) const = default;
};

// What gateways of a fleet have in common.
struct SharedSettings {
  redis::Settings redis;
  std::string prefix = "gatehouse:";  // of every key
  middleware::OnFailure on_failure = middleware::OnFailure::kLocal;
  Duration every = std::chrono::milliseconds(50);  // between two rounds of reports
  bool operator==(const SharedSettings&) const = default;
};

struct Settings {
  unsigned workers = 0;  // 0: as many as cores
  std::vector<ListenerSettings> listeners;
  AdminSettings admin;
  IpSet trusted_proxies;
  observe::AccessLogSettings access_log;
  std::optional<middleware::TracingSettings> tracing;
  middleware::MemorySettings memory;
  std::optional<SharedSettings> shared;
  Duration drain = std::chrono::seconds(30);  // grace time of SIGTERM
  std::uint64_t cache_memory = 64 * kMiB;
  bool uses_cache = false;  // some scope has one
  std::vector<upstream::BackendSettings> backends;
  std::vector<AuthorizerSettings> authorizers;
  std::vector<plans::PlanSettings> usage_plans;
  plans::UsageSettings usage;
  ScopedSettings scoped;
  std::vector<ApiSettings> apis;
  std::vector<dynamo::StoreSettings> stores;  // those that are opened: `main` is here only when something needs it
  std::vector<dynamo::TableSettings> tables;
  std::optional<TablesListenerSettings> dynamodb;
  bool operator==(const Settings&) const = default;
};

}  // namespace gatehouse::config
