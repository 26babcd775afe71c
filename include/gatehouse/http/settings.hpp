// What can be set about a listener's HTTP: limits and deadlines. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>

namespace gatehouse::http {

struct ServerLimits {
  std::uint64_t head = 64 * kKiB;      // 431: request line and fields together
  std::uint64_t uri = 8 * kKiB;        // 414: the request target
  std::uint32_t headers = 100;         // 431: number of fields, and of trailer fields
  std::uint64_t body = 10 * kMiB;      // 413
  std::uint32_t connections = 100'000;          // of this listener, all workers together: closed with 503
  std::uint32_t connections_per_client = 1'000;  // by address; trusted proxies are exempt; 0: no limit
  bool operator==(const ServerLimits&) const = default;
};

struct ServerTimeouts {
  Duration head = std::chrono::seconds(10);  // from the first byte (or accept) to the end of the head: 408
  Duration body = std::chrono::seconds(60);  // without a further KB of the body: 408
  Duration idle = std::chrono::seconds(60);  // keep-alive between requests: closed
  Duration send = std::chrono::seconds(30);  // a client that takes nothing of what we send: closed
  bool operator==(const ServerTimeouts&) const = default;
};

struct ServerSettings {
  ServerLimits limits;
  ServerTimeouts timeouts;
  bool operator==(const ServerSettings&) const = default;
};

}  // namespace gatehouse::http
