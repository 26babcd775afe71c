// gatehouse health: one GET /healthz, with a deadline.

#include "app/admin_client.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"

#include <cstdio>

namespace gatehouse::app {

int health(const std::string& address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) {
    std::fprintf(stderr, "gatehouse: --admin %s: expected an address and a port, such as 127.0.0.1:9180\n", address.c_str());
    return 1;
  }
  const AdminAnswer answer = ask_admin(*endpoint, {.target = "/healthz", .body = "", .patience = std::chrono::seconds(3)});
  if (!answer.problem.empty()) {
    std::fprintf(stderr, "gatehouse: no answer from %s: %s\n", address.c_str(), answer.problem.c_str());
    return 1;
  }
  std::printf("%s", answer.body.c_str());
  return answer.status == 200 ? 0 : 1;
}

}  // namespace gatehouse::app
