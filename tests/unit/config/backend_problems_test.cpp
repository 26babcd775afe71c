// What may be wrong with a backend. A listener is on line 1 of every text.
#include "support.hpp"

namespace gatehouse::config::test {
namespace {

class BackendProblemsTest : public testing::TestWithParam<ProblemCase> {};

TEST_P(BackendProblemsTest, AreReportedWithPlaceAndFix) { expect_problems(GetParam()); }

// clang-format off
const ProblemCase kCases[] = {
    {"WithoutTargets",
     R"(backends:
  orders: {})",
     {R"(3:11: backends.orders: 'targets' is missing (add targets: a list such as [http://orders-1:8000]))"}},
    {"WithEmptyTargets",
     R"(backends:
  orders: {targets: []})",
     {R"(3:21: backends.orders.targets: expected a list such as [http://orders-1:8000], found an empty list)"}},
    {"WithMisspeltTargets",
     R"(backends:
  orders: {target: [http://orders:8000]})",
     {R"(3:11: backends.orders: 'targets' is missing (add targets: a list such as [http://orders-1:8000]))",
      R"(3:12: backends.orders.target: unknown key (did you mean 'targets'?))"}},
    {"WithTargetsAsOneText",
     R"(backends:
  orders: {targets: http://orders:8000})",
     {R"(3:21: backends.orders.targets: expected a list such as [http://orders-1:8000], found 'http://orders:8000' (put it in a list: [http://orders:8000]))"}},
    {"WithPathInTarget",
     R"(backends:
  orders: {targets: [http://orders:8000/api]})",
     {R"(3:22: backends.orders.targets[0]: a target has no path, found '/api' (write http://orders:8000 here and the path as path: of the route))"}},
    {"WithSlashBehindTarget",
     R"(backends:
  orders: {targets: [http://orders:8000/]})",
     {R"(3:22: backends.orders.targets[0]: a target has no path (write http://orders:8000))"}},
    {"WithQueryInTarget",
     R"(backends:
  orders: {targets: ["http://orders?x=1"]})",
     {R"(3:22: backends.orders.targets[0]: a target has no query, found '?x=1' (write http://orders))"}},
    {"WithUserInTarget",
     R"(backends:
  orders: {targets: ["http://user:secret@orders"]})",
     {R"(3:22: backends.orders.targets[0]: a target has no user name or password (send them by request: {set_header: {authorization: ...}} of the route))"}},
    {"WithFragmentInTarget",
     R"(backends:
  orders: {targets: ["http://orders#x"]})",
     {R"(3:22: backends.orders.targets[0]: a target has no fragment, found '#x' (write http://orders))"}},
    {"WithoutScheme",
     R"(backends:
  orders: {targets: ["orders:8000"]})",
     {R"(3:22: backends.orders.targets[0]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'orders:8000' (write http://orders:8000))"}},
    {"WithOtherScheme",
     R"(backends:
  orders: {targets: [ftp://orders]})",
     {R"(3:22: backends.orders.targets[0]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'ftp://orders')"}},
    {"WithBadHostsAndPorts",
     R"(backends:
  orders: {targets: ["http://orders:0", "http://orders:65536", "http://-orders", "http://", "http://[::1", "http://a..b"]})",
     {R"(3:22: backends.orders.targets[0]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'http://orders:0')",
      R"(3:41: backends.orders.targets[1]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'http://orders:65536')",
      R"(3:64: backends.orders.targets[2]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'http://-orders')",
      R"(3:82: backends.orders.targets[3]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'http://')",
      R"(3:93: backends.orders.targets[4]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'http://[::1')",
      R"(3:108: backends.orders.targets[5]: expected a URL of scheme, host and port such as http://orders-1:8000, found 'http://a..b')"}},
    {"WithTheSameTargetTwice",
     R"(backends:
  orders: {targets: [http://orders, {url: http://orders}]})",
     {R"(3:37: backends.orders.targets[1]: the same target stands above (use weight to give it a larger share))"}},
    {"WithTargetWithoutUrl",
     R"(backends:
  orders: {targets: [{weight: 2}]})",
     {R"(3:22: backends.orders.targets[0]: 'url' is missing (add url: a URL of scheme, host and port such as http://orders-1:8000))"}},
    {"WithBadWeight",
     R"(backends:
  orders: {targets: [{url: http://orders, weight: 1.5}]})",
     {R"(3:51: backends.orders.targets[0].weight: expected a whole number from 0 to 1000, found '1.5')"}},
    {"WithNoWeightAtAll",
     R"(backends:
  orders: {targets: [{url: http://a, weight: 0}, {url: http://b, weight: 0}]})",
     {R"(3:21: backends.orders.targets: every target has weight 0, so that none gets a request (give one of them a weight of 1 or more))"}},
    {"WithListAsTarget",
     R"(backends:
  orders: {targets: [[http://orders]]})",
     {R"(3:22: backends.orders.targets[0]: expected a URL of scheme, host and port such as http://orders-1:8000, or a map such as {url: http://orders-2:8000, weight: 2}, found a list)"}},
    {"WithMisspeltBalance",
     R"(backends:
  orders: {targets: [http://orders], balance: round_robbin})",
     {R"(3:47: backends.orders.balance: expected round_robin or least_requests, or a map such as {hash: $header.x-user}, found 'round_robbin' (did you mean 'round_robin'?))"}},
    {"WithBadHash",
     R"(backends:
  orders: {targets: [http://orders], balance: {hash: x-user}})",
     {R"(3:54: backends.orders.balance.hash: expected $header.NAME, $cookie.NAME or $client_ip, found 'x-user')"}},
    {"WithUnknownBalanceKey",
     R"(backends:
  orders: {targets: [http://orders], balance: {hsh: $client_ip}})",
     {R"(3:47: backends.orders.balance: 'hash' is missing (add hash: $header.NAME, $cookie.NAME or $client_ip))",
      R"(3:48: backends.orders.balance.hsh: unknown key (did you mean 'hash'?))"}},
    {"WithHealthWithoutPath",
     R"(backends:
  orders: {targets: [http://orders], health: {every: 5s}})",
     {R"(3:46: backends.orders.health: 'path' is missing (add path: a path such as /healthz))"}},
    {"WithBadHealth",
     R"(backends:
  orders: {targets: [http://orders], health: {path: healthz, unhealthy_after: 0, timout: 1s}})",
     {R"(3:53: backends.orders.health.path: expected a path such as /healthz, found 'healthz')",
      R"(3:79: backends.orders.health.unhealthy_after: expected a whole number from 1 to 1000000, found '0')",
      R"(3:82: backends.orders.health.timout: unknown key (did you mean 'timeout'?))"}},
    {"WithShareAsNumber",
     R"(backends:
  orders: {targets: [http://orders], retries: {budget: 0.2}})",
     {R"(3:56: backends.orders.retries.budget: expected a percentage from 0% to 100%, such as 20%, found '0.2' (write 20%))"}},
    {"WithShareAboveAll",
     R"(backends:
  orders: {targets: [http://orders], retries: {budget: 120%, attempts: 50}})",
     {R"(3:56: backends.orders.retries.budget: expected a percentage from 0% to 100%, such as 20%, found '120%')",
      R"(3:72: backends.orders.retries.attempts: expected a whole number from 0 to 10, found '50')"}},
    {"WithBreakerWithoutErrors",
     R"(backends:
  orders: {targets: [http://orders], breaker: {window: 10s}})",
     {R"(3:47: backends.orders.breaker: 'errors' is missing (add errors: a percentage from 0% to 100%, such as 20%))"}},
    {"WithTimeoutOfZero",
     R"(backends:
  orders: {targets: [http://orders], timeouts: {connect: 0s}})",
     {R"(3:58: backends.orders.timeouts.connect: must be from 1ms to 365d, found '0s')"}},
    {"WithLaterProtocol",
     R"(backends:
  orders: {targets: [http://orders], protocol: h2})",
     {R"(3:48: backends.orders.protocol: 'h2' is not available in this version)"}},
    {"WithUnknownProtocol",
     R"(backends:
  orders: {targets: [http://orders], protocol: http3})",
     {R"(3:48: backends.orders.protocol: expected http1, found 'http3' (did you mean 'http1'?))"}},
    {"WithBadHost",
     R"(backends:
  orders: {targets: [http://orders], host: "orders internal"})",
     {R"(3:44: backends.orders.host: expected target or preserve, or a host name such as orders.internal, perhaps with a port, found 'orders internal')"}},
    {"WithTlsOnPlainTargets",
     R"(backends:
  orders: {targets: [http://orders], tls: {ca: ca.pem}})",
     {R"(3:43: backends.orders.tls: no target uses TLS (begin its URL with https://))"}},
    {"WithWildcardAsServerName",
     R"(backends:
  orders: {targets: [https://orders], tls: {server_name: "*.orders"}})",
     {R"(3:58: backends.orders.tls.server_name: expected a host name or an IP address such as orders.internal, found '*.orders')"}},
    {"WithCertificateWithoutKey",
     R"(backends:
  orders: {targets: [https://orders], tls: {certificate: a.pem}})",
     {R"(3:44: backends.orders.tls: 'certificate' and 'key' belong together (give both or neither))"}},
    {"WithYesForTrue",
     R"(backends:
  orders: {targets: [https://orders], tls: {verify: yes}})",
     {R"(3:53: backends.orders.tls.verify: expected true or false, found 'yes' (write true))"}},
    {"WithUnknownTimeout",
     R"(backends:
  orders: {targets: [http://orders], timeouts: {conect: 1s}, pool: {connections: 0}})",
     {R"(3:49: backends.orders.timeouts.conect: unknown key (did you mean 'connect'?))",
      R"(3:82: backends.orders.pool.connections: expected a whole number from 1 to 1000000, found '0')"}},
    {"WithBadName",
     R"(backends: {"my orders": {targets: [http://orders]}})",
     {R"(2:12: backends.my orders: the key must be a name of letters, digits, '-' and '_', at most 64 of them)"}},
    {"GivenTwice",
     R"(backends:
  orders: {targets: [http://a]}
  orders: {targets: [http://b]})",
     {R"(4:3: backends.orders: the key is already given at line 3, column 3 (keep one of them))"}},
    {"ProblemsInAnAliasAreAtItsAnchor",
     R"(backends:
  a: &a {targets: [http://a], drain: 1s}
  b: *a)",
     {R"(3:31: backends.a.drain: unknown key (known keys are targets, balance, health, ejection, timeouts, retries, breaker, pool, concurrency, protocol, host, tls))",
      R"(3:31: backends.b.drain: unknown key (known keys are targets, balance, health, ejection, timeouts, retries, breaker, pool, concurrency, protocol, host, tls))"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Config, BackendProblemsTest, testing::ValuesIn(kCases), name_of);

}  // namespace
}  // namespace gatehouse::config::test
