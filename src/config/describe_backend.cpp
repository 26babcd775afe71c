#include "descriptions.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <chrono>

namespace gatehouse::config {
namespace {

using upstream::BackendSettings;
using upstream::TargetSettings;

constexpr Integer<> kCount{1, 1'000'000};
constexpr Integer<> kWeight{0, 1000};

void describe_target(Fields& f, TargetSettings& s) {
  f.field("url", s, kTargetUrl, "Scheme, host and port. A name is looked up again as its time to live says.",
          Need::kRequired);
  f.field("weight", s.weight, kWeight,
          "Its share of the requests in proportion to the others; 0 gives it no new requests.");
}
constexpr Object<TargetSettings> kTarget{"target", "One address of a backend.",
                                         "{url: http://orders-2:8000, weight: 2}", describe_target};

void describe_balance(Fields& f, upstream::BalanceSettings& s) {
  f.field("hash", s, kHashOf, "Requests with the same value go to the same target, by a consistent hash.",
          Need::kRequired);
}
constexpr Object<upstream::BalanceSettings> kHashBalance{"hash", "Balancing by a value of the request.",
                                                         "{hash: $header.x-user}", describe_balance};

void describe_health(Fields& f, upstream::HealthSettings& s) {
  f.field("path", s.path, kUrlPath, "What is requested with GET; an answer of 2xx or 3xx is healthy.", Need::kRequired);
  f.field("every", s.every, kDuration, "Time between two checks of a target.");
  f.field("timeout", s.timeout, kDuration, "A check that takes longer has failed.");
  f.field("unhealthy_after", s.unhealthy_after, kCount, "So many failures in a row take a target out.");
  f.field("healthy_after", s.healthy_after, kCount, "So many successes in a row bring it back.");
}
constexpr Object<upstream::HealthSettings> kHealth{"health", "Active checks of every target. Off unless given.",
                                                   "{path: /healthz, every: 5s}", describe_health};

void describe_ejection(Fields& f, upstream::EjectionSettings& s) {
  f.field("failures", s.failures, Integer<>{0, 1'000'000},
          "So many failed requests in a row leave a target out; 0 switches it off.");
  f.field("open", s.open, kDuration, "For how long.");
}
constexpr Object<upstream::EjectionSettings> kEjection{
    "ejection", "Leaves out a target whose requests fail: no connection, no answer, a broken one.",
    "{failures: 5, open: 10s}", describe_ejection};

void describe_timeouts(Fields& f, upstream::TimeoutSettings& s) {
  f.field("connect", s.connect, kDuration, "For a connection, with its TLS handshake.");
  f.field("first_byte", s.first_byte, kDuration, "From the request's last byte to the head of the answer.");
  f.field("idle", s.idle, kDuration, "Between two pieces of a body, either way.");
  f.field("total", s.total, kDurationOrNone, "For the whole exchange; 0s: no bound, so that streams may live.");
}
constexpr Object<upstream::TimeoutSettings> kTimeouts{"backend_timeouts",
                                                      "How long a backend may take: beyond it the client gets 504.",
                                                      "{connect: 1s, first_byte: 10s, total: 30s}", describe_timeouts};

void describe_retries(Fields& f, upstream::RetrySettings& s) {
  f.field("attempts", s.attempts, Integer<>{0, 10}, "Tries after the first. Only what is safe to repeat is repeated.");
  f.field("budget", s.budget, kPercentage,
          "Retries may be at most this share of the requests of the last 10 s, and 3 in any case.");
}
constexpr Object<upstream::RetrySettings> kRetries{"retries", "When a try fails, another target is tried.",
                                                   "{attempts: 2, budget: 20%}", describe_retries};

void describe_breaker(Fields& f, upstream::BreakerSettings& s) {
  f.field("errors", s.errors, kPercentage,
          "The breaker opens when this share of at least 20 requests failed: no answer, or 5xx. 0% switches it off.",
          Need::kRequired);
  f.field("window", s.window, kDuration, "The time that is looked at.");
  f.field("open", s.open, kDuration,
          "For how long requests are answered with 503 before one is let through as a probe.");
}
constexpr Object<upstream::BreakerSettings> kBreaker{"breaker",
                                                     "A circuit breaker for the whole backend. Off unless given.",
                                                     "{errors: 50%, window: 10s, open: 5s}", describe_breaker};

void describe_pool(Fields& f, upstream::PoolSettings& s) {
  f.field("connections", s.connections, kCount, "In use at once; beyond it requests wait.");
  f.field("queue", s.queue, Integer<>{0, 1'000'000}, "Waiting requests; beyond it they are answered with 503.");
  f.field("idle", s.idle, Integer<>{0, 1'000'000}, "Connections kept for reuse.");
  f.field("idle_time", s.idle_time, kDuration, "For how long. Keep it below the backend's own keep-alive time.");
}
constexpr Object<upstream::PoolSettings> kPool{"pool", "Connections of each worker to each target.",
                                               "{connections: 1000, idle: 256}", describe_pool};

void describe_tls(Fields& f, net::TlsClientSettings& s) {
  f.field("ca", s.ca, kFilePath, "PEM file with the authorities to trust. Default: those of the system.");
  f.field("server_name", s.server_name, kServerName, "The name to send and to verify. Default: the host of the URL.");
  f.field("verify", s.verify, kBoolean, "false accepts any certificate: for tests only.");
  f.field("certificate", s.certificate, kFilePath,
          "PEM file with the gateway's own certificate, when the backend asks for one.");
  f.field("key", s.key, kFilePath, "PEM file with its private key.");
  if (f.reading() != nullptr && f.given("certificate") != f.given("key")) {
    f.reading()->problem("'certificate' and 'key' belong together", "give both or neither");
  }
}
constexpr Object<net::TlsClientSettings> kTls{"backend_tls", "TLS towards targets whose URL begins with https://.",
                                              "{ca: /etc/gatehouse/internal-ca.pem}", describe_tls};

void check_targets(const Cursor& at, const BackendSettings& s) {
  const auto has_weight = [](const TargetSettings& target) { return target.weight > 0; };
  if (!s.targets.empty() && std::none_of(s.targets.begin(), s.targets.end(), has_weight)) {
    at.problem_at("targets", "every target has weight 0, so that none gets a request",
                  "give one of them a weight of 1 or more");
  }
  const Node::Entry* const list = at.node().find("targets");
  if (list == nullptr || list->value->kind != Node::Kind::kList) return;
  for (std::size_t i = 0; i < s.targets.size(); ++i) {
    const auto same = [&](const TargetSettings& other) { return other.url == s.targets[i].url; };
    if (s.targets[i].url.empty() ||
        std::none_of(s.targets.begin(), s.targets.begin() + static_cast<std::ptrdiff_t>(i), same))
      continue;
    const Cursor targets = at.child(*list);
    targets.item(i).problem("the same target stands above", "use weight to give it a larger share");
  }
}

void describe_backend(Fields& f, BackendSettings& s) {
  f.field("targets", s.targets,
          list_of(TextOr<Text<TargetSettings>, Object<TargetSettings>>{kTargetUrl, kTarget}, "[http://orders-1:8000]"),
          "Where it can be reached.", Need::kRequired);
  const auto balance = [](upstream::Balance kind) {
    return upstream::BalanceSettings{kind, upstream::HashSource::kClientIp, ""};
  };
  const Words<upstream::BalanceSettings, 2> balances{
      {{{"round_robin", balance(upstream::Balance::kRoundRobin)},
        {"least_requests", balance(upstream::Balance::kLeastRequests)}}}};
  f.field("balance", s.balance,
          WordsOr<Words<upstream::BalanceSettings, 2>, Object<upstream::BalanceSettings>>{balances, kHashBalance},
          "How a target is chosen.");
  f.field("health", s.health, kHealth, "Active health checks.");
  f.field("ejection", s.ejection, kEjection, "Passive health checks.");
  f.field("timeouts", s.timeouts, kTimeouts, "How long it may take.");
  f.field("retries", s.retries, kRetries, "What is tried again.");
  f.field("breaker", s.breaker, kBreaker, "When to stop asking a backend that fails.");
  f.field("pool", s.pool, kPool, "How many connections are used and kept.");
  f.field("concurrency", s.concurrency, Concurrency{},
          "Requests in progress at once, of all workers to all targets together: beyond it they wait in line, or get 503. 0: no bound.");
  OnlyChoice protocol;
  f.field("protocol", protocol, OnlyWord{{{{"http1", {}}}}, {"h2", "h2c"}}, "What the targets speak.");
  HostChoice host;
  const Words<HostChoice, 2> hosts{
      {{{"target", {upstream::HostHeader::kTarget, {}}}, {"preserve", {upstream::HostHeader::kPreserve, {}}}}}};
  f.field("host", host, WordsOr<Words<HostChoice, 2>, Text<HostChoice>>{hosts, kFixedHost},
          "The Host header: that of the target, the client's own, or a fixed name.");
  f.field("tls", s.tls, kTls, "TLS towards the targets.");
  f.later({"discovery"});
  s.host = host.kind;
  s.host_name = host.name;
  if (const Cursor* const at = f.reading()) {
    check_targets(*at, s);
    const auto is_tls = [](const TargetSettings& target) { return target.tls || target.url.empty(); };
    if (f.given("tls") && std::none_of(s.targets.begin(), s.targets.end(), is_tls)) {
      at->problem_at("tls", "no target uses TLS", "begin its URL with https://");
    }
  }
}

}  // namespace

constexpr Object<BackendSettings> kBackend{"backend",
                                           "A service behind the gateway: one or several targets that are the same.",
                                           "{targets: [http://orders-1:8000]}", describe_backend};

}  // namespace gatehouse::config
