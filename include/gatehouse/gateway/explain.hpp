// What the gateway would do, without running it: the effective route table, and which route would take a request.
// Pure functions of the settings.
#pragma once

#include "gatehouse/config/settings.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gateway {

struct RouteRow {
  std::string api, hosts, method, path, integration, steps;
};
// Sorted as the router prefers them within an API.
std::vector<RouteRow> effective_routes(const config::Settings& settings);

struct ExplainedStep {
  std::string name, why, detail;
};
struct Explanation {
  bool matched = false;
  int status = 0;           // what is answered when not matched: 400, 404, 405
  std::string api, stage, route;  // "shop/dev", "dev", label
  std::string position;     // in the file
  std::string integration;  // "backend orders → http://orders-1:8000/internal/orders/7"
  std::string normalised_path;
  std::vector<std::pair<std::string, std::string>> params;
  std::vector<ExplainedStep> steps;
  std::string note;  // why not, or what to know
};
// What becomes of a message that a client of the WebSocket API at `url` sends.
Explanation explain_message(const config::Settings& settings, std::string_view url, std::string_view message);
// `url` is absolute ("https://host/path?query"); `headers` are "name: value".
Explanation explain(const config::Settings& settings, std::string_view method, std::string_view url,
                    const std::vector<std::string>& headers);

}  // namespace gatehouse::gateway
