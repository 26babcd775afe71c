// The descriptions of the file's objects, bottom to top: each is read, checked, put into the schema and documented by the
// same lines (fields.hpp).
#pragma once

#include "fields.hpp"
#include "gatehouse/config/settings.hpp"

namespace gatehouse::config {

// cors, auth, throttle, limits, timeouts: what may be said at the gateway, an API or a route.
void describe_scoped(Fields& fields, ScopedSettings& settings);

// An authorizer as it is written: exactly one of its kinds.
struct AuthorizerKinds {
  std::optional<middleware::ApiKeySettings> api_key;
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
extern const Object<RouteSettings> kRoute;
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

// An API; a WebSocket API is refused as a whole, so that nothing in it is judged by the rules of HTTP APIs.
struct ApiKind {
  using Value = ApiSettings;
  std::string expected() const;
  std::string print(const ApiSettings&) const { return {}; }
  bool read(const Cursor& at, ApiSettings& settings) const;
  Shape shape(Model& model) const;
};

// A word that has one meaning in this version, such as `format: json`.
struct OnlyChoice {
  bool operator==(const OnlyChoice&) const = default;
};
using OnlyWord = Words<OnlyChoice, 1>;

}  // namespace gatehouse::config
