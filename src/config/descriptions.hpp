// The descriptions of the file's objects, bottom to top: each is read, checked, put into the schema and documented by the
// same lines (fields.hpp).
#pragma once

#include "fields.hpp"
#include "gatehouse/config/settings.hpp"

namespace gatehouse::config {

// cors, auth, throttle, validate, request, response, compression, cache, limits, timeouts and more: what may be said at the
// gateway, an API, a stage or a route. Gives the path that `request` asks for.
std::optional<pipeline::ValueTemplate> describe_scoped(Fields& fields, ScopedSettings& settings);
// The same where there is no route: without what only routes can have.
void describe_outer_scope(Fields& fields, ScopedSettings& settings);
// Of that, cors, auth, scopes, claims, throttle, concurrency, ip and policy: who may call, and how much.
void describe_callers(Fields& fields, ScopedSettings& settings);
void describe_total_timeout(Fields& fields, ScopedSettings& settings);
void describe_compression(Fields& fields, ScopedSettings& settings);
void describe_cache(Fields& fields, ScopedSettings& settings);
// For a route: what is given at its API may not concern it.
void refuse_cache_without_backend(Fields& fields, const ScopedSettings& settings);

// scopes, claims.
void describe_claims(Fields& fields, ScopedSettings& settings);
// errors, error_responses: part of these.
void describe_errors(Fields& fields, ScopedSettings& settings);

// An authorizer as it is written: exactly one of its kinds.
struct AuthorizerKinds {
  std::optional<middleware::ApiKeySettings> api_key;
  std::optional<middleware::JwtSettings> jwt;
  std::optional<middleware::SigV4Settings> sigv4;
  std::optional<middleware::BasicSettings> basic;
  std::optional<middleware::HttpAuthorizerSettings> http;
};

// 100, or {max: 100, queue: 50, wait: 2s}.
struct Concurrency {
  using Value = net::PermitSettings;
  static constexpr Node::Kind kNode = Node::Kind::kMap;
  std::string expected() const;
  std::string print(const Value& value) const;
  bool read(const Cursor& at, Value& value) const;
  Shape shape(Model& model) const;
};
extern const Object<middleware::MemorySettings> kMemory;
extern const Object<SharedSettings> kShared;
extern const Object<upstream::BackendSettings> kBackend;
extern const Object<AuthorizerKinds> kAuthorizer;
extern const Object<middleware::TracingSettings> kTracing;
extern const Object<observe::AccessLogSettings> kAccessLog;
extern const Object<middleware::JwtSettings> kJwt;
extern const Object<RouteSettings> kRoute;
extern const Object<middleware::ValidateSettings> kValidate;
// `model` of a route of a WebSocket API.
void describe_model(Fields& fields, std::optional<middleware::ValidateSettings>& settings);
// request, response: part of describe_scoped(). Gives the path that `request` asks for.
std::optional<pipeline::ValueTemplate> describe_changes(Fields& fields, ScopedSettings& settings);
// parameters, response_parameters of a route, and its request's path, once its integration is known.
void describe_mapping(Fields& fields, RouteSettings& settings, std::optional<pipeline::ValueTemplate> path_of_request);
extern const Object<integration::TableRouteSettings> kTableRoute;

// `dynamodb` of a route: its protocol, or, with an action, one operation.
struct DynamodbRoute {
  integration::DynamodbSettings protocol;
  std::optional<integration::DynamoCallSettings> call;
};
extern const Object<DynamodbRoute> kDynamodbRoute;
void describe_dynamo_call(Fields& fields, integration::DynamoCallSettings& settings);
// Gives every route on a table the table's keys, once all is read; says which do not fit.
void complete_table_routes(const Cursor& root, Settings& settings);
extern const Object<Settings> kGateway;

// stores, tables, dynamodb. Before anything that names a store or a table.
void describe_stores(Fields& fields, Settings& settings);
void describe_tables(Fields& fields, Settings& settings);
void describe_tables_listener(Fields& fields, Settings& settings);
// The key `store`: it may be left out where there is only one.
void describe_store_choice(Fields& fields, std::string& store);

// usage_plans, usage. Before anything that names a plan.
void describe_plans(Fields& fields, Settings& settings);
// The keys of an API key authorizer that are in a store.
void describe_key_store(Fields& fields, middleware::ApiKeySettings& settings);

extern const Object<ApiSettings> kWebSocketApi;
// Where throttle rules cannot be `per: connection`.
void refuse_per_connection(Fields& fields, const ScopedSettings& settings);
// backend, path, mock, table, dynamodb and, where routes may have files, static_files: exactly one.
enum class FilesAllowed : unsigned char { kNo, kYes };
void describe_integration(Fields& fields, RouteSettings& settings, FilesAllowed files);
// Adds to every WebSocket API what is there without being written: a $connect that lets everybody in, the routes of management
// calls. Gives the routes of messages what $connect decides.
void complete_websocket_apis(Settings& settings);

// An API of either type.
struct ApiKind {
  using Value = ApiSettings;
  std::string expected() const;
  std::string print(const ApiSettings&) const { return {}; }
  bool read(const Cursor& at, ApiSettings& settings) const;
  Shape shape(Model& model) const;
};

// APIs of both types, one for each stage of what an item of the list says.
struct ApiList {
  using Value = std::vector<ApiSettings>;
  static constexpr List<ApiKind> kList = maybe_empty_list_of(ApiKind{}, "[{name: shop, routes: [...]}]");
  std::string expected() const { return kList.expected(); }
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& apis) const;
  Shape shape(Model& model) const { return kList.shape(model); }
};

// A word that has one meaning in this version, such as `format: json`.
struct OnlyChoice {
  bool operator==(const OnlyChoice&) const = default;
};
using OnlyWord = Words<OnlyChoice, 1>;

}  // namespace gatehouse::config
