// Connections of WebSocket APIs, for operators: /apis/{api}/@connections and /apis/{api}/@groups, as the API's own listener has them
// and without a signature. On the control plane's thread; the answer comes on any.
#pragma once

#include "gatehouse/admin/plan_pages.hpp"
#include "gatehouse/gateway/gateway.hpp"

#include <functional>
#include <string_view>

namespace gatehouse::admin {

bool is_socket_page(std::string_view target);

// Borrows the texts for the call. `from_browser`: web pages may not reach anybody here.
void socket_page(gateway::Gateway& gateway, std::string_view method, std::string_view target, std::string_view body, bool from_browser,
                 std::function<void(Page)> done);

}  // namespace gatehouse::admin
