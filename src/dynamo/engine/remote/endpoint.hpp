// URLs of stores and of credentials endpoints. Pure functions.
#pragma once

#include "gatehouse/upstream/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

struct Endpoint {
  upstream::TargetSettings target;
  std::string path;  // with query; "/" when there is none
};

// http:// or https://, a host or IP literal ([::1] too), perhaps a port, perhaps a path.
std::optional<Endpoint> parse_endpoint(std::string_view url);

// As the Host field has it: the port is left out where it is the scheme's own.
std::string host_field(const upstream::TargetSettings& target);

}  // namespace gatehouse::dynamo
