#include "unit/wsapi/registry_fixture.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <stdexcept>

namespace gatehouse::wsapi {
namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::close_payload;
using testing::frame;
using testing::RegistryTest;
using testing::text_frame;
using http::websocket::CloseCode;

// Lets coroutines through one by one.
class Gate {
 public:
  explicit Gate(net::Worker& worker) : waiter_(worker.ready()) {}
  net::Task<void> pass() {
    while (open_ == 0) co_await waiter_;
    --open_;
  }
  void let_through() {
    ++open_;
    waiter_.wake();
  }

 private:
  net::Waiter waiter_;
  int open_ = 0;
};

TEST_F(RegistryTest, KeepsTheFactsOfTheHandshake) {
  facts_.source = *IpAddress::parse("192.0.2.7");
  facts_.connected_at = std::chrono::system_clock::time_point(1'700'000'000s);
  facts_.user_agent = "tester/1";
  facts_.domain_name = "chat.example:8080";
  facts_.subprotocol = "v2";
  facts_.request_id = "0123456789abcdef0123456789abcdef";
  facts_.route = "$connect";
  facts_.method = "jwt";
  facts_.subject = "alice";
  facts_.api_key = "k1";
  facts_.plan = "gold";
  const Client client = open();
  const ConnectionFacts kept = client.connection->facts();
  EXPECT_EQ(kept.source, facts_.source);
  EXPECT_EQ(kept.connected_at, facts_.connected_at);
  EXPECT_EQ(kept.user_agent, "tester/1");
  EXPECT_EQ(kept.domain_name, "chat.example:8080");
  EXPECT_EQ(kept.subprotocol, "v2");
  EXPECT_EQ(kept.request_id, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(kept.route, "$connect");
  EXPECT_EQ(kept.method, "jwt");
  EXPECT_EQ(kept.subject, "alice");
  EXPECT_EQ(kept.api_key, "k1");
  EXPECT_EQ(kept.plan, "gold");
  EXPECT_EQ(client.connection->last_active(), facts_.connected_at);
}

TEST_F(RegistryTest, HandlesMessagesInOrderAndRepliesInIt) {
  sink_->handle = [](std::shared_ptr<Connection> connection, Message message) -> net::Task<void> {
    EXPECT_EQ(connection->send("re: " + message.payload, false), Connection::Sent::kSent);
    co_return;
  };
  Client client = open();
  client.send(text_frame("a") + text_frame("b") + text_frame("c"));
  const auto seen = frames(client, 3);
  EXPECT_EQ(seen[0].payload, "re: a");
  EXPECT_EQ(seen[1].payload, "re: b");
  EXPECT_EQ(seen[2].payload, "re: c");
}

TEST_F(RegistryTest, TheNextMessageWaitsUntilTheLastIsHandled) {
  Gate gate(worker_);
  sink_->handle = [&gate](std::shared_ptr<Connection>, Message) { return gate.pass(); };
  Client client = open();
  client.send(text_frame("a") + text_frame("b"));
  ASSERT_TRUE(run_until([&] { return sink_->messages.size() == 1; }));
  gate.let_through();
  ASSERT_TRUE(run_until([&] { return sink_->messages.size() == 2; }));
  EXPECT_EQ(sink_->handled_, 1);
  gate.let_through();
  ASSERT_TRUE(run_until([&] { return sink_->handled_ == 2; }));
  client.send(text_frame("c"));
  gate.let_through();
  ASSERT_TRUE(run_until([&] { return sink_->handled_ == 3; }));
}

TEST_F(RegistryTest, AFullQueueStopsTheReading) {
  limits_.queue_messages = 4;
  limits_.socket.message = limits_.socket.frame = 1024 * 1024;
  Gate gate(worker_);
  sink_->handle = [&gate](std::shared_ptr<Connection>, Message) { return gate.pass(); };
  Client client = open();
  const std::string message = text_frame(std::string(4000, 'x'));
  std::size_t sent = 0;
  // Until the system's buffers are full as well.
  while (::send(client.fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(message.size())) {
    ++sent;
    poke();
    worker_.context().poll();
    ASSERT_LT(sent, 10'000u) << "somebody takes everything";
  }
  EXPECT_EQ(sink_->messages.size(), 1u);
  EXPECT_LE(client.connection->counts().messages_in, 6u);
  for (std::size_t i = 0; i < sent; ++i) {
    ASSERT_TRUE(run_until([&] { return sink_->messages.size() > i; }));
    gate.let_through();
  }
  ASSERT_TRUE(run_until([&] { return sink_->handled_ >= static_cast<int>(sent); }));
}

TEST_F(RegistryTest, ABigMessageInTheQueueStopsTheReadingToo) {
  limits_.queue_bytes = 1000;
  Gate gate(worker_);
  sink_->handle = [&gate](std::shared_ptr<Connection>, Message) { return gate.pass(); };
  Client client = open();
  client.send(text_frame("first"));
  ASSERT_TRUE(run_until([&] { return sink_->messages.size() == 1; }));
  client.send(text_frame(std::string(1000, 'x')) + text_frame("z"));
  ASSERT_TRUE(run_until([&] { return client.connection->counts().messages_in == 2; }));
  gate.let_through();
  gate.let_through();
  gate.let_through();
  ASSERT_TRUE(run_until([&] { return sink_->handled_ == 3; }));
}

TEST_F(RegistryTest, OthersHaveTheirTurnWhileOneFloods) {
  Client client = open();
  Client other = open();
  std::string many;
  for (int i = 0; i < 2000; ++i) many += text_frame("x");
  client.send(many);
  other.send(text_frame("other"));
  ASSERT_TRUE(run_until([&] { return sink_->messages.size() == 2001; }));
  const auto at = std::find(sink_->messages.begin(), sink_->messages.end(), "other") - sink_->messages.begin();
  EXPECT_LT(at, 300);
}

TEST_F(RegistryTest, TellsTheEndOnceAfterTheLastMessage) {
  Gate gate(worker_);
  sink_->handle = [&gate](std::shared_ptr<Connection>, Message) { return gate.pass(); };
  Client client = open();
  client.send(text_frame("a") + text_frame("b") + frame(8, close_payload(4000, "bye")));
  ASSERT_TRUE(run_until([&] { return !client.connection->open(); }));
  EXPECT_TRUE(sink_->endings.empty());
  EXPECT_EQ(send(client.connection->id(), "late"), Outcome::kGone);
  gate.let_through();
  gate.let_through();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
  EXPECT_EQ(sink_->messages.size(), 2u);
  ASSERT_EQ(sink_->endings.size(), 1u);
  EXPECT_EQ(sink_->endings[0].code, 4000);
  EXPECT_EQ(sink_->endings[0].reason, "websocket_closed");
  EXPECT_EQ(sink_->endings[0].text, "bye");
  EXPECT_TRUE(sink_->endings[0].by_client);
  EXPECT_EQ(sink_->endings[0].counts.messages_in, 2u);
  EXPECT_EQ(client.connection.use_count(), 1);
}

TEST_F(RegistryTest, CountsAConnectionUntilItsEndIsTold) {
  Gate gate(worker_);
  sink_->close = [&gate](std::shared_ptr<Connection>) { return gate.pass(); };
  Client client = open();
  client.fd.reset();
  ASSERT_TRUE(run_until([&] { return !sink_->endings.empty(); }));
  EXPECT_EQ(registry_.open_count(), 1u);
  gate.let_through();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
  EXPECT_EQ(sink_->told_, 1);
}

TEST_F(RegistryTest, WhatAMessageThrowsEndsTheConnection) {
  sink_->handle = [](std::shared_ptr<Connection>, Message) -> net::Task<void> {
    throw std::runtime_error("on purpose");
    co_return;
  };
  Client client = open();
  client.send(text_frame("a") + text_frame("b"));
  EXPECT_EQ(frames(client, 1)[0].close_code(), 1011u);
  client.send(frame(8, close_payload(1011)));
  ASSERT_TRUE(run_until([&] { return !sink_->endings.empty(); }));
  EXPECT_EQ(sink_->endings[0].reason, "websocket_handler_failed");
  EXPECT_EQ(sink_->messages.size(), 1u);
}

TEST_F(RegistryTest, WhatTheEndThrowsIsTheEndAllTheSame) {
  sink_->close = [](std::shared_ptr<Connection>) -> net::Task<void> {
    throw std::runtime_error("on purpose");
    co_return;
  };
  Client client = open();
  client.fd.reset();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
}

TEST_F(RegistryTest, ADrainClosesAllAtDifferentMoments) {
  limits_.socket.close_wait = 10ms;
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(open());
  const TimePoint began = worker_.now();
  registry_.drain(worker_, 100ms);
  clients.push_back(open());  // accepted meanwhile
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
  EXPECT_LT(worker_.now() - began, 10s);
  ASSERT_EQ(sink_->endings.size(), 21u);
  Duration first = 1h;
  Duration last{};
  for (const Ending& one : sink_->endings) {
    EXPECT_EQ(one.code, 1001);
    EXPECT_EQ(one.reason, "websocket_drained");
    first = std::min(first, one.lasted);
    last = std::max(last, one.lasted);
  }
  EXPECT_GT(last - first, 20ms);
}

TEST_F(RegistryTest, ClosingAllDropsWhatIsUnderWay) {
  Gate gate(worker_);
  sink_->handle = [&gate](std::shared_ptr<Connection>, Message) { return gate.pass(); };
  Client client = open();
  client.send(text_frame("a"));
  ASSERT_TRUE(run_until([&] { return !sink_->messages.empty(); }));
  registry_.close_all(worker_);
  EXPECT_EQ(registry_.open_count(), 0u);
  EXPECT_EQ(client.connection.use_count(), 1);
  EXPECT_EQ(sink_->handled_, 0);
}

TEST_F(RegistryTest, AConnectionThatBrokeDuringTheUpgradeIsNone) {
  EXPECT_EQ(registry_.open(registry_.reserve(worker_), {}, facts_, std::make_shared<const ConnectionLimits>(), sink_), nullptr);
  EXPECT_EQ(registry_.open_count(), 0u);
}

TEST_F(RegistryTest, IdleOnesAreSmall) { EXPECT_LE(sizeof(Connection), 368u); }

}  // namespace
}  // namespace gatehouse::wsapi
