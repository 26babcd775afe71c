// What the tests of net share: running a worker until a condition holds, socket pairs, loopback connections.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/unique_fd.hpp"
#include "gatehouse/net/worker.hpp"
#include "support/running_worker.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::net::testing {

// Runs the worker's loop on this thread; false when `done` is still false after the deadline.
bool run_until(Worker& worker, const std::function<bool()>& done, Duration within = std::chrono::seconds(20));

// Both ends non-blocking.
std::pair<UniqueFd, UniqueFd> socket_pair();
// Blocking, with a receive timeout.
UniqueFd connect_to(const Endpoint& endpoint);
// Non-blocking and blocking end of a TCP connection over loopback.
std::pair<UniqueFd, UniqueFd> tcp_pair();

Endpoint loopback(std::uint16_t port = 0);
bool wait_readable(int fd, Duration within = std::chrono::seconds(20));

}  // namespace gatehouse::net::testing
