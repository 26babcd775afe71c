// A WebSocketEndpoint on a socket pair, and the raw client at the other end. All on the test's thread.
#pragma once

#include "unit/http/websocket_client.hpp"
#include "unit/net/support.hpp"

#include "gatehouse/http/websocket_endpoint.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::http::testing {

struct SeenMessage {
  std::string payload;
  bool binary;
  bool operator==(const SeenMessage&) const = default;
};

struct SeenEnd {
  unsigned code;
  std::string reason, text;
  bool by_client;
};

class Recorder final : public WebSocketEvents {
 public:
  void on_message(std::string_view payload, bool binary) override {
    messages.push_back({std::string(payload), binary});
    if (then) then();
  }
  void on_read() override { ++reads; }
  void on_end(const WebSocketEnd& how) noexcept override {
    EXPECT_FALSE(end) << "a second end";
    end = SeenEnd{how.code, std::string(how.reason), std::string(how.text), how.by_client};
  }

  std::vector<SeenMessage> messages;
  std::optional<SeenEnd> end;
  std::function<void()> then;  // after each message
  int reads = 0;
};

class WebSocketEndpointTest : public ::testing::Test {
 protected:
  ~WebSocketEndpointTest() override { endpoint_.reset(); }

  WebSocketEndpoint& open(std::string received = {}) {
    auto [server, client] = net::testing::socket_pair();
    client_ = std::move(client);
    const int small = 16 * 1024;
    ::setsockopt(server.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    Upgraded upgraded;
    upgraded.stream = net::make_plain_stream(std::move(server));
    upgraded.received = std::move(received);
    upgraded.permit = permit_;
    endpoint_ = std::make_unique<WebSocketEndpoint>(worker_, std::move(upgraded), limits_, events_);
    endpoint_->start();
    return *endpoint_;
  }

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Sends however much it is, with the worker running meanwhile; stops when the endpoint has closed.
  void send_all(std::string_view bytes) {
    EXPECT_TRUE(run_until([&] {
      const ssize_t sent = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return true;
      poke();
      return bytes.empty() || events_.end.has_value();
    }));
  }
  // The next turn of the loop comes at once.
  void poke() {
    worker_.post([] {});
  }
  bool run_until(const std::function<bool()>& done) { return net::testing::run_until(worker_, done); }
  // Everything that the endpoint sent and the client has not read yet.
  void receive() {
    char buffer[65536];
    while (true) {
      const ssize_t got = ::recv(client_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
      if (got == 0) saw_end_ = true;
      if (got <= 0) return;
      received_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  // Runs until the client has so many frames.
  std::vector<SeenFrame> frames(std::size_t count) {
    EXPECT_TRUE(run_until([&] {
      receive();
      for (auto& one : take_server_frames(received_)) seen_.push_back(std::move(one));
      if (seen_.size() < count) poke();
      return seen_.size() >= count;
    }));
    return std::exchange(seen_, {});
  }
  bool run_until_end() {
    return run_until([&] { return events_.end.has_value(); });
  }
  // Until the endpoint has ended its side. A client that broke the rules has to end its own.
  void expect_closed_with(unsigned code, std::string_view reason) {
    std::vector<SeenFrame> all;
    EXPECT_TRUE(run_until([&] {
      receive();
      for (auto& one : take_server_frames(received_)) all.push_back(std::move(one));
      if (!saw_end_) poke();
      return saw_end_;
    }));
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.back().opcode, 8u);
    EXPECT_EQ(all.back().close_code(), code);
    client_.reset();
    ASSERT_TRUE(run_until_end());
    EXPECT_EQ(events_.end->code, code);
    EXPECT_EQ(events_.end->reason, reason);
  }

  net::Worker worker_{0};
  WebSocketLimits limits_;
  Recorder events_;
  std::shared_ptr<int> permit_ = std::make_shared<int>(1);
  net::UniqueFd client_;
  std::unique_ptr<WebSocketEndpoint> endpoint_;
  std::string received_;
  std::vector<SeenFrame> seen_;
  bool saw_end_ = false;
};

}  // namespace gatehouse::http::testing
