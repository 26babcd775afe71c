// An endpoint as the system's calls take it. Pure.
#pragma once

#include "gatehouse/base/ip.hpp"

#include <sys/socket.h>

namespace gatehouse::net {

// Fills `to`, zeros included; returns how much of it counts.
socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& to);

}  // namespace gatehouse::net
