// The order of the pipeline, in one place. Used to build chains and to explain them.
#pragma once

#include "gatehouse/config/settings.hpp"
#include "gatehouse/middleware/steps.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gateway {

struct Parts;

// A route with what it inherits from its stage, its API and the gateway.
struct EffectiveRoute {
  const config::Settings& settings;
  const config::ApiSettings* api;      // null: nothing matched, not even an API
  const config::RouteSettings* route;  // null: the API's answer to what no route matches
  config::ScopedSettings scoped;
  std::string label;                   // "GET /v1/orders/{id}", "(no route)"
};

EffectiveRoute effective_route(const config::Settings& settings, const config::ApiSettings* api,
                               const config::RouteSettings* route);

struct PlannedStep {
  std::string_view name;
  std::string_view why;  // it stands where it stands
  std::string detail;    // what is set, for people
  std::function<middleware::Step(const Parts&)> make;
};

// Outermost first.
std::vector<PlannedStep> pipeline_order(const EffectiveRoute& route);

}  // namespace gatehouse::gateway
