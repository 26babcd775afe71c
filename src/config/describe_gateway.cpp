#include "descriptions.hpp"
#include "web_texts.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::config {
namespace {

constexpr Integer<> kCount{1, 10'000'000};

void describe_listener_limits(Fields& f, http::ServerLimits& s) {
  // The head must fit into the worker's receive buffer with room to spare.
  f.field("head", s.head, Ranged<std::uint64_t>{kAnySize, kKiB, 128 * kKiB},
          "Request line and headers together: beyond it 431.");
  f.field("uri", s.uri, Ranged<std::uint64_t>{kAnySize, 64, 64 * kKiB}, "The request target: beyond it 414.");
  f.field("headers", s.headers, Integer<>{1, 1000}, "Number of headers, and of trailers: beyond it 431.");
  f.field("body", s.body, kBodySize, "The request body: beyond it 413. APIs and routes may say otherwise.");
  f.field("connections", s.connections, kCount, "Open connections: more are closed with 503.");
  f.field("connections_per_client", s.connections_per_client, Integer<>{0, 10'000'000},
          "Open connections from one address, trusted proxies excepted. 0: no bound.");
}
constexpr Object<http::ServerLimits> kListenerLimits{"listener_limits", "Bounds on what clients may send.",
                                                     "{head: 64KB, body: 10MB, connections: 10000}",
                                                     describe_listener_limits};

void describe_listener_timeouts(Fields& f, http::ServerTimeouts& s) {
  f.field("head", s.head, kDuration, "From the first byte to the end of the head: beyond it 408.");
  f.field("body", s.body, kDuration, "Between two pieces of the body: beyond it 408.");
  f.field("idle", s.idle, kDuration, "Between two requests on one connection: beyond it the connection is closed.");
  f.field("send", s.send, kDuration, "How long a client may take nothing of what is sent.");
}
constexpr Object<http::ServerTimeouts> kListenerTimeouts{"listener_timeouts", "How long clients may take.",
                                                         "{head: 10s, idle: 60s}", describe_listener_timeouts};

void describe_listener(Fields& f, ListenerSettings& s) {
  f.field("address", s.address, kAddress, "IP address and port. Port 0 takes a free one.", Need::kRequired);
  f.field("limits", s.http.limits, kListenerLimits, "Bounds.");
  f.field("timeouts", s.http.timeouts, kListenerTimeouts, "Deadlines.");
  f.later({"tls", "http2", "acme"});
}
constexpr Object<ListenerSettings> kListener{"listener", "An address that clients connect to.",
                                             "{address: 127.0.0.1:8080}", describe_listener};

void describe_admin(Fields& f, AdminSettings& s) {
  f.field("address", s.address, kAddress, "IP address and port. Keep it where only operators can reach it.");
}
constexpr Object<AdminSettings> kAdmin{"admin", "Where health, readiness and metrics are served.",
                                       "{address: 127.0.0.1:9180}", describe_admin};

using BackendMap = Map<Object<upstream::BackendSettings>>;
using AuthorizerMap = Map<Object<AuthorizerKinds>>;

void describe_backends(Fields& f, Settings& s) {
  BackendMap::Value backends;
  f.field("backends", backends, BackendMap{kName, kBackend, "{echo: {targets: [http://127.0.0.1:19000]}}"},
          "The services behind the gateway, by name.");
  for (auto& [name, backend] : backends) {
    f.reading()->reader().backends.declare(name);
    backend.name = std::move(name);
    s.backends.push_back(std::move(backend));
  }
}

void describe_authorizers(Fields& f, Settings& s) {
  AuthorizerMap::Value authorizers;
  f.field("authorizers", authorizers, AuthorizerMap{kName, kAuthorizer, "{partners: {api_key: {header: x-api-key}}}"},
          "Ways to find out who calls, by name.");
  for (auto& [name, authorizer] : authorizers) {
    f.reading()->reader().authorizers.declare(name);
    const auto add = [&](auto& kind) {
      if (kind) s.authorizers.push_back({std::move(name), std::move(*kind)});
    };
    add(authorizer.api_key);
    add(authorizer.jwt);
    add(authorizer.sigv4);
    add(authorizer.basic);
    add(authorizer.http);
  }
}

void describe_gateway(Fields& f, Settings& s) {
  const Words<unsigned, 1> automatic{{{{"auto", 0}}}};
  f.field("workers", s.workers, WordsOr<Words<unsigned, 1>, Integer<unsigned>>{automatic, Integer<unsigned>{1, 1024}},
          "Threads that serve requests. auto: one for each core.");
  f.field("listeners", s.listeners, list_of(kListener, "[{address: 127.0.0.1:8080}]"), "Where clients connect to.",
          Need::kRequired);
  f.field("admin", s.admin, kAdmin, "Where operators connect to.");
  std::vector<std::string> proxies;
  f.field("trusted_proxies", proxies, maybe_empty_list_of(kNetwork, "[10.0.0.0/8]"),
          "Who may tell the client's address in X-Forwarded-For and Forwarded. From anybody else these headers are "
          "removed.");
  for (const std::string& network : proxies) s.trusted_proxies.add(network);
  const Words<observe::AccessLogSettings, 1> no_log{{{{"none", {false, "stdout"}}}}};
  f.field("access_log", s.access_log,
          WordsOr<Words<observe::AccessLogSettings, 1>, Object<observe::AccessLogSettings>>{no_log, kAccessLog},
          "The access log.");
  f.field("tracing", s.tracing, kTracing, "Distributed tracing.");
  f.field("memory", s.memory, kMemory, "When requests are turned away because memory runs short.");
  f.field("shared", s.shared, kShared, "What the gateways of a fleet have in common. Absent: this process is alone.");
  f.field("drain", s.drain, kDuration, "How long requests may take to finish after SIGTERM.");
  f.field("cache_memory", s.cache_memory, Ranged<std::uint64_t>{kAnySize, 64 * kKiB, 1024 * kGiB},
          "Memory for all that `cache` keeps. What was not used for longest goes first.");
  describe_stores(f, s);
  describe_tables(f, s);
  describe_tables_listener(f, s);
  describe_backends(f, s);
  describe_plans(f, s);
  describe_authorizers(f, s);
  describe_outer_scope(f, s.scoped);
  f.field("apis", s.apis, ApiList{},
          "What is offered to clients.");
  if (f.reading() != nullptr) s.uses_cache = f.reading()->reader().uses_cache;
  // Data is only ever written where something asks for it.
  if (f.reading() != nullptr && !f.given("stores") && f.reading()->reader().needs_store) s.stores.emplace_back().name = "main";
  f.misplaced({"stages", "variables"}, "is for APIs", "move it to the API");
  f.later({"canary", "openapi", "lambda", "templates", "plugins", "acme", "discovery"});
}

}  // namespace

constexpr Object<Settings> kGateway{"gateway", "The file as a whole.", "{listeners: [{address: 127.0.0.1:8080}]}",
                                    describe_gateway};

Model make_model() {
  Model model;
  kGateway.shape(model);
  return model;
}

}  // namespace gatehouse::config
