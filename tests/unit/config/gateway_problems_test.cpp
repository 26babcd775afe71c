// What may be wrong at the top of the file and in what holds for all APIs. A listener is on line 1 of every text.
#include "support.hpp"

namespace gatehouse::config::test {
namespace {

class GatewayProblemsTest : public testing::TestWithParam<ProblemCase> {};

TEST_P(GatewayProblemsTest, AreReportedWithPlaceAndFix) { expect_problems(GetParam()); }

// clang-format off
const ProblemCase kCases[] = {
    {"UnknownKey",
     R"(listenrs: [])",
     {R"(2:1: listenrs: unknown key (did you mean 'listeners'?))"}},
    {"UnknownKeyNearNothing",
     R"(colour: red)",
     {R"(2:1: colour: unknown key (known keys are workers, listeners, admin, trusted_proxies, access_log, tracing, memory, shared, drain, cache_memory, stores, tables, dynamodb, backends, usage_plans, usage, authorizers, cors, auth, scopes, claims, throttle, concurrency, ip, policy, validate, request, response, compression, cache, limits, websocket, timeouts, errors, error_responses, apis))"}},
    {"DuplicateKeys",
     R"(workers: 1
errors: aws
workers: 2)",
     {R"(4:1: workers: the key is already given at line 2, column 1 (keep one of them))"}},
    {"MergeKey",
     R"(admin: {<<: {address: 127.0.0.1:1}})",
     {R"(2:9: admin.<<: merge keys are not supported (write the settings out, or use an alias for a whole value))"}},
    {"WordInsteadOfNumber",
     R"(workers: many)",
     {R"(2:10: workers: expected auto, or a whole number from 1 to 1024, found 'many')"}},
    {"NumberOutOfBounds",
     R"(workers: 0)",
     {R"(2:10: workers: expected auto, or a whole number from 1 to 1024, found '0')"}},
    {"NegativeNumber",
     R"(workers: -1)",
     {R"(2:10: workers: expected auto, or a whole number from 1 to 1024, found '-1')"}},
    {"HugeNumber",
     R"(workers: 99999999999999999999)",
     {R"(2:10: workers: expected auto, or a whole number from 1 to 1024, found '99999999999999999999')"}},
    {"MemoryLimitTooSmall",
     R"(memory: {limit: 4KB})",
     {R"(2:17: memory.limit: expected a size of at least 1MB, a percentage such as 80%, or none, found '4KB')"}},
    {"ConnectionsRefusedBeforeRequests",
     R"(memory: {refuse_requests: 90%, refuse_connections: 80%})",
     {R"(2:9: memory: connections would be refused before requests are (give refuse_connections the larger share))"}},
    {"ConcurrencyWithoutMax",
     R"(concurrency: {queue: 5})",
     {R"(2:14: concurrency: 'max' is missing (add max: a whole number from 1 to 10000000))"}},
    {"ConcurrencyOfAWord",
     R"(concurrency: many)",
     {R"(2:14: concurrency: expected a whole number from 0 to 10000000, found 'many')"}},
    {"WordMisspelt",
     R"(errors: helpfull)",
     {R"(2:9: errors: expected helpful or aws, found 'helpfull' (did you mean 'helpful'?))"}},
    {"ListInsteadOfWord",
     R"(errors: [aws])",
     {R"(2:9: errors: expected helpful or aws, found a list)"}},
    {"NothingInsteadOfAMap",
     R"(backends:)",
     {R"(2:1: backends: expected a map such as {echo: {targets: [http://127.0.0.1:19000]}}, found nothing)"}},
    {"TextInsteadOfAMap",
     R"(admin: 127.0.0.1:9180)",
     {R"(2:8: admin: expected a map such as {address: 127.0.0.1:9180}, found '127.0.0.1:9180')"}},
    {"DurationWithoutUnit",
     R"(drain: 30)",
     {R"(2:8: drain: expected a duration such as 250ms, 5s, 10m, 2h or 7d, found '30' (add a unit: 30s or 30ms))"}},
    {"DurationWithFraction",
     R"(drain: 1.5s)",
     {R"(2:8: drain: expected a duration such as 250ms, 5s, 10m, 2h or 7d, found '1.5s')"}},
    {"DurationOfZero",
     R"(drain: 0s)",
     {R"(2:8: drain: must be from 1ms to 365d, found '0s')"}},
    {"DurationTooLong",
     R"(drain: 400d)",
     {R"(2:8: drain: must be at most 365d, found '400d')"}},
    {"HostNameAsAddress",
     R"(admin: {address: localhost:9180})",
     {R"(2:18: admin.address: expected an IP address and a port such as 0.0.0.0:8080 or "[::]:8443", found 'localhost:9180' (write 127.0.0.1:9180))"}},
    {"AddressWithoutHost",
     R"(admin: {address: ":9180"})",
     {R"(2:18: admin.address: expected an IP address and a port such as 0.0.0.0:8080 or "[::]:8443", found ':9180' (for every address write 0.0.0.0:9180))"}},
    {"AddressWithoutPort",
     R"(admin: {address: 127.0.0.1})",
     {R"(2:18: admin.address: expected an IP address and a port such as 0.0.0.0:8080 or "[::]:8443", found '127.0.0.1' (add a port: 127.0.0.1:8080))"}},
    {"AddressWithBadPort",
     R"(admin: {address: 127.0.0.1:65536})",
     {R"(2:18: admin.address: expected an IP address and a port such as 0.0.0.0:8080 or "[::]:8443", found '127.0.0.1:65536')"}},
    {"AddressWithoutBrackets",
     R"(admin: {address: "::1:9180"})",
     {R"(2:18: admin.address: expected an IP address and a port such as 0.0.0.0:8080 or "[::]:8443", found '::1:9180' (an IPv6 address stands in brackets: "[::1]:9180"))"}},
    {"AddressOfAListenerForAdmin",
     R"(admin: {address: 127.0.0.1:8080})",
     {R"(2:18: admin.address: the address is already that of listeners[0] (line 1) (give it another port))"}},
    {"BadNetworks",
     R"(trusted_proxies: [10.0.0.0/8, 10.0.0.0/33, proxy.example.com])",
     {R"(2:31: trusted_proxies[1]: expected an IP address or a network such as 10.0.0.0/8 or ::1, found '10.0.0.0/33')",
      R"(2:44: trusted_proxies[2]: expected an IP address or a network such as 10.0.0.0/8 or ::1, found 'proxy.example.com')"}},
    {"OneTextInsteadOfAList",
     R"(trusted_proxies: 10.0.0.0/8)",
     {R"(2:18: trusted_proxies: expected a list such as [10.0.0.0/8], found '10.0.0.0/8' (put it in a list: [10.0.0.0/8]))"}},
    {"EmptyList",
     R"(cors: {origins: []})",
     {R"(2:17: cors.origins: expected a list such as [https://shop.example.com], found an empty list)"}},
    {"AccessLogOfAnotherFormat",
     R"(access_log: {format: text})",
     {R"(2:22: access_log.format: expected json, combined or common, or a text with $context variables, found 'text')"}},
    {"AccessLogWithUnknownVariables",
     R"(access_log: {format: "$context.identity.sourceIP", sample: 200%})",
     {R"(2:22: access_log.format: there is no variable $context.identity.sourceIP: did you mean $context.identity.sourceIp?)",
      R"(2:60: access_log.sample: expected a percentage from 0% to 100%, such as 20%, found '200%')"}},
    {"TracingToAPathAndWithAnUnknownKey",
     R"(tracing: {otlp: "http://c:4318/v1/traces", samples: 1%})",
     {R"(2:17: tracing.otlp: a target has no path, found '/v1/traces' (write http://c:4318 here and the path as path: of the route))",
      R"(2:44: tracing.samples: unknown key (did you mean 'sample'?))"}},
    {"AccessLogAsWord",
     R"(access_log: yes)",
     {R"(2:13: access_log: expected none, or a map such as {format: json, to: stdout}, found 'yes')"}},
    {"AccessLogToNowhere",
     R"(access_log: {to: ""})",
     {R"(2:18: access_log.to: expected stdout or stderr, or the path of a file or folder, found '')"}},
    {"VariableThatIsNotSet",
     R"(drain: ${DRAIN})",
     {R"(2:8: drain: environment variable DRAIN is not set (set it, or give a default: ${DRAIN:-value}))"}},
    {"ReferenceThatIsNone",
     R"(drain: ${A B})",
     {R"(2:8: drain: '${A B}' is no reference to the environment (write ${NAME} or ${NAME:-default}, or $${ for a plain ${))"}},
    {"ValueOfAVariableIsNotShown",
     R"(drain: ${SECRET}
workers: ${SECRET}
errors: ${SECRET}
auth: ${SECRET}
timeouts: {total: "${SECRET}"})",
     {R"(2:8: drain: expected a duration such as 250ms, 5s, 10m, 2h or 7d, found something else in '${SECRET}')",
      R"(3:10: workers: expected auto, or a whole number from 1 to 1024, found something else in '${SECRET}')",
      R"(4:9: errors: expected helpful or aws, found something else in '${SECRET}')",
      R"(5:7: auth: expected none, or a list such as [users, partners], found something else in '${SECRET}')",
      R"(6:19: timeouts.total: expected a duration such as 250ms, 5s, 10m, 2h or 7d, found something else in '${SECRET}')"}},
    {"FeaturesOfLaterVersions",
     R"(lambda: {}
plugins: [])",
     {R"(2:1: lambda: 'lambda' is not available in this version)",
      R"(3:1: plugins: 'plugins' is not available in this version)"}},
    {"RedisOfAnotherScheme",
     R"(shared: {redis: "http://:secret@redis"})",
     {R"(2:17: shared.redis: expected a URL such as redis://redis:6379 or rediss://user:password@redis:6380/1; it must begin with redis:// or rediss://)"}},
    {"RedisWithoutHost",
     R"(shared: {redis: "redis://user:secret@:6379"})",
     {R"(2:17: shared.redis: expected a URL such as redis://redis:6379 or rediss://user:password@redis:6380/1; a host, perhaps with a port, is missing)"}},
    {"RedisDatabaseOfAWord",
     R"(shared: {redis: "redis://redis/main"})",
     {R"(2:17: shared.redis: expected a URL such as redis://redis:6379 or rediss://user:password@redis:6380/1; behind the '/' stands the number of a database)"}},
    {"SharedWithoutRedis",
     R"(shared: {})",
     {R"(2:9: shared: 'redis' is missing (add redis: a URL such as redis://redis:6379 or rediss://user:password@redis:6380/1))"}},
    {"AuthorityWithoutTls",
     R"(shared: {redis: "redis://redis", ca: /ca.pem})",
     {R"(2:38: shared.ca: the connection does not use TLS (begin the URL with rediss://))"}},
    {"AuthorizerWithoutKind",
     R"(authorizers: {partners: {}})",
     {R"(2:25: authorizers.partners: one of 'api_key', 'jwt', 'sigv4', 'basic' or 'http' is missing)"}},
    {"AuthorizerOfTwoKinds",
     R"(authorizers: {both: {api_key: {}, basic: {}}}
auth: [both])",
     {R"(2:21: authorizers.both: 'api_key' and 'basic' are given, which exclude each other (keep one of them))"}},
    {"BadApiKeys",
     R"(authorizers:
  partners:
    api_key:
      header: "x api key"
      keys:
      - {id: a}
      - {id: b, key: ""}
      - {id: c, sha256: abc}
      - {id: d, key: x, sha256: 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b}
      - {id: e, key: "file:/no/such/file"}
      - {key: f}
      - {id: g h, key: g})",
     {R"(5:15: authorizers.partners.api_key.header: expected the name of a header such as x-request-source, found 'x api key')",
      R"(7:9: authorizers.partners.api_key.keys[0]: one of 'key' or 'sha256' is missing)",
      R"(8:22: authorizers.partners.api_key.keys[1].key: the secret is empty)",
      R"(9:25: authorizers.partners.api_key.keys[2].sha256: expected the SHA-256 of a key, 64 hexadecimal digits (printf %s "$KEY" | sha256sum))",
      R"(10:9: authorizers.partners.api_key.keys[3]: 'key' and 'sha256' are given, which exclude each other (keep one of them))",
      R"(11:22: authorizers.partners.api_key.keys[4].key: cannot read '/no/such/file': No such file or directory)",
      R"(12:9: authorizers.partners.api_key.keys[5]: 'id' is missing (add id: a name of letters, digits, '-' and '_', at most 64 of them))",
      R"(13:14: authorizers.partners.api_key.keys[6].id: expected a name of letters, digits, '-' and '_', at most 64 of them, found 'g h')"}},
    {"ApiKeysGivenTwice",
     R"(authorizers:
  partners:
    api_key:
      keys:
      - {id: a, key: one}
      - {id: a, key: two}
      - {id: c, key: one})",
     {R"(7:14: authorizers.partners.api_key.keys[1].id: the id 'a' is given twice (give every key an id of its own))",
      R"(8:9: authorizers.partners.api_key.keys[2]: this is the same key as that of keys[0] (keep one of them))"}},
    {"EmptyAuth",
     R"(auth: [])",
     {R"(2:7: auth: expected a list such as [users, partners], found an empty list)"}},
    {"AuthAsOneName",
     R"(auth: partners)",
     {R"(2:7: auth: expected none, or a list such as [users, partners], found 'partners' (put it in a list: [partners]))"}},
    {"UnknownAuthorizer",
     R"(authorizers: {partners: {api_key: {}}}
auth: [partner, admins])",
     {R"(3:8: auth[0]: there is no authorizer 'partner' (did you mean 'partners'?))",
      R"(3:17: auth[1]: there is no authorizer 'admins' (define it under 'authorizers'))"}},
    {"BadThrottles",
     R"(throttle:
- {per: client_ip}
- {per: clientip, rate: 5/s}
- {rate: 0/s}
- {rate: 5}
- {rate: 5/week, burst: 0}
- {per: $header., rate: 1/s})",
     {R"(3:3: throttle[0]: one of 'rate' or 'plan' is missing)",
      R"(4:9: throttle[1].per: expected route, api, stage, client_ip, api_key or connection, or a header such as $header.x-tenant, or a claim such as $claims.sub, found 'clientip' (did you mean 'client_ip'?))",
      R"(5:10: throttle[2].rate: a rate must be more than 0, found '0/s')",
      R"(6:10: throttle[3].rate: expected a rate such as 50/s, 100/min or 1000/day, found '5' (say in what time: 5/s))",
      R"(7:10: throttle[4].rate: expected a rate such as 50/s, 100/min or 1000/day, found '5/week')",
      R"(7:25: throttle[4].burst: expected a whole number from 1 to 1000000000, found '0')",
      R"(8:9: throttle[5].per: expected route, api, stage, client_ip, api_key or connection, or a header such as $header.x-tenant, or a claim such as $claims.sub, found '$header.')"}},
    {"StarOriginWithCredentials",
     R"(cors: {origins: ["*"], credentials: true})",
     {R"(2:17: cors.origins: the origin '*' and credentials exclude each other: browsers refuse it (name the origins, or leave credentials out))"}},
    {"BadCors",
     R"(cors: {origins: [shop.example.com, https://shop.example.com/, "https://user@x"], methods: [get, "G T"], headers: ["x y"], credentials: yes, max_age: 600})",
     {R"(2:18: cors.origins[0]: expected an origin such as https://shop.example.com, "https://*.example.com" or "*", found 'shop.example.com' (write https://shop.example.com))",
      R"(2:36: cors.origins[1]: an origin has no path, found 'https://shop.example.com/' (write https://shop.example.com))",
      R"(2:63: cors.origins[2]: expected an origin such as https://shop.example.com, "https://*.example.com" or "*", found 'https://user@x')",
      R"(2:92: cors.methods[0]: expected a method such as GET, or "*", found 'get' (write GET))",
      R"(2:97: cors.methods[1]: expected a method such as GET, or "*", found 'G T')",
      R"(2:115: cors.headers[0]: expected the name of a header such as authorization, or "*", found 'x y')",
      R"(2:136: cors.credentials: expected true or false, found 'yes' (write true))",
      R"(2:150: cors.max_age: expected a duration such as 250ms, 5s, 10m, 2h or 7d, found '600' (add a unit: 600s or 600ms))"}},
    {"CorsWithoutOrigins",
     R"(cors: {methods: [GET]})",
     {R"(2:7: cors: 'origins' is missing (add origins: a list such as [https://shop.example.com]))"}},
    {"BadSizes",
     R"(limits: {body: 10Mb})",
     {R"(2:16: limits.body: expected a size such as 64KB, 10MB or 1GB, found '10Mb' (write 10MB))"}},
    {"SizeOfZero",
     R"(limits: {body: 0})",
     {R"(2:16: limits.body: must be from 1B to 1024GB, found '0')"}},
    {"HugeSize",
     R"(limits: {body: 99999GB})",
     {R"(2:16: limits.body: must be at most 1024GB, found '99999GB')"}},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Config, GatewayProblemsTest, testing::ValuesIn(kCases), name_of);

}  // namespace
}  // namespace gatehouse::config::test
