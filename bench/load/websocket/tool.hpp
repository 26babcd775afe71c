// The programs of the WebSocket bench, in one binary: servers that do the same with the gateway's endpoint and with Beast's
// stream, and clients that load them. Started by websocket_bench.py; each prints one line of JSON.
#pragma once

#include <cstdint>
#include <cstddef>
#include <string>

namespace gatehouse::bench {

// Serve on loopback until SIGTERM. Every message goes back.
int run_own_echo(std::uint16_t port);
int run_beast_echo(std::uint16_t port);

// Wait for `clients`, then send `rounds` broadcasts of `size` bytes to all of them; say what a delivery took of the CPU.
int run_own_broadcast(std::uint16_t port, std::size_t clients, std::size_t size, int rounds);
int run_beast_broadcast(std::uint16_t port, std::size_t clients, std::size_t size, int rounds);

struct ClientOptions {
  std::uint16_t port = 0;
  std::string path;
  std::size_t connections = 1;
  std::size_t size = 100;    // of a message
  double seconds = 1;        // load
  std::size_t messages = 0;  // drain: until each connection got so many
};
// Each connection sends a message, waits for one back, and again.
int run_load(const ClientOptions& options);
// Opens the connections, says so, and keeps them until stdin ends.
int run_hold(const ClientOptions& options);
// Opens the connections and reads until each has `messages`.
int run_drain(const ClientOptions& options);

}  // namespace gatehouse::bench
