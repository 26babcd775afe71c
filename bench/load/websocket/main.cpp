#include "tool.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

// tool echo-own PORT | echo-beast PORT | broadcast-own PORT CLIENTS SIZE ROUNDS | broadcast-beast … |
//      load PORT PATH CONNECTIONS SIZE SECONDS | hold PORT PATH CONNECTIONS | drain PORT PATH CONNECTIONS MESSAGES
int main(int count, char** arguments) {
  using namespace gatehouse::bench;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const auto number = [&](int i) { return i < count ? std::strtoull(arguments[i], nullptr, 10) : 0; };
  const std::string_view what = count > 2 ? arguments[1] : "";
  const auto port = static_cast<std::uint16_t>(number(2));
  if (what == "echo-own") return run_own_echo(port);
  if (what == "echo-beast") return run_beast_echo(port);
  if (what == "broadcast-own") return run_own_broadcast(port, number(3), number(4), static_cast<int>(number(5)));
  if (what == "broadcast-beast") return run_beast_broadcast(port, number(3), number(4), static_cast<int>(number(5)));
  ClientOptions options;
  options.port = port;
  options.path = count > 3 ? arguments[3] : "/";
  options.connections = number(4);
  if (what == "load") {
    options.size = number(5);
    options.seconds = count > 6 ? std::strtod(arguments[6], nullptr) : 1;
    return run_load(options);
  }
  if (what == "hold") return run_hold(options);
  if (what == "drain") {
    options.messages = number(5);
    return run_drain(options);
  }
  std::fprintf(stderr, "see the head of main.cpp\n");
  return 2;
}
