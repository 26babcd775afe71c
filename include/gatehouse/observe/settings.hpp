// What can be set about the access log. Plain values.
#pragma once

#include <string>

namespace gatehouse::observe {

struct AccessLogSettings {
  bool enabled = true;
  std::string to = "stdout";  // "stdout", "stderr" or a file, reopened on SIGUSR1
  bool operator==(const AccessLogSettings&) const = default;
};

}  // namespace gatehouse::observe
