// What can be set about the access log. Plain values.
#pragma once

#include <string>

namespace gatehouse::observe {

struct AccessLogSettings {
  bool enabled = true;
  std::string to = "stdout";    // "stdout", "stderr" or a file, reopened on SIGUSR1
  std::string format = "json";  // "json", "combined", "common", or a text with $context variables (middleware::LogFormat)
  double sample = 1;            // of the requests that went well
  bool keep_errors = true;      // what was refused or broke is always logged; false: sampled like the others
  bool operator==(const AccessLogSettings&) const = default;
};

}  // namespace gatehouse::observe
