// What can be set about a backend. Plain values; every default is right for production.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/net/permits.hpp"
#include "gatehouse/net/tls.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::upstream {

struct TargetSettings {
  std::string url;  // as written: http://orders-1:8000
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  std::uint32_t weight = 1;  // 0: drained, gets no new requests
  bool operator==(const TargetSettings&) const = default;
};

enum class Balance : std::uint8_t { kRoundRobin, kLeastRequests, kHash };
enum class HashSource : std::uint8_t { kHeader, kCookie, kClientIp };

struct BalanceSettings {
  Balance kind = Balance::kRoundRobin;
  HashSource source = HashSource::kClientIp;
  std::string name;  // of the header or cookie
  bool operator==(const BalanceSettings&) const = default;
};

// Active checks: GET `path` of every target; 2xx and 3xx are healthy. Off while `path` is empty.
struct HealthSettings {
  std::string path;
  Duration every = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(2);
  std::uint32_t unhealthy_after = 3;  // failures in a row
  std::uint32_t healthy_after = 2;    // successes in a row
  bool operator==(const HealthSettings&) const = default;
};

// Passive: a target whose requests fail (no connection, no answer, a broken one) is left out for a while.
struct EjectionSettings {
  std::uint32_t failures = 5;  // in a row; 0: off
  Duration open = std::chrono::seconds(10);
  bool operator==(const EjectionSettings&) const = default;
};

struct TimeoutSettings {
  Duration connect = std::chrono::seconds(5);      // with the TLS handshake
  Duration first_byte = std::chrono::seconds(30);  // from the request's last byte to the answer's head
  Duration idle = std::chrono::seconds(60);        // between two pieces of a body, either way
  Duration total{};                                // of the whole exchange; 0: none, so that streams may live
  bool operator==(const TimeoutSettings&) const = default;
};

struct RetrySettings {
  std::uint32_t attempts = 1;  // tries after the first
  double budget = 0.2;         // retries may be at most this share of the requests of the last 10 s (and 3 in any case)
  bool operator==(const RetrySettings&) const = default;
};

// Opens when at least 20 requests were made in the window and the share that failed (no answer, 5xx) is reached.
struct BreakerSettings {
  double errors = 0;  // 0: off
  Duration window = std::chrono::seconds(10);
  Duration open = std::chrono::seconds(5);
  bool operator==(const BreakerSettings&) const = default;
};

struct PoolSettings {                // of each worker and target
  std::uint32_t connections = 1000;  // in use at once; beyond it requests wait in the queue
  std::uint32_t queue = 1000;        // waiting; beyond it: 503
  std::uint32_t idle = 256;          // kept for reuse
  Duration idle_time = std::chrono::seconds(50);
  bool operator==(const PoolSettings&) const = default;
};

enum class HostHeader : std::uint8_t { kTarget, kPreserve, kFixed };

struct BackendSettings {
  std::string name;
  std::vector<TargetSettings> targets;
  BalanceSettings balance;
  HealthSettings health;
  EjectionSettings ejection;
  TimeoutSettings timeouts;
  RetrySettings retries;
  BreakerSettings breaker;
  PoolSettings pool;
  net::PermitSettings concurrency;  // requests of all workers to all targets
  net::TlsClientSettings tls;
  HostHeader host = HostHeader::kTarget;
  std::string host_name;  // with kFixed
  bool operator==(const BackendSettings&) const = default;
};

}  // namespace gatehouse::upstream
