// What is known of a request before it is routed: who sent it, under which name, what its path means. Pure, no I/O.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/http/exchange.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::gateway {

struct Arrival {
  bool peer_trusted = false;
  IpAddress client;
  std::string_view scheme, host, request_id;
  std::optional<std::string_view> path;  // normalised; none: the target is invalid, answer 400
};

// Believes X-Forwarded-For, -Proto and -Host only where the peer is in `trusted`; X-Request-Id from anyone when it is a
// plain word of at most 128 characters. Texts live in the exchange's arena or head.
Arrival look_at(http::Exchange& exchange, const IpSet& trusted);

}  // namespace gatehouse::gateway
