// A registry with one worker that runs on the test's thread, an API that does what the test says, and raw clients.
#pragma once

#include "unit/http/websocket_client.hpp"
#include "unit/net/support.hpp"

#include "gatehouse/wsapi/registry.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::wsapi::testing {

using http::testing::close_payload;
using http::testing::frame;
using http::testing::SeenFrame;
using http::testing::text_frame;

class ScriptedSink final : public MessageSink {
 public:
  explicit ScriptedSink(std::string name = "chat") : name_(std::move(name)) {}
  std::string_view api() const override { return name_; }
  net::Task<void> on_message(std::shared_ptr<Connection> connection, Message message) override {
    messages.push_back(message.payload);
    if (!handle) co_return;
    net::Task<void> handled = handle(connection, message);
    co_await handled;
    ++handled_;
  }
  net::Task<void> on_closed(std::shared_ptr<Connection> connection, Ending ending) override {
    endings.push_back(ending);
    if (close) {
      net::Task<void> told = close(connection);
      co_await told;
    }
    ++told_;
  }

  std::function<net::Task<void>(std::shared_ptr<Connection>, Message)> handle;
  std::function<net::Task<void>(std::shared_ptr<Connection>)> close;
  std::vector<std::string> messages;
  std::vector<Ending> endings;
  int handled_ = 0;
  int told_ = 0;

 private:
  std::string name_;
};

struct Client {
  std::shared_ptr<Connection> connection;
  net::UniqueFd fd;
  std::string received;
  std::vector<SeenFrame> frames;

  void send(std::string_view bytes) { EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size())); }
  void receive() {
    char buffer[65536];
    ssize_t got = 0;
    while ((got = ::recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) received.append(buffer, static_cast<std::size_t>(got));
    for (auto& one : http::testing::take_server_frames(received)) frames.push_back(std::move(one));
  }
};

class RegistryTest : public ::testing::Test {
 protected:
  ~RegistryTest() override { registry_.close_all(worker_); }

  Client open(std::shared_ptr<MessageSink> sink = nullptr) {
    auto [server, client] = net::testing::socket_pair();
    const int small = 16 * 1024;
    ::setsockopt(server.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    http::Upgraded upgraded;
    upgraded.stream = net::make_plain_stream(std::move(server));
    Client opened;
    opened.fd = std::move(client);
    opened.connection =
        registry_.open(registry_.reserve(worker_), std::move(upgraded), facts_, std::make_shared<const ConnectionLimits>(limits_), sink ? sink : sink_);
    return opened;
  }
  bool run_until(const std::function<bool()>& done) { return net::testing::run_until(worker_, done); }
  void poke() {
    worker_.post([] {});
  }
  // Runs until the client has so many frames; takes them.
  std::vector<SeenFrame> frames(Client& client, std::size_t count) {
    EXPECT_TRUE(run_until([&] {
      client.receive();
      if (client.frames.size() < count) poke();
      return client.frames.size() >= count;
    }));
    return std::exchange(client.frames, {});
  }
  // Runs until the answer to something that was asked of the registry is there.
  template <class T>
  T answer(const std::function<void(Done<T>)>& ask) {
    const auto slot = std::make_shared<std::optional<T>>();
    ask([slot](T value) { *slot = std::move(value); });
    EXPECT_TRUE(run_until([&] { return slot->has_value(); }));
    return slot->value();
  }
  Outcome send(const ConnectionId& id, std::string_view payload, std::string_view api = "chat") {
    return answer<Outcome>([&](auto done) { registry_.send(api, id, http::PreparedFrame(http::websocket::Opcode::kText, payload), done); });
  }
  Delivered broadcast(std::string_view group, std::string_view payload, std::string_view api = "chat") {
    return answer<Delivered>([&](auto done) { registry_.broadcast(api, group, http::PreparedFrame(http::websocket::Opcode::kText, payload), done); });
  }

  net::Worker worker_{0};
  Registry registry_{std::vector<net::Worker*>{&worker_}};
  std::shared_ptr<ScriptedSink> sink_ = std::make_shared<ScriptedSink>();
  ConnectionLimits limits_;
  ConnectionFacts facts_;
};

}  // namespace gatehouse::wsapi::testing
