#include "unit/http/session_support.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace gatehouse::http::testing {

void Signal::set() {
  const std::lock_guard lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

bool Signal::wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return set_; });
}

net::Task<void> ScriptedHandler::handle(Exchange& exchange) {
  {
    const std::lock_guard lock(mutex_);
    ++requests_;
  }
  return script_(exchange);
}

void ScriptedHandler::on_refusal(const Refusal& refusal) {
  const std::lock_guard lock(mutex_);
  refusals_.push_back({refusal.status, std::string(refusal.reason), refusal.bytes_received, refusal.bytes_sent});
  changed_.notify_all();
}

void ScriptedHandler::on_connection_opened() {
  const std::lock_guard lock(mutex_);
  ++opened_;
}

void ScriptedHandler::on_connection_closed() {
  const std::lock_guard lock(mutex_);
  ++closed_;
  changed_.notify_all();
}

int ScriptedHandler::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int ScriptedHandler::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

std::vector<SeenRefusal> ScriptedHandler::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

bool ScriptedHandler::wait_for_closed(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return closed_ >= count; });
}

bool ScriptedHandler::wait_for_refusals(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return refusals_.size() >= count; });
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // the test sees it by what comes back
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t Client::send_until_full(std::string_view pattern, std::size_t at_most) {
  std::size_t total = 0;
  // The kernels move bytes from one buffer to the other behind our back: full is when that has come to rest.
  pollfd writable{socket_.get(), POLLOUT, 0};
  while (total < at_most && ::poll(&writable, 1, 200) == 1) {
    const std::string_view next = pattern.substr(total % pattern.size());
    const ssize_t sent = ::send(socket_.get(), next.data(), next.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) break;
    total += static_cast<std::size_t>(sent);
  }
  return total;
}

bool Client::more() {
  char buffer[64 * 1024];
  while (true) {
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof(buffer), 0);
    if (got > 0) {
      received_.append(buffer, static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      EXPECT_NE(errno, EAGAIN) << "the server said nothing for too long";
      reset_ = errno == ECONNRESET;
    }
    return false;
  }
}

namespace {

// A small reading of its own, so that the codec is not checked against itself. Moves on in `text`; false when cut.
bool take_chunks(std::string& text, const std::function<bool()>& more, Reply& reply) {
  const auto line = [&](std::string& out) {
    std::size_t end;
    while ((end = text.find("\r\n")) == std::string::npos) {
      if (!more()) return false;
    }
    out = text.substr(0, end);
    text.erase(0, end + 2);
    return true;
  };
  std::string size_line;
  while (line(size_line)) {
    const std::size_t size = std::strtoul(size_line.c_str(), nullptr, 16);
    if (size == 0) {
      std::string trailer;
      while (line(trailer)) {
        if (trailer.empty()) return true;
        reply.trailers += trailer + "\n";
      }
      return false;
    }
    while (text.size() < size + 2) {
      if (more()) continue;
      reply.body += text.substr(0, size);
      return false;
    }
    reply.body += text.substr(0, size);
    if (text.substr(size, 2) != "\r\n") return false;
    text.erase(0, size + 2);
  }
  return false;
}

std::optional<std::size_t> length_of(const std::string& head) {
  const std::size_t at = to_lower(head).find("\r\ncontent-length: ");
  if (at == std::string::npos) return std::nullopt;
  return std::strtoul(head.c_str() + at + 18, nullptr, 10);
}

}  // namespace

Reply Client::read_reply(BodyExpected body) {
  Reply reply;
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return reply;
  }
  reply.head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  reply.status = std::atoi(reply.head.c_str() + 9);
  const bool none = body == BodyExpected::kNo || reply.status < 200 || reply.status == 204 || reply.status == 304;
  if (none) {
    reply.complete = true;
  } else if (reply.head.find("Transfer-Encoding: chunked") != std::string::npos) {
    reply.complete = take_chunks(received_, [this] { return more(); }, reply);
  } else if (const auto length = length_of(reply.head)) {
    while (received_.size() < *length && more()) {
    }
    reply.complete = received_.size() >= *length;
    reply.body = received_.substr(0, *length);
    received_.erase(0, reply.body.size());
  } else {
    reply.body = read_to_end();
    reply.complete = !reset_;
  }
  return reply;
}

std::string Client::read(std::size_t bytes) {
  while (received_.size() < bytes && more()) {
  }
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, taken.size());
  return taken;
}

std::string Client::read_to_end() {
  while (more()) {
  }
  return std::exchange(received_, {});
}

bool Client::at_end() { return received_.empty() && !more(); }

void Client::end_sending() { ::shutdown(socket_.get(), SHUT_WR); }

void Client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  socket_.reset();
}

net::Task<void> answer_text(Exchange& exchange, int status, std::string text) {
  ResponseHead head(exchange.arena());
  head.status = status;
  exchange.respond(head, text, More::kNo);
  co_return;
}

net::Task<void> sleep_once(Exchange& exchange) {
  bool awake = false;
  exchange.worker().post([&] {
    awake = true;
    exchange.waiter().wake();
  });
  while (!awake) co_await exchange.waiter();
}

net::Task<std::string> read_body(Exchange& exchange) {
  std::string body;
  while (true) {
    const BodyChunk chunk = exchange.poll_body();
    if (chunk.state == BodyState::kData) {
      body += chunk.bytes;
      exchange.consume_body(chunk.bytes.size());
    } else if (chunk.state == BodyState::kPending) {
      co_await exchange.waiter();
    } else {
      co_return body;
    }
  }
}

net::Task<void> echo_body(Exchange& exchange) {
  net::Task<std::string> reading = read_body(exchange);
  const std::string body = co_await reading;
  if (exchange.failed()) co_return;
  ResponseHead head(exchange.arena());
  exchange.respond(head, body, More::kNo);
}

net::Task<void> sleep_until_failed(Exchange& exchange) {
  while (!exchange.failed()) co_await exchange.waiter();
}

SessionTest::SessionTest() : worker_(std::make_unique<net::Worker>(0)), thread_([this] { worker_->run(); }) {}

SessionTest::~SessionTest() {
  destroy_server();
  worker_->stop();
  thread_.join();
}

void SessionTest::serve(ScriptedHandler::Script script, ServerSettings settings, IpSet trusted) {
  handler_.set_script(std::move(script));
  on_worker([&] { server_ = std::make_unique<Server>(*worker_, limits_, handler_, settings, std::move(trusted)); });
}

void SessionTest::destroy_server() {
  on_worker([this] { server_.reset(); });
}

std::pair<net::UniqueFd, net::UniqueFd> SessionTest::tcp_pair() {
  auto listener = net::bind_listener({*IpAddress::parse("127.0.0.1"), 0}, 1);
  const Endpoint bound = net::local_endpoint(listener.value().get());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(bound.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  net::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  pollfd acceptable{listener.value().get(), POLLIN, 0};
  EXPECT_EQ(::poll(&acceptable, 1, 20'000), 1);
  net::UniqueFd server(::accept4(listener.value().get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  EXPECT_TRUE(server);
  const int on = 1;
  ::setsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return {std::move(server), std::move(client)};
}

Client SessionTest::connect(Buffers buffers) {
  auto [server, client] = tcp_pair();
  if (buffers == Buffers::kSmall) {
    const int size = 32 * 1024;
    for (const int fd : {server.get(), client.get()}) {
      ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
  }
  const Endpoint peer = net::local_endpoint(client.get());
  on_worker([&, fd = server.release()] { server_->accept(net::UniqueFd(fd), peer); });
  return Client(std::move(client));
}

}  // namespace gatehouse::http::testing
