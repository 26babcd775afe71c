// A compiled route: its pattern, its chain of steps and its integration. Part of an immutable snapshot.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/pipeline/route_pattern.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::pipeline {

class Middleware;
class Integration;
class ErrorAnswers;

inline constexpr std::string_view kDefaultStage = "$default";
using StageVariables = std::vector<std::pair<std::string, std::string>>;

struct Route {
  std::string api;
  std::string label;  // "GET /v1/orders/{id}": the template with the API's base path, for log and metrics
  RoutePattern pattern;
  std::vector<std::shared_ptr<const Middleware>> steps;  // outermost first
  std::shared_ptr<const Integration> integration;        // none: nothing is there, 404 or 405
  std::shared_ptr<const ErrorAnswers> errors = {};       // the form of refusals; none: as they were made
  bool answers_preflights = false;                       // a CORS step is among them
  Duration total_timeout{};                              // of the whole exchange; 0: none
  std::string_view action = "execute-api:Invoke";        // what policies call a request to it
  std::string stage{kDefaultStage};
  std::shared_ptr<const StageVariables> stage_variables = {};  // for events that tell of them; may be none
};

}  // namespace gatehouse::pipeline
