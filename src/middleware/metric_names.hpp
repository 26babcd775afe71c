// The names, texts and labels of the metrics about requests, in one place: dashboards depend on them.
#pragma once

#include "gatehouse/observe/metrics.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gatehouse::middleware {

inline constexpr std::size_t kStatusClasses = 6;
inline constexpr std::string_view kStatusClassNames[kStatusClasses] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

// "none" for 0: the connection ended without an answer.
constexpr std::size_t status_class(int status) {
  const auto hundreds = static_cast<std::size_t>(status) / 100;
  return hundreds < kStatusClasses ? hundreds : 0;
}

inline observe::Labels route_labels(std::string_view api, std::string_view route) {
  return {{"api", std::string(api)}, {"route", std::string(route)}};
}

inline observe::Counter& count_requests(observe::Registry& registry, std::string_view api, std::string_view route,
                                        int status) {
  observe::Labels labels = route_labels(api, route);
  labels.emplace_back("code", kStatusClassNames[status_class(status)]);
  return registry.counter("gatehouse_requests_total", "Requests by the class of status that was answered.", labels);
}

inline observe::Counter& count_reason(observe::Registry& registry, std::string_view reason) {
  return registry.counter("gatehouse_refusals_total",
                          "Requests that were refused or broke, by the reason that the access log gives.",
                          {{"reason", std::string(reason)}});
}

inline observe::Counter& count_auth_failure(observe::Registry& registry, std::string_view reason) {
  return registry.counter("gatehouse_auth_failures_total", "Requests that no authorizer accepted, by reason.",
                          {{"reason", std::string(reason)}});
}

}  // namespace gatehouse::middleware
