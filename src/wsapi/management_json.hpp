// The bodies of management answers. Pure functions.
#pragma once

#include "gatehouse/wsapi/directory.hpp"

#include <string>
#include <string_view>

namespace gatehouse::wsapi {

std::string message_json(std::string_view text);
// Amazon's members, and more: connectionId, and groups and subject where there are any.
std::string description_json(const Description& description);
std::string presence_json(const Presence& page);
std::string delivered_json(const Delivered& delivered);

}  // namespace gatehouse::wsapi
