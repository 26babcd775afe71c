// `websocket` of the gateway, an API or a route.
#pragma once

#include "fields.hpp"
#include "gatehouse/integration/websocket.hpp"

#include <optional>

namespace gatehouse::config {

void describe_websocket_passage(Fields& fields, std::optional<integration::WebSocketSettings>& settings);

}  // namespace gatehouse::config
