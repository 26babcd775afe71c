#include "describe_access.hpp"
#include "describe_websocket.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace gatehouse::config {
namespace {

using middleware::ThrottleKey;

using AuthGroups = std::vector<std::vector<std::string>>;

// The name of an authorizer, or a list of names.
struct AuthGroup {
  using Value = std::vector<std::string>;
  static constexpr Node::Kind kNode = Node::Kind::kScalar;
  NameOf one{&Reader::authorizers, kName};
  List<NameOf> all{one, "[users, partners]"};

  std::string expected() const { return one.expected() + ", or " + all.expected(); }
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& value) const {
    if (at.node().kind == Node::Kind::kList) return all.read(at, value);
    if (at.node().kind == Node::Kind::kScalar) return one.read(at, value.emplace_back());
    at.mismatch(expected());
    return false;
  }
  Shape shape(Model& model) const {
    return {Shape::Kind::kEither, "", 0, 0, {}, {one.shape(model), all.shape(model)}};
  }
};

void describe_cors(Fields& f, middleware::CorsSettings& s) {
  f.field("origins", s.origins, list_of(kOrigin, "[https://shop.example.com]"), "Who may call from a browser.",
          Need::kRequired);
  f.field("methods", s.methods, maybe_empty_list_of(kMethod, "[GET, POST]"),
          "Methods beyond GET, HEAD and POST, or all of them.");
  f.field("headers", s.headers, maybe_empty_list_of(kFieldNameOrAny, "[authorization]"),
          "Request headers that scripts may send.");
  f.field("expose", s.expose, maybe_empty_list_of(kFieldNameOrAny, "[x-request-id]"),
          "Response headers that scripts may read.");
  f.field("credentials", s.credentials, kBoolean, "Whether cookies and HTTP authentication may be sent.");
  f.field("max_age", s.max_age, kDurationOrNone, "How long a browser may keep the answer to a preflight.");
  f.field("private_network", s.private_network, kBoolean,
          "Whether pages of the public internet may reach a gateway in a private network (Access-Control-Allow-Private-Network), from origins that are "
          "named: neither '*' nor 'https://*'.");
  if (f.reading() != nullptr && s.credentials &&
      std::find(s.origins.begin(), s.origins.end(), "*") != s.origins.end()) {
    f.reading()->problem_at("origins", "the origin '*' and credentials exclude each other: browsers refuse it",
                            "name the origins, or leave credentials out");
  }
  const auto names_a_host = [](const std::string& origin) { return origin != "*" && !origin.ends_with("//*"); };
  if (f.reading() != nullptr && s.private_network && std::ranges::none_of(s.origins, names_a_host)) {
    f.reading()->problem_at("private_network", "private_network opens to origins that are named, and there is none", "name the origins");
  }
}
constexpr Object<middleware::CorsSettings> kCors{
    "cors", "Which web pages of other origins may call (the Fetch standard's CORS protocol).",
    "{origins: [https://shop.example.com], methods: [GET, POST]}", describe_cors};

void check_plan_rule(const Fields& f, const middleware::ThrottleSettings& s) {
  if (s.per != ThrottleKey::kApiKey) f.reading()->problem_at("plan", "usage plans measure API keys", "say per: api_key");
  if (f.given("burst")) f.reading()->problem_at("burst", "the plan says it already", "leave it out");
}

void describe_throttle(Fields& f, middleware::ThrottleSettings& s) {
  const Words<ThrottlePer, 6> words{{{{"route", {ThrottleKey::kRoute, {}}},
                                      {"api", {ThrottleKey::kApi, {}}},
                                      {"stage", {ThrottleKey::kStage, {}}},
                                      {"client_ip", {ThrottleKey::kClientIp, {}}},
                                      {"api_key", {ThrottleKey::kApiKey, {}}},
                                      {"connection", {ThrottleKey::kConnection, {}}}}}};
  ThrottlePer per;
  f.field(
      "per", per, WordsOr<Words<ThrottlePer, 6>, Text<ThrottlePer>>{words, kThrottleValue},
      "What has a bucket of its own: the route, the API, its stage, each client address, each API key, each connection of a WebSocket API, "
      "each value of a header or of a claim.");
  const bool has_plan = f.field("plan", s.plan, NameOf{&Reader::usage_plans, kName},
                                "per: api_key, in place of a rate: the usage plan of callers whose key has none.") || f.given("plan");
  std::optional<Rate> rate;
  f.field("rate", rate, kRate, "So many requests may pass in the long run.");
  s.rate = rate.value_or(Rate{});
  f.exactly_one({"rate", "plan"});
  std::optional<std::uint64_t> burst;
  f.field("burst", burst, Integer<std::uint64_t>{1, 1'000'000'000},
          "So many may pass at once. Default: one second of the rate, at least 1.");
  s.per = per.key;
  s.header = per.header;
  s.claim = per.claim;
  s.burst = burst.value_or(0);
  if (has_plan) check_plan_rule(f, s);
}
constexpr Object<middleware::ThrottleSettings> kThrottle{"throttle",
                                                         "A token bucket: beyond it requests are answered with 429.",
                                                         "{per: client_ip, rate: 50/s, burst: 100}", describe_throttle};

void describe_scoped_limits(Fields& f, ScopedSettings& s) {
  f.field("body", s.body_limit, kBodySize, "The largest request body: beyond it 413. Default: the listener's.");
}
constexpr Object<ScopedSettings> kScopedLimits{"limits", "Bounds on requests.", "{body: 1MB}", describe_scoped_limits};

void describe_scoped_timeouts(Fields& f, ScopedSettings& s) {
  f.field("total", s.total_timeout, kDurationOrNone,
          "For the whole exchange: beyond it 504. 0s: no bound. Default: the backend's.");
}
constexpr Object<ScopedSettings> kScopedTimeouts{"timeouts", "Deadlines of requests.", "{total: 30s}",
                                                 describe_scoped_timeouts};

void describe_api_key(Fields& f, middleware::ApiKey& s) {
  f.field("id", s.id, kName, "Who it is: for logs, metrics and throttles.", Need::kRequired);
  std::string key;
  if (f.field("key", key, kSecret, "The key, by reference.")) s.sha256 = crypto::sha256_hex(key);
  f.field("sha256", s.sha256, kSha256, "Its SHA-256, which needs no secrecy when the key is random and long.");
  f.exactly_one({"key", "sha256"});
  f.field("plan", s.plan, NameOf{&Reader::usage_plans, kName}, "The usage plan that holds for it wherever it is accepted. Default: none.");
}
constexpr Object<middleware::ApiKey> kApiKey{"api_key", "One key.", "{id: partner-a, key: \"${PARTNER_A_KEY}\"}",
                                             describe_api_key};

void check_keys(const Cursor& at, const std::vector<middleware::ApiKey>& keys) {
  const Node::Entry* const entry = at.node().find("keys");
  if (entry == nullptr || entry->value->items.size() != keys.size()) return;
  const Cursor list = at.child(*entry);
  std::unordered_map<std::string_view, std::size_t> ids;
  std::unordered_map<std::string_view, std::size_t> digests;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto [same_id, is_new] = ids.emplace(keys[i].id, i);
    if (!is_new && !keys[i].id.empty()) {
      list.item(i).problem_at("id", "the id " + in_quotes(keys[i].id) + " is given twice",
                              "give every key an id of its own");
    }
    const auto [same_key, is_new_key] = digests.emplace(keys[i].sha256, i);
    if (!is_new_key && !keys[i].sha256.empty()) {
      list.item(i).problem("this is the same key as that of keys[" + std::to_string(same_key->second) + "]",
                           "keep one of them");
    }
  }
}

void describe_api_keys(Fields& f, middleware::ApiKeySettings& s) {
  f.field("header", s.header, kFieldName, "The request header that carries the key.");
  f.field("query", s.query, kQueryName,
          "A query parameter that may carry it instead. Default: none, because URLs end up in logs.");
  f.field("keys", s.keys, maybe_empty_list_of(kApiKey, "[{id: partner-a, key: \"${PARTNER_A_KEY}\"}]"),
          "The keys that are accepted. Without any, and without a store, nobody is.");
  describe_key_store(f, s);
  if (f.reading() != nullptr) check_keys(*f.reading(), s.keys);
}
constexpr Object<middleware::ApiKeySettings> kApiKeys{"api_keys", "Clients show a key that the gateway knows.",
                                                      "{header: x-api-key}", describe_api_keys};

void describe_authorizer(Fields& f, AuthorizerKinds& s) {
  f.field("api_key", s.api_key, kApiKeys, "By API key.");
  f.field("jwt", s.jwt, kJwt, "By JSON Web Token.");
  f.field("sigv4", s.sigv4, kSigV4, "By a signature, as AWS SDKs make it.");
  f.field("basic", s.basic, kBasic, "By name and password.");
  f.field("http", s.http, kHttpAuthorizer, "By asking another service.");
  f.exactly_one({"api_key", "jwt", "sigv4", "basic", "http"});
}

}  // namespace

namespace {

void check_default_plan(const Fields& f, const ScopedSettings& s) {
  if (f.reading() == nullptr || !s.throttle) return;
  if (std::ranges::count_if(*s.throttle, [](const auto& rule) { return !rule.plan.empty(); }) > 1)
    f.reading()->problem_at("throttle", "a caller whose key has no plan can be given one plan only", "keep one of the rules with a plan");
}

}  // namespace

void describe_callers(Fields& f, ScopedSettings& s) {
  f.field("cors", s.cors, kCors, "Cross-origin requests of browsers.");
  const Words<AuthGroups, 1> none{{{{"none", {}}}}};
  const auto groups = list_of(AuthGroup{}, "[users, partners]");
  f.field("auth", s.auth, WordsOr<Words<AuthGroups, 1>, List<AuthGroup>>{none, groups},
          "Who may call: names of authorizers, any of which may accept; of a list within the list all must. none: everybody.");
  describe_claims(f, s);
  f.field("throttle", s.throttle, maybe_empty_list_of(kThrottle, "[{per: client_ip, rate: 50/s}]"),
          "How often it may be called; each rule must let a request pass. []: no bounds.");
  check_default_plan(f, s);
  f.field("concurrency", s.concurrency, Concurrency{},
          "How many requests may be in progress at once, over all workers: beyond it they wait in line, or get 503. 0: no bound.");
  describe_scoped_access(f, s);
}

void describe_total_timeout(Fields& f, ScopedSettings& s) { f.field("timeouts", s, kScopedTimeouts, "Deadlines."); }

std::optional<pipeline::ValueTemplate> describe_scoped(Fields& f, ScopedSettings& s) {
  describe_callers(f, s);
  f.field("validate", s.validate, kValidate, "What requests must bring: parameters, content types, a body that matches a schema. {}: nothing.");
  auto path = describe_changes(f, s);
  describe_compression(f, s);
  describe_cache(f, s);
  f.field("limits", s, kScopedLimits, "Bounds.");
  describe_websocket_passage(f, s.websocket);
  describe_total_timeout(f, s);
  describe_errors(f, s);
  return path;
}

void describe_outer_scope(Fields& f, ScopedSettings& s) {
  const bool has_path = describe_scoped(f, s).has_value();
  refuse_per_connection(f, s);
  if (has_path)
    f.reading()->child(*f.reading()->node().find("request")).problem_at("path", "a path is for routes with a backend", "move it to the routes");
}

constexpr Object<AuthorizerKinds> kAuthorizer{"authorizer", "A way to find out who calls, for `auth` to name.",
                                                 "{api_key: {header: x-api-key}}", describe_authorizer};

}  // namespace gatehouse::config
