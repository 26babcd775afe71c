// URLs of what the gateway itself calls: stores, credentials, key sets. Pure functions.
#pragma once

#include "gatehouse/upstream/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::upstream {

struct Url {
  TargetSettings target;
  std::string path;  // with query; "/" when there is none
};

// http:// or https://, a host or IP literal ([::1] too), perhaps a port, perhaps a path.
std::optional<Url> parse_url(std::string_view text);

// As the Host field has it: the port is left out where it is the scheme's own.
std::string host_field(const TargetSettings& target);

}  // namespace gatehouse::upstream
