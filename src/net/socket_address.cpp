#include "gatehouse/net/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace gatehouse::net {

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& to) {
  const auto& bytes = endpoint.address.bytes();
  std::memset(&to, 0, sizeof(to));
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data() + 12, 4);
    return sizeof(v4);
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
  return sizeof(v6);
}

}  // namespace gatehouse::net
