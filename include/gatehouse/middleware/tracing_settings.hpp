// What can be set about distributed tracing. Plain values.
#pragma once

#include "gatehouse/upstream/settings.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {

struct TracingSettings {
  std::optional<upstream::TargetSettings> otlp;  // the collector; none: ids are made and passed on, nothing is exported
  double sample = 0.01;                          // of the traces that begin here
  std::vector<std::pair<std::string, std::string>> headers;  // of each export
  std::string service = "gatehouse";
  bool operator==(const TracingSettings&) const = default;
};

}  // namespace gatehouse::middleware
