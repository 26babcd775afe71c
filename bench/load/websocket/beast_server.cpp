// The same with Beast's stream, as its documentation shows it and with the cheapest executor.
#include "tool.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <time.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Stream = beast::websocket::stream<Socket>;
using boost::system::error_code;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(Socket socket) : stream_(std::move(socket)) {
    stream_.next_layer().set_option(Tcp::no_delay(true));
    stream_.set_option(beast::websocket::stream_base::timeout{std::chrono::seconds(30), beast::websocket::stream_base::none(), false});
  }
  void accept(std::function<void(std::shared_ptr<Session>)> opened) {
    stream_.async_accept([self = shared_from_this(), opened = std::move(opened)](error_code ec) {
      if (!ec) opened(self);
    });
  }
  void echo() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec) return;
      self->stream_.text(self->stream_.got_text());
      self->stream_.async_write(self->buffer_.data(), [self](error_code failed, std::size_t) {
        if (failed) return;
        self->buffer_.consume(self->buffer_.size());
        self->echo();
      });
    });
  }
  template <class Handler>
  void write(const std::shared_ptr<const std::string>& payload, Handler done) {
    stream_.async_write(asio::buffer(*payload), [self = shared_from_this(), payload, done](error_code ec, std::size_t) { done(!ec); });
  }
  Stream& stream() { return stream_; }

 private:
  Stream stream_;
  beast::flat_buffer buffer_;
};

class Server {
 public:
  Server(asio::io_context& context, std::uint16_t port, std::function<void(std::shared_ptr<Session>)> opened)
      : acceptor_(context, Tcp::endpoint(asio::ip::address_v4::loopback(), port)), opened_(std::move(opened)) {
    acceptor_.listen(4096);
    accept();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code ec, Socket socket) {
      if (!ec) std::make_shared<Session>(std::move(socket))->accept(opened_);
      accept();
    });
  }
  Acceptor acceptor_;
  std::function<void(std::shared_ptr<Session>)> opened_;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int run_beast_echo(std::uint16_t port) {
  asio::io_context context(1);
  const Server server(context, port, [](const std::shared_ptr<Session>& session) { session->echo(); });
  context.run();
  return 0;
}

int run_beast_broadcast(std::uint16_t port, std::size_t clients, std::size_t size, int rounds) {
  asio::io_context context(1);
  std::vector<std::shared_ptr<Session>> open;
  int round = 0;
  double began = 0;
  std::size_t sent = 0;
  std::size_t waiting = 0;
  std::function<void()> next = [&] {
    if (round++ == rounds) {
      std::printf("{\"deliveries\": %zu, \"cpu_us\": %.4f}\n", sent, (cpu_seconds() - began) * 1e6 / static_cast<double>(sent));
      std::fflush(stdout);
      return context.stop();
    }
    const auto payload = std::make_shared<const std::string>(size, 'x');
    waiting = open.size();
    for (const auto& session : open)
      session->write(payload, [&](bool taken) {
        sent += taken ? 1 : 0;
        if (--waiting == 0) asio::post(context, next);
      });
  };
  const Server server(context, port, [&](const std::shared_ptr<Session>& session) {
    session->stream().text(true);
    open.push_back(session);
    if (open.size() < clients) return;
    began = cpu_seconds();
    asio::post(context, next);
  });
  context.run();
  return 0;
}

}  // namespace gatehouse::bench
