#include "gatehouse/admin/admin_server.hpp"

#include "admin/pages.hpp"
#include "admin/socket_pages.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/log.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <optional>

namespace gatehouse::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kSessionLimit = 64;
// Unless messages to connections may be larger.
constexpr std::size_t kBodyLimit = 1024 * 1024;
constexpr std::size_t kUnread = 64 * 1024 * 1024;
constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

struct AdminServer::Impl : std::enable_shared_from_this<Impl> {
  class Session;

  Impl(asio::io_context& context, gateway::Gateway& served, Reload reload)
      : acceptor(context), pause(context), gateway(served), pages(served, std::move(reload)) {}

  Result<void> listen(const Endpoint& address);
  void accept_next();

  tcp::acceptor acceptor;
  asio::steady_timer pause;
  gateway::Gateway& gateway;
  Pages pages;
  SystemClock clock;
  asio::thread_pool patient{1};  // for pages that wait for a store
  std::size_t sessions = 0;
};

// One connection: reads a request, answers, and again. The operation in progress keeps it alive.
class AdminServer::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, std::shared_ptr<Impl> server) : stream_(std::move(socket)), server_(std::move(server)) {
    ++server_->sessions;
  }
  ~Session() { --server_->sessions; }

  void read_next() {
    parser_.emplace();
    const std::size_t most = std::max<std::size_t>(kBodyLimit, server_->gateway.largest_socket_message());
    parser_->body_limit(most);
    stream_.expires_after(kPatience);
    beast::http::async_read(stream_, buffer_, *parser_, [self = shared_from_this(), most](error_code ec, std::size_t) {
      if (ec == beast::http::error::body_limit) return self->refuse_body(most);
      if (!ec) self->answer();
    });
  }

 private:
  using Request = beast::http::request<beast::http::string_body>;

  void refuse_body(std::size_t most) {
    Request head(parser_->release());
    head.keep_alive(false);
    Page page{413, "application/json", "{\"message\":\"The body is larger than " + std::to_string(most) + " bytes\"}\n"};
    page.error = "PayloadTooLargeException";
    left_unread_ = kUnread;
    send(head, page);
  }

  void answer() {
    auto request = std::make_shared<const Request>(parser_->release());
    const bool from_browser = request->count("Origin") > 0;
    if (is_socket_page(request->target())) return manage_sockets(request, from_browser);
    if (!is_plan_page(request->target()))
      return send(*request, server_->pages.answer(request->method_string(), request->target(), from_browser, (*request)["Accept"]));
    asio::post(server_->patient, [self = shared_from_this(), request, from_browser]() mutable {
      Page page = plan_page(self->server_->gateway.plans(), self->server_->clock, request->method_string(), request->target(), request->body(),
                            from_browser);
      // The session ends on its own thread.
      const auto executor = self->stream_.get_executor();
      asio::post(executor, [self = std::move(self), request, page = std::move(page)] { self->send(*request, page); });
    });
  }

  void manage_sockets(const std::shared_ptr<const Request>& request, bool from_browser) {
    socket_page(server_->gateway, request->method_string(), request->target(), request->body(), from_browser,
                // Copies of this may be let go on any thread; the session ends on its own.
                [held = std::make_shared<std::shared_ptr<Session>>(shared_from_this()), request](Page page) {
                  std::shared_ptr<Session> self = std::move(*held);
                  const auto executor = self->stream_.get_executor();
                  asio::post(executor, [self = std::move(self), request, page = std::move(page)] { self->send(*request, page); });
                });
  }

  void send(const Request& request, const Page& page) {
    stream_.expires_after(kPatience);
    response_ = {beast::http::int_to_status(static_cast<unsigned>(page.status)), request.version(), page.body};
    response_.set(beast::http::field::content_type, page.type);
    response_.set(beast::http::field::cache_control, "no-store");
    if (!page.error.empty()) response_.set("x-amzn-ErrorType", page.error);
    if (!page.allow.empty()) response_.set(beast::http::field::allow, page.allow);
    response_.keep_alive(request.keep_alive());
    response_.prepare_payload();
    if (request.method() == beast::http::verb::head) response_.body().clear();
    beast::http::async_write(stream_, response_, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec) return;
      if (self->response_.keep_alive()) return self->read_next();
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
      self->drop_unread();
    });
  }

  // To close while the client still sends would take the answer away from it.
  void drop_unread() {
    if (left_unread_ == 0) return;
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(64 * 1024), [self = shared_from_this()](error_code ec, std::size_t size) {
      if (ec) return;
      self->left_unread_ -= std::min(size, self->left_unread_);
      self->drop_unread();
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  beast::http::response<beast::http::string_body> response_;
  std::size_t left_unread_ = 0;  // of a body that was refused
  std::shared_ptr<Impl> server_;
};

Result<void> AdminServer::Impl::listen(const Endpoint& address) {
  const tcp::endpoint endpoint(asio::ip::make_address(address.address.to_string()), address.port);
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec)
    return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "admin_listen_failed",
                 "cannot listen on admin address " + address.to_string() + ": " + ec.message());
  return {};
}

void AdminServer::Impl::accept_next() {
  acceptor.async_accept([self = shared_from_this()](error_code ec, tcp::socket socket) {
    if (ec == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (!ec && self->sessions < kSessionLimit) std::make_shared<Session>(std::move(socket), self)->read_next();
    if (!ec) return self->accept_next();
    log::warn("admin accept failed", {{"error", ec.message()}});
    self->pause.expires_after(kAcceptPause);
    self->pause.async_wait([self](error_code cancelled) {
      if (!cancelled) self->accept_next();
    });
  });
}

AdminServer::AdminServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel();
  impl_->patient.join();
}

Result<std::unique_ptr<AdminServer>> AdminServer::start(asio::io_context& context, const Endpoint& address,
                                                        gateway::Gateway& gateway, Reload reload) {
  auto impl = std::make_shared<Impl>(context, gateway, std::move(reload));
  auto listening = impl->listen(address);
  if (!listening) return listening.error();
  impl->accept_next();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

Endpoint AdminServer::endpoint() const {
  const tcp::endpoint local = impl_->acceptor.local_endpoint();
  return {*IpAddress::parse(local.address().to_string()), local.port()};
}

}  // namespace gatehouse::admin
