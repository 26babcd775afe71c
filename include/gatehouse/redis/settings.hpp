// Where a Redis (or what speaks its protocol) is, and how to enter. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/net/tls.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::redis {

struct Settings {
  std::string host;
  std::uint16_t port = 6379;
  std::string user;      // empty: the default user
  std::string password;  // empty: nobody asks
  std::uint32_t database = 0;
  bool tls = false;
  net::TlsClientSettings tls_settings;
  Duration timeout = std::chrono::seconds(1);  // to connect and enter, and for each exchange
  bool operator==(const Settings&) const = default;
};

}  // namespace gatehouse::redis
