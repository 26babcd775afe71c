#include "app/demo_server.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/server.hpp"
#include "gatehouse/net/listener.hpp"

#include <nlohmann/json.hpp>

#include <thread>

namespace gatehouse::app {
namespace {

using http::BodyState;
using http::FieldId;
using nlohmann::json;

constexpr std::uint64_t kLargestAnswer = 64 * kGiB;
constexpr std::size_t kPiece = 64 * 1024;

class DemoHandler final : public http::Handler {
 public:
  explicit DemoHandler(std::string name) : name_(std::move(name)) {}

  net::Task<void> handle(http::Exchange& exchange) override {
    std::uint64_t body_bytes = 0;
    for (;;) {
      const http::BodyChunk chunk = exchange.poll_body();
      if (chunk.state == BodyState::kEnd) break;
      if (chunk.state == BodyState::kFailed) co_return;
      if (chunk.state == BodyState::kPending) {
        co_await exchange.waiter();
        continue;
      }
      body_bytes += chunk.bytes.size();
      exchange.consume_body(chunk.bytes.size());
    }
    const std::string_view path = exchange.request().path;
    if (path.starts_with("/bytes/")) {
      const auto count = parse_u64(path.substr(7));
      if (count && *count <= kLargestAnswer) {
        co_await send_bytes(exchange, *count);
        co_return;
      }
    }
    answer(exchange, status_in(path), describe(exchange.request(), body_bytes));
  }

  void on_refusal(const http::Refusal&) override {}
  void on_connection_opened() override {}
  void on_connection_closed() override {}

 private:
  static int status_in(std::string_view path) {
    if (!path.starts_with("/status/")) return 200;
    const auto status = parse_u64(path.substr(8));
    return status && *status >= 200 && *status <= 599 ? static_cast<int>(*status) : 400;
  }

  std::string describe(const http::RequestHead& request, std::uint64_t body_bytes) const {
    json headers = json::object();
    for (std::uint32_t i = 0; i < request.fields.size(); ++i) {
      const http::Field field = request.fields[i];
      headers[to_lower(field.name)] = field.value;
    }
    const json told{{"backend", name_},        {"method", request.method_text}, {"path", request.path},
                    {"query", request.query}, {"headers", headers},            {"body_bytes", body_bytes}};
    return told.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
  }

  static void answer(http::Exchange& exchange, int status, const std::string& body) {
    http::ResponseHead head(exchange.arena());
    head.status = status;
    head.edits.set(FieldId::kContentType, "application/json");
    head.content_length = body.size();
    exchange.respond(head, body, http::More::kNo);
  }

  static net::Task<void> send_bytes(http::Exchange& exchange, std::uint64_t left) {
    static const std::string piece(kPiece, 'x');
    http::ResponseHead head(exchange.arena());
    head.edits.set(FieldId::kContentType, "application/octet-stream");
    head.content_length = left;
    exchange.respond(head, {}, left > 0 ? http::More::kYes : http::More::kNo);
    while (left > 0 && !exchange.failed()) {
      if (!exchange.drained()) {
        co_await exchange.waiter();
        continue;
      }
      const auto size = std::min<std::uint64_t>(left, piece.size());
      left -= size;
      exchange.write(std::string_view(piece).substr(0, size), left > 0 ? http::More::kYes : http::More::kNo);
    }
  }

  std::string name_;
};

}  // namespace

struct DemoServer::Impl {
  Impl(net::UniqueFd socket, std::string name)
      : bound(net::local_endpoint(socket.get())),
        handler(std::move(name)),
        server(std::make_unique<http::Server>(worker, std::make_shared<http::ConnectionLimits>(), handler, settings(), IpSet())),
        listener(std::make_unique<net::Listener>(worker, std::move(socket),
                                                 [this](net::UniqueFd connection, const Endpoint& peer) {
                                                   server->accept(std::move(connection), peer);
                                                 })),
        thread([this] { worker.run(); }) {}

  // What lives on the worker dies on its thread.
  ~Impl() {
    worker.post([this] {
      listener.reset();
      server.reset();
      worker.stop();
    });
    thread.join();
  }

  static http::ServerSettings settings() {
    http::ServerSettings settings;
    settings.limits.body = kLargestAnswer;
    return settings;
  }

  Endpoint bound;
  net::Worker worker{0};
  DemoHandler handler;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<net::Listener> listener;
  std::thread thread;
};

DemoServer::DemoServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DemoServer::~DemoServer() = default;

Result<std::unique_ptr<DemoServer>> DemoServer::start(const Endpoint& address, std::string name) {
  auto socket = net::bind_listener(address);
  if (!socket) return socket.error();
  return std::unique_ptr<DemoServer>(new DemoServer(std::make_unique<Impl>(std::move(*socket), std::move(name))));
}

Endpoint DemoServer::endpoint() const { return impl_->bound; }

}  // namespace gatehouse::app
