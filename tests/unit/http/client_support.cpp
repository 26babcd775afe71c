#include "unit/http/client_support.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace gatehouse::http::testing {
namespace {

constexpr int kPatienceMs = 20'000;

// 0: the end. -1: the connection is broken.
ssize_t receive(int fd, char* into, std::size_t size) {
  pollfd wanted{fd, POLLIN, 0};
  if (::poll(&wanted, 1, kPatienceMs) != 1) throw std::runtime_error("nothing was heard");
  return ::recv(fd, into, size, 0);
}

std::vector<std::pair<std::string, std::string>> copy_of(const Fields& fields) {
  std::vector<std::pair<std::string, std::string>> copy;
  for (std::uint32_t i = 0; i < fields.size(); ++i) copy.emplace_back(fields[i].name, fields[i].value);
  return copy;
}

}  // namespace

void say(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
      pollfd wanted{fd, POLLOUT, 0};
      if (::poll(&wanted, 1, kPatienceMs) != 1) throw std::runtime_error("nobody listens");
      continue;
    }
    if (sent < 0) throw std::runtime_error("the connection is broken");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string hear(int fd, std::size_t bytes) {
  std::string heard(bytes, '\0');
  for (std::size_t at = 0; at < bytes;) {
    const ssize_t got = receive(fd, heard.data() + at, bytes - at);
    if (got <= 0) throw std::runtime_error("ended after: " + heard.substr(0, at));
    at += static_cast<std::size_t>(got);
  }
  return heard;
}

std::string hear_head(int fd) {
  std::string heard;
  while (!heard.ends_with("\r\n\r\n")) heard += hear(fd, 1);
  return heard;
}

std::string hear_all(int fd) {
  std::string heard;
  char buffer[65536];
  while (true) {
    const ssize_t got = receive(fd, buffer, sizeof(buffer));
    if (got <= 0) return heard;
    heard.append(buffer, static_cast<std::size_t>(got));
  }
}

bool hear_end(int fd) {
  char byte = 0;
  return receive(fd, &byte, 1) <= 0;
}

void reset(net::UniqueFd& fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  fd.reset();
}

net::Task<void> run_answer(UpstreamCall* call, net::Waiter* waiter, Answer* answer, std::size_t bite) {
  while (answer->head != HeadState::kReady && answer->head != HeadState::kFailed) {
    answer->head = call->poll_head();
    if (answer->head == HeadState::kInformational) answer->informational.push_back(call->response().status);
    if (answer->head == HeadState::kPending) co_await *waiter;
  }
  if (answer->head == HeadState::kReady) {
    answer->status = call->response().status;
    answer->reason = call->response().reason;
    answer->fields = copy_of(call->response().fields);
  }
  while (answer->head == HeadState::kReady && answer->end != BodyState::kEnd && answer->end != BodyState::kFailed) {
    const BodyChunk chunk = call->poll_body();
    answer->end = chunk.state;
    if (chunk.state == BodyState::kPending) {
      co_await *waiter;
    } else if (chunk.state == BodyState::kData) {
      ++answer->pieces;
      const std::string_view taken = chunk.bytes.substr(0, bite);
      answer->body += taken;
      call->consume_body(taken.size());
    }
  }
  if (answer->end == BodyState::kEnd) answer->trailers = copy_of(call->trailers());
  answer->failure = call->failure();
  answer->done = true;
}

OutgoingRequest get(std::string_view target) {
  OutgoingRequest request;
  request.method = "GET";
  request.target = target;
  request.authority = "backend";
  return request;
}

OutgoingRequest post(std::string_view target, std::optional<std::uint64_t> length) {
  OutgoingRequest request = get(target);
  request.method = "POST";
  request.has_body = true;
  request.content_length = length;
  return request;
}

}  // namespace gatehouse::http::testing
