// What good texts become.
#include "support.hpp"

#include <chrono>

namespace gatehouse::config::test {
namespace {

using namespace std::chrono_literals;
using upstream::Balance;
using upstream::HashSource;
using upstream::HostHeader;

upstream::BackendSettings backend_of(const std::string& text) {
  const Settings settings = settings_of("backends:\n  orders: " + text);
  return settings.backends.empty() ? upstream::BackendSettings() : settings.backends[0];
}

ScopedSettings scoped_of(const std::string& text) {
  return settings_of("authorizers: {k: {api_key: {}}, other: {api_key: {}}}\n" + text).scoped;
}

TEST(SettingsTest, DefaultsAreThoseOfTheStructs) {
  Settings expected;
  expected.listeners.resize(1);
  expected.listeners[0].address = {*IpAddress::parse("127.0.0.1"), 8080};
  EXPECT_EQ(settings_of(""), expected);
  EXPECT_EQ(expected.admin.address.to_string(), "127.0.0.1:9180");
}

TEST(SettingsTest, ReadsWhatAFleetShares) {
  const auto plain = settings_of("shared: {redis: \"redis://redis\"}").shared;
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->redis.host, "redis");
  EXPECT_EQ(plain->redis.port, 6379);
  EXPECT_FALSE(plain->redis.tls);
  EXPECT_EQ(plain->on_failure, middleware::OnFailure::kLocal);
  const auto whole = settings_of(
                         "shared: {redis: \"rediss://app:a%20b@[::1]:7000/3\", on_failure: closed, every: 5ms, timeout: 2s, prefix: x}")
                         .shared;
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->redis.host, "::1");
  EXPECT_EQ(whole->redis.port, 7000);
  EXPECT_EQ(whole->redis.user, "app");
  EXPECT_EQ(whole->redis.password, "a b");
  EXPECT_EQ(whole->redis.database, 3u);
  EXPECT_TRUE(whole->redis.tls);
  EXPECT_EQ(whole->redis.timeout, 2s);
  EXPECT_EQ(whole->every, 5ms);
  EXPECT_EQ(whole->prefix, "x");
}

TEST(SettingsTest, ReadsHowMuchIsTakenOnAtOnce) {
  using Kind = middleware::MemoryLimit::Kind;
  EXPECT_EQ(settings_of("memory: {limit: none}").memory.limit.kind, Kind::kNone);
  EXPECT_EQ(settings_of("memory: {limit: 2GB}").memory.limit.bytes, 2 * kGiB);
  EXPECT_EQ(settings_of("memory: {limit: 50%}").memory.limit.share, 0.5);
  EXPECT_EQ(scoped_of("concurrency: 7").concurrency, (net::PermitSettings{7, 0, 1s}));
  EXPECT_EQ(scoped_of("concurrency: {max: 7, queue: 3, wait: 5s}").concurrency, (net::PermitSettings{7, 3, 5s}));
  EXPECT_EQ(backend_of("{targets: [http://a], concurrency: 9}").concurrency.max, 9u);
}

TEST(SettingsTest, ReadsTheGateway) {
  const Settings settings = settings_of(
      "workers: 4\nadmin: {address: \"[::1]:9\"}\ntrusted_proxies: [10.0.0.0/8, \"::1\"]\naccess_log: {format: json, "
      "to: logs/access.log}\n"
      "errors: aws\ndrain: 2m\n");
  EXPECT_EQ(settings.workers, 4u);
  EXPECT_EQ(settings.admin.address.to_string(), "[::1]:9");
  EXPECT_TRUE(settings.trusted_proxies.contains(*IpAddress::parse("10.1.2.3")));
  EXPECT_FALSE(settings.trusted_proxies.contains(*IpAddress::parse("11.1.2.3")));
  EXPECT_TRUE(settings.access_log.enabled);
  EXPECT_EQ(settings.access_log.to, "/etc/gatehouse/logs/access.log");
  EXPECT_EQ(settings.scoped.errors, ErrorStyle::kAws);
  EXPECT_EQ(settings.drain, 2min);
}

TEST(SettingsTest, SwitchesTheAccessLogOff) {
  EXPECT_FALSE(settings_of("access_log: none").access_log.enabled);
  EXPECT_EQ(settings_of("access_log: {to: stderr}").access_log.to, "stderr");
}

TEST(SettingsTest, ReadsListeners) {
  const Loaded loaded = load(
      "listeners:\n- address: 0.0.0.0:0\n- address: \"[::]:8443\"\n"
      "  limits: {head: 16KB, uri: 4096, headers: 50, body: 1GB, connections: 10, connections_per_client: 0}\n"
      "  timeouts: {head: 250ms, body: 5s, idle: 10m, send: 2h}\n- {address: 0.0.0.0:0}\n");
  ASSERT_TRUE(loaded.settings) << lines_of(loaded).front();
  const auto& listeners = loaded.settings->listeners;
  ASSERT_EQ(listeners.size(), 3u);
  EXPECT_EQ(listeners[0].http, http::ServerSettings());
  EXPECT_EQ(listeners[1].address.to_string(), "[::]:8443");
  EXPECT_EQ(listeners[1].http.limits, (http::ServerLimits{16 * kKiB, 4096, 50, kGiB, 10, 0}));
  EXPECT_EQ(listeners[1].http.timeouts, (http::ServerTimeouts{250ms, 5s, 10min, 2h}));
}

TEST(SettingsTest, ReadsTargets) {
  const auto backend = backend_of(
      "{targets: [http://Orders-1, \"https://api.example.com\", {url: \"http://[::1]:8000\", weight: 0}, "
      "http://my_service:81]}");
  ASSERT_EQ(backend.targets.size(), 4u);
  EXPECT_EQ(backend.name, "orders");
  EXPECT_EQ(backend.targets[0], (upstream::TargetSettings{"http://Orders-1", "orders-1", 80, false, 1}));
  EXPECT_EQ(backend.targets[1], (upstream::TargetSettings{"https://api.example.com", "api.example.com", 443, true, 1}));
  EXPECT_EQ(backend.targets[2], (upstream::TargetSettings{"http://[::1]:8000", "::1", 8000, false, 0}));
  EXPECT_EQ(backend.targets[3].port, 81);
}

TEST(SettingsTest, ReadsBalance) {
  const auto balance = [](const std::string& text) {
    return backend_of("{targets: [http://a], balance: " + text + "}").balance;
  };
  EXPECT_EQ(balance("round_robin"), upstream::BalanceSettings());
  EXPECT_EQ(balance("least_requests").kind, Balance::kLeastRequests);
  EXPECT_EQ(balance("{hash: $header.X-User}"),
            (upstream::BalanceSettings{Balance::kHash, HashSource::kHeader, "X-User"}));
  EXPECT_EQ(balance("{hash: $cookie.session}"),
            (upstream::BalanceSettings{Balance::kHash, HashSource::kCookie, "session"}));
  EXPECT_EQ(balance("{hash: $client_ip}"), (upstream::BalanceSettings{Balance::kHash, HashSource::kClientIp, ""}));
}

TEST(SettingsTest, ReadsTheRestOfABackend) {
  const auto backend = backend_of(R"(
    targets: [https://a]
    health: {path: "/healthz?full=1", every: 1s, timeout: 500ms, unhealthy_after: 5, healthy_after: 1}
    ejection: {failures: 0, open: 1m}
    timeouts: {connect: 1s, first_byte: 10s, idle: 20s, total: 30s}
    retries: {attempts: 2, budget: 12.5%}
    breaker: {errors: 50%, window: 20s, open: 7s}
    pool: {connections: 10, queue: 0, idle: 0, idle_time: 5s}
    protocol: http1
    host: Orders.internal:81
    tls: {ca: ca.pem, server_name: Orders.internal, verify: false, certificate: a.pem, key: /b.pem}
)");
  EXPECT_EQ(backend.health, (upstream::HealthSettings{"/healthz?full=1", 1s, 500ms, 5, 1}));
  EXPECT_EQ(backend.ejection, (upstream::EjectionSettings{0, 1min}));
  EXPECT_EQ(backend.timeouts, (upstream::TimeoutSettings{1s, 10s, 20s, 30s}));
  EXPECT_EQ(backend.retries, (upstream::RetrySettings{2, 0.125}));
  EXPECT_EQ(backend.breaker, (upstream::BreakerSettings{0.5, 20s, 7s}));
  EXPECT_EQ(backend.pool, (upstream::PoolSettings{10, 0, 0, 5s}));
  EXPECT_EQ(backend.host, HostHeader::kFixed);
  EXPECT_EQ(backend.host_name, "Orders.internal:81");
  EXPECT_EQ(backend.tls, (net::TlsClientSettings{"/etc/gatehouse/ca.pem", "orders.internal", false,
                                                 "/etc/gatehouse/a.pem", "/b.pem"}));
}

TEST(SettingsTest, ReadsHostChoices) {
  EXPECT_EQ(backend_of("{targets: [http://a]}").host, HostHeader::kTarget);
  EXPECT_EQ(backend_of("{targets: [http://a], host: target}").host, HostHeader::kTarget);
  EXPECT_EQ(backend_of("{targets: [http://a], host: preserve}").host, HostHeader::kPreserve);
}

TEST(SettingsTest, ReadsApiKeyAuthorizers) {
  const Settings settings = settings_of(R"(
authorizers:
  partners:
    api_key:
      header: X-Partner-Key
      query: api_key
      keys:
        - {id: a, key: "${SECRET_KEY}"}
        - {id: b, sha256: 2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25A}
  others: {api_key: {}}
)",
                                        {{"SECRET_KEY", "secret"}});
  ASSERT_EQ(settings.authorizers.size(), 2u);
  const middleware::ApiKeySettings expected{
      "X-Partner-Key",
      "api_key",
      {{"a", "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"},
       {"b", "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25a"}}};
  EXPECT_EQ(settings.authorizers[0], (AuthorizerSettings{"partners", expected}));
  EXPECT_EQ(settings.authorizers[1], (AuthorizerSettings{"others", middleware::ApiKeySettings{"x-api-key", "", {}}}));
}

TEST(SettingsTest, ReadsWhatHoldsAtEveryLevel) {
  const std::string text =
      "cors: {origins: [\"*\"]}, auth: [k, other], throttle: [{rate: 1/s}], limits: {body: 1MB}, timeouts: {total: 5s}";
  const Settings settings = settings_of(
      "authorizers: {k: {api_key: {}}, other: {api_key: {}}}\n"
      "cors: {origins: [\"*\"]}\nauth: none\nthrottle: []\nlimits: {body: 5}\ntimeouts: {total: 0s}\n"
      "apis: [{name: a, " +
      text + ", routes: [{match: $default, mock: {}, " + text + "}]}]");
  EXPECT_EQ(settings.scoped.auth, std::vector<std::vector<std::string>>());
  EXPECT_EQ(settings.scoped.throttle, std::vector<middleware::ThrottleSettings>());
  EXPECT_EQ(settings.scoped.body_limit, 5u);
  EXPECT_EQ(settings.scoped.total_timeout, Duration(0));
  ASSERT_EQ(settings.apis.size(), 1u);
  const ScopedSettings& api = settings.apis[0].scoped;
  EXPECT_EQ(api.auth, (std::vector<std::vector<std::string>>{{"k"}, {"other"}}));
  ASSERT_TRUE(api.throttle && api.cors);
  EXPECT_EQ(api.cors->origins, std::vector<std::string>{"*"});
  EXPECT_EQ(api.body_limit, kMiB);
  EXPECT_EQ(api.total_timeout, Duration(5s));
  EXPECT_EQ(settings.apis[0].routes[0].scoped, api);
}

TEST(SettingsTest, SomeListsMayBeEmpty) {
  const Settings settings = settings_of(
      "trusted_proxies: []\napis: []\nauthorizers: {k: {api_key: {keys: []}}}\n"
      "cors: {origins: [\"*\"], methods: [], headers: [], expose: []}");
  EXPECT_TRUE(settings.trusted_proxies.empty());
  EXPECT_TRUE(settings.apis.empty());
  EXPECT_TRUE(std::get<middleware::ApiKeySettings>(settings.authorizers.at(0).kind).keys.empty());
}

TEST(SettingsTest, KnowsWhatWasNotSaid) {
  const RouteSettings route = route_of("{match: GET /a, mock: {}}");
  EXPECT_EQ(route.scoped, ScopedSettings());
  EXPECT_FALSE(route.scoped.auth);
}

TEST(SettingsTest, ReadsCors) {
  const auto scoped = scoped_of(
      "cors: {origins: [\"HTTPS://Shop.example.com\", \"https://*.example.com\", \"https://*\", "
      "\"http://localhost:3000\", \"null\"], methods: [GET, \"*\"],"
      " headers: [Authorization, \"*\"], expose: [x-a], credentials: true, max_age: 10m}");
  ASSERT_TRUE(scoped.cors);
  const middleware::CorsSettings expected{
      {"https://shop.example.com", "https://*.example.com", "https://*", "http://localhost:3000", "null"},
      {"GET", "*"},
      {"Authorization", "*"},
      {"x-a"},
      true,
      10min};
  EXPECT_EQ(*scoped.cors, expected);
}

TEST(SettingsTest, ReadsThrottles) {
  const auto scoped = scoped_of(
      "throttle: [{rate: 50/s, burst: 100}, {per: route, rate: 0.5/s}, {per: api, rate: 60/m}, {per: client_ip, rate: "
      "100/min},"
      " {per: $header.X-Tenant, rate: 5/h}, {per: client_ip, rate: 7/hour}, {per: api, rate: 9/d}, {per: api, rate: "
      "1000/day}]\nauth: [k]");
  ASSERT_TRUE(scoped.throttle);
  using middleware::ThrottleKey;
  const std::vector<middleware::ThrottleSettings> expected = {
      {ThrottleKey::kRoute, "", {50, 1s}, 100},       {ThrottleKey::kRoute, "", {0.5, 1s}, 0},
      {ThrottleKey::kApi, "", {60, 1min}, 0},         {ThrottleKey::kClientIp, "", {100, 1min}, 0},
      {ThrottleKey::kHeader, "x-tenant", {5, 1h}, 0}, {ThrottleKey::kClientIp, "", {7, 1h}, 0},
      {ThrottleKey::kApi, "", {9, 24h}, 0},           {ThrottleKey::kApi, "", {1000, 24h}, 0}};
  EXPECT_EQ(*scoped.throttle, expected);
}

TEST(SettingsTest, ReadsApis) {
  const Settings settings = settings_of(
      "apis:\n- {name: shop, type: http, hosts: [API.example.com, \"*.shop.example.com\", 127.0.0.1], base_path: /v1, "
      "routes: [{match: \"GET /a/{id}\", mock: {}}]}\n"
      "- {name: all, base_path: /, routes: [{match: $default, mock: {}}]}");
  ASSERT_EQ(settings.apis.size(), 2u);
  EXPECT_EQ(settings.apis[0].hosts, (std::vector<std::string>{"api.example.com", "*.shop.example.com", "127.0.0.1"}));
  EXPECT_EQ(settings.apis[0].base_path, "/v1");
  EXPECT_EQ(settings.apis[1].base_path, "");
  const RouteSettings& route = settings.apis[0].routes[0];
  EXPECT_EQ(route.match, "GET /a/{id}");
  EXPECT_EQ(route.pattern, *pipeline::RoutePattern::parse("GET /a/{id}", "/v1"));
  EXPECT_EQ(route.position, "config.yaml:3:112");
  EXPECT_TRUE(settings.apis[1].routes[0].pattern.is_default);
}

TEST(SettingsTest, ReadsConditions) {
  const RouteSettings route =
      route_of("{match: GET /a, mock: {}, when: {headers: {X-Version: 2, x-b: \"*\"}, query: {Debug: true}}}");
  EXPECT_EQ(route.pattern.headers, (std::vector<pipeline::Condition>{{"x-version", "2"}, {"x-b", "*"}}));
  EXPECT_EQ(route.pattern.query, (std::vector<pipeline::Condition>{{"Debug", "true"}}));
}

TEST(SettingsTest, ReadsProxyRoutes) {
  const auto plain =
      std::get<integration::ProxySettings>(route_of("{match: \"ANY /a/{proxy+}\", backend: b}").integration);
  EXPECT_EQ(plain.backend, "b");
  EXPECT_FALSE(plain.path);
  const RouteSettings route = route_of(
      "{match: \"ANY /a/{proxy+}\", backend: b, path: \"/${STAGE}/{proxy}\", cache: none}", {{"STAGE", "test"}});
  const auto& proxy = std::get<integration::ProxySettings>(route.integration);
  ASSERT_TRUE(proxy.path);
  EXPECT_EQ(proxy.path->text(), "/test/{proxy}");
  EXPECT_FALSE(route.pattern.greedy_may_be_empty);
}

TEST(SettingsTest, ReadsMocks) {
  const RouteSettings route = route_of(
      "{match: \"GET /a/{id}\", mock: {status: 404, headers: {x-id: $path.id}, body: \"no ${query.x|a b} $$5\"}}");
  const auto& mock = std::get<integration::MockSettings>(route.integration);
  EXPECT_EQ(mock.status, 404);
  ASSERT_EQ(mock.headers.size(), 1u);
  EXPECT_EQ(mock.headers[0].first, "x-id");
  EXPECT_EQ(mock.headers[0].second.text(), "$path.id");
  EXPECT_EQ(mock.body.text(), "no ${query.x|a b} $$5");
  EXPECT_EQ(std::get<integration::MockSettings>(route_of("{match: GET /a, mock: {}}").integration),
            integration::MockSettings());
}

TEST(SettingsTest, AValueFromTheEnvironmentIsNoTemplate) {
  const RouteSettings route = route_of("{match: GET /a, mock: {body: \"${PRICE}\"}}", {{"PRICE", "$query.x"}});
  const auto& mock = std::get<integration::MockSettings>(route.integration);
  EXPECT_TRUE(mock.body.is_literal());
}

TEST(SettingsTest, ReadsStaticFiles) {
  const RouteSettings route = route_of(
      "{match: \"GET /app/{file+}\", static_files: {root: ../web, index: start.html, fallback: app/index.html, "
      "cache_control: no-cache}}");
  EXPECT_EQ(std::get<integration::StaticFilesSettings>(route.integration),
            (integration::StaticFilesSettings{"/etc/web", "start.html", "app/index.html", "no-cache"}));
  EXPECT_TRUE(route.pattern.greedy_may_be_empty);
}

TEST(SettingsTest, ReadsHeaderChangesInTheOrderTheyAreMade) {
  const RouteSettings route = route_of(
      "{match: GET /a, backend: b, request: {set_header: {x-a: $context.client_ip}, append_header: {x-b: \"1\"}, "
      "remove_header: [Cookie]},"
      " response: {set_header: {x-served-by: gatehouse}}}");
  using Kind = middleware::FieldChange::Kind;
  ASSERT_TRUE(route.scoped.request && route.scoped.response);
  ASSERT_EQ(route.scoped.request->headers.size(), 3u);
  EXPECT_EQ(route.scoped.request->headers[0].kind, Kind::kRemove);
  EXPECT_EQ(route.scoped.request->headers[0].name, "Cookie");
  EXPECT_EQ(route.scoped.request->headers[1].kind, Kind::kSet);
  EXPECT_EQ(route.scoped.request->headers[1].value.text(), "$context.client_ip");
  EXPECT_EQ(route.scoped.request->headers[2].kind, Kind::kAppend);
  ASSERT_EQ(route.scoped.response->headers.size(), 1u);
  EXPECT_EQ(route.scoped.response->headers[0].name, "x-served-by");
}

TEST(SettingsTest, EveryScalarMayBeAReference) {
  const Settings settings = settings_of(
      "workers: ${WORKERS}\nerrors: ${ERRORS:-aws}\nauth: ${AUTH}\nbackends: {\"b\": {targets: [\"${URL}\"], balance: "
      "\"${BALANCE}\", tls: {verify: \"${VERIFY}\"}}}",
      {{"WORKERS", "auto"},
       {"AUTH", "none"},
       {"URL", "https://b:1"},
       {"BALANCE", "least_requests"},
       {"VERIFY", "false"}});
  EXPECT_EQ(settings.workers, 0u);
  EXPECT_EQ(settings.scoped.errors, ErrorStyle::kAws);
  EXPECT_EQ(settings.scoped.auth, std::vector<std::vector<std::string>>());
  ASSERT_EQ(settings.backends.size(), 1u);
  EXPECT_EQ(settings.backends[0].targets[0].port, 1);
  EXPECT_EQ(settings.backends[0].balance.kind, Balance::kLeastRequests);
  EXPECT_FALSE(settings.backends[0].tls.verify);
}

TEST(SettingsTest, AnAliasStandsForAWholeValue) {
  const Settings settings = settings_of(
      "backends:\n  a: {targets: [http://a], timeouts: &slow {total: 5m}}\n  b: {targets: [http://b], timeouts: "
      "*slow}");
  ASSERT_EQ(settings.backends.size(), 2u);
  EXPECT_EQ(settings.backends[0].timeouts.total, 5min);
  EXPECT_EQ(settings.backends[1].timeouts, settings.backends[0].timeouts);
}

}  // namespace
}  // namespace gatehouse::config::test
