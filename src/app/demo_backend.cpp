// gatehouse demo-backend: the demo server as a process of its own.

#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/demo_server.hpp"

#include "gatehouse/base/log.hpp"

#include <csignal>
#include <cstdio>

namespace gatehouse::app {

int demo_backend(const DemoOptions& options) {
  const auto address = parse_endpoint(options.address);
  if (!address) {
    std::fprintf(stderr, "gatehouse: --address %s: expected an address and a port, such as 127.0.0.1:8081\n", options.address.c_str());
    return 1;
  }
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&ending, signal);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);  // before the server's thread starts, which inherits it

  auto server = DemoServer::start(*address, options.name);
  if (!server) {
    std::fprintf(stderr, "gatehouse: %s\n", server.error().message().c_str());
    return 1;
  }
  log::info("demo backend listening", {{"address", (*server)->endpoint().to_string()}, {"name", options.name}});
  int signal = 0;
  sigwait(&ending, &signal);
  return 0;
}

}  // namespace gatehouse::app
