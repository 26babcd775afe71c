#include "gateway/tables_api.hpp"

#include "gatehouse/dynamo/adapter/protocol.hpp"

#include <chrono>

namespace gatehouse::gateway {
namespace {

// Browsers may call wherever a signature is asked for. Where none is, pages of this machine only: any other page that its
// user visits could otherwise read and change the tables.
middleware::CorsSettings cors_of(const config::TablesListenerSettings& settings) {
  middleware::CorsSettings cors;
  if (settings.tables.protocol.access_keys.empty()) {
    cors.origins = {"http://localhost:*", "http://localhost", "http://127.0.0.1:*", "https://localhost:*"};
  } else {
    cors.origins = {"*"};
  }
  cors.methods = {"*"};
  cors.headers = {"*"};
  cors.expose = {"x-amzn-RequestId", "x-amz-crc32", "Date"};
  cors.max_age = std::chrono::hours(48);
  return cors;
}

}  // namespace

config::ApiSettings tables_api(const config::TablesListenerSettings& settings) {
  config::ApiSettings api;
  api.name = "dynamodb";
  api.scoped.cors = cors_of(settings);
  api.scoped.auth.emplace();    // the signature says who calls
  api.scoped.policy.emplace();  // and its key what they may do
  api.scoped.validate.emplace();  // and the protocol what a request is
  api.scoped.request.emplace();
  api.scoped.response.emplace();
  config::RouteSettings& route = api.routes.emplace_back();
  route.match = "POST /";
  route.pattern = pipeline::RoutePattern::parse(route.match).value();
  route.integration = settings.tables;
  return api;
}

std::vector<config::ListenerSettings> all_listeners(const config::Settings& settings) {
  std::vector<config::ListenerSettings> listeners = settings.listeners;
  if (!settings.dynamodb) return listeners;
  config::ListenerSettings& listener = listeners.emplace_back();
  listener.address = settings.dynamodb->address;
  listener.purpose = config::ListenerPurpose::kTables;
  listener.http.limits.body = dynamo::kMaxBody;
  return listeners;
}

dynamo::ProtocolSettings effective_protocol(dynamo::ProtocolSettings protocol, const EffectiveRoute& route) {
  if (!protocol.access_keys.empty()) {
    protocol.without_signature = dynamo::Unsigned::kRefused;
  } else {
    const bool asked = route.scoped.auth && !route.scoped.auth->empty();
    protocol.without_signature = asked ? dynamo::Unsigned::kAccepted : dynamo::Unsigned::kLoopback;
  }
  return protocol;
}

}  // namespace gatehouse::gateway
