// With the gateway's own code: its sessions take the handshake, its endpoint the messages, its registry the broadcasts.
#include "tool.hpp"

#include "gatehouse/http/server.hpp"
#include "gatehouse/http/websocket_endpoint.hpp"
#include "gatehouse/http/websocket_handshake.hpp"
#include "gatehouse/net/listener.hpp"
#include "gatehouse/wsapi/registry.hpp"

#include <time.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

namespace gatehouse::bench {
namespace {

using Opened = std::function<void(http::Upgraded)>;

class Upgrades final : public http::Handler {
 public:
  explicit Upgrades(Opened opened) : opened_(std::move(opened)) {}
  net::Task<void> handle(http::Exchange& exchange) override {
    const auto key = exchange.request().fields.get("Sec-WebSocket-Key");
    http::ResponseHead head(exchange.arena());
    if (!key || http::websocket::check_handshake(exchange.request()) != http::websocket::HandshakeProblem::kNone) {
      head.status = 426;
      exchange.respond(head, {}, http::More::kNo);
      co_return;
    }
    const auto accept = http::websocket::accept_value(*key);
    head.edits.append(http::FieldId::kUpgrade, "websocket");
    head.edits.append("Sec-WebSocket-Accept", exchange.arena().copy({accept.data(), accept.size()}));
    opened_(exchange.upgrade(head));
  }
  void on_refusal(const http::Refusal&) override {}
  void on_connection_opened() override {}
  void on_connection_closed() override {}

 private:
  Opened opened_;
};

// One worker with a listener.
class OwnServer {
 public:
  OwnServer(net::Worker& worker, std::uint16_t port, Opened opened)
      : upgrades_(std::move(opened)),
        server_(worker, std::make_shared<http::ConnectionLimits>(), upgrades_, settings(), {}),
        listener_(worker, *net::bind_listener({*IpAddress::parse("127.0.0.1"), port}),
                  [this](net::UniqueFd connection, const Endpoint& peer) { server_.accept(std::move(connection), peer); }) {}

 private:
  static http::ServerSettings settings() {
    http::ServerSettings all;
    all.limits.connections_per_client = 0;
    return all;
  }
  Upgrades upgrades_;
  http::Server server_;
  net::Listener listener_;
};

class Echo final : public http::WebSocketEvents {
 public:
  Echo(net::Worker& worker, http::Upgraded upgraded, const http::WebSocketLimits& limits) : endpoint_(worker, std::move(upgraded), limits, *this) {}
  void start() { endpoint_.start(); }
  void on_message(std::string_view payload, bool binary) override {
    endpoint_.send(binary ? http::websocket::Opcode::kBinary : http::websocket::Opcode::kText, payload);
  }
  void on_end(const http::WebSocketEnd&) noexcept override {
    endpoint_.worker().after_turn([this] { delete this; });
  }

 private:
  http::WebSocketEndpoint endpoint_;
};

class Silent final : public wsapi::MessageSink {
 public:
  std::string_view api() const override { return "bench"; }
  net::Task<void> on_message(std::shared_ptr<wsapi::Connection>, wsapi::Message) override { co_return; }
  net::Task<void> on_closed(std::shared_ptr<wsapi::Connection>, wsapi::Ending) override { co_return; }
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int run_own_echo(std::uint16_t port) {
  net::Worker worker(0);
  http::WebSocketLimits limits;
  limits.binary = true;
  limits.message = limits.frame = 1024 * 1024;
  const OwnServer server(worker, port, [&](http::Upgraded upgraded) {
    if (upgraded.stream) (new Echo(worker, std::move(upgraded), limits))->start();
  });
  worker.run();
  return 0;
}

int run_own_broadcast(std::uint16_t port, std::size_t clients, std::size_t size, int rounds) {
  net::Worker worker(0);
  wsapi::Registry registry({&worker});
  const auto limits = std::make_shared<const wsapi::ConnectionLimits>();
  const auto sink = std::make_shared<Silent>();
  const std::string payload(size, 'x');
  std::size_t open = 0;
  int round = 0;
  double began = 0;
  std::size_t sent = 0;
  std::function<void()> next = [&] {
    if (round++ == rounds) {
      std::printf("{\"deliveries\": %zu, \"cpu_us\": %.4f}\n", sent, (cpu_seconds() - began) * 1e6 / static_cast<double>(sent));
      std::fflush(stdout);
      return worker.stop();
    }
    registry.broadcast("bench", "room", http::PreparedFrame(http::websocket::Opcode::kText, payload), [&](const wsapi::Delivered& delivered) {
      sent += delivered.sent;
      worker.post(next);
    });
  };
  const OwnServer server(worker, port, [&](http::Upgraded upgraded) {
    const auto connection = registry.open(registry.reserve(worker), std::move(upgraded), {}, limits, sink);
    if (connection == nullptr) return;
    connection->join("room");
    if (++open < clients) return;
    began = cpu_seconds();
    worker.post(next);
  });
  worker.run();
  registry.close_all(worker);
  return 0;
}

}  // namespace gatehouse::bench
