// How many connections there may be, and what one of them may hold.
#include "unit/http/session_support.hpp"

#include <malloc.h>

namespace gatehouse::http::testing {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

net::Task<void> answer_ok(Exchange& exchange) { return answer_text(exchange, 200, "ok"); }

TEST_F(SessionTest, TellsAClientThatTheListenerIsFull) {
  ServerSettings settings;
  settings.limits.connections = 1;
  serve(answer_ok, settings);
  Client first = connect();
  Client second = connect();
  second.send(kGet);
  const Reply reply = second.read_reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.has("Retry-After: 1"));
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, "{\"message\":\"Service Unavailable\"}");
  EXPECT_TRUE(second.at_end());
  EXPECT_FALSE(second.was_reset());
  EXPECT_EQ(handler_.refusals().at(0).status, 503);
  EXPECT_EQ(handler_.refusals().at(0).reason, "connection_limit");
  EXPECT_EQ(handler_.refusals().at(0).sent, reply.head.size() + reply.body.size());
  // The other one is served, and makes room when it leaves.
  first.send(kGet);
  EXPECT_EQ(first.read_reply().status, 200);
  first.close();
  ASSERT_TRUE(handler_.wait_for_closed(1));
  Client third = connect();
  third.send(kGet);
  EXPECT_EQ(third.read_reply().status, 200);
  EXPECT_EQ(handler_.opened(), 2);
}

TEST_F(SessionTest, TellsAClientThatItHasTooManyConnections) {
  ServerSettings settings;
  settings.limits.connections_per_client = 2;
  serve(answer_ok, settings);
  const Client first = connect();
  const Client second = connect();
  Client third = connect();
  third.send(kGet);
  EXPECT_EQ(third.read_reply().status, 503);
  EXPECT_EQ(handler_.refusals().at(0).reason, "client_connection_limit");
  EXPECT_EQ(limits_->open(), 2u);
}

TEST_F(SessionTest, DoesNotCountTheConnectionsOfATrustedProxy) {
  ServerSettings settings;
  settings.limits.connections_per_client = 1;
  IpSet trusted;
  trusted.add("127.0.0.0/8");
  serve(answer_ok, settings, trusted);
  Client first = connect();
  Client second = connect();
  for (Client* client : {&first, &second}) {
    client->send(kGet);
    EXPECT_EQ(client->read_reply().status, 200);
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(SessionTest, HoldsLittleForAnIdleConnection) {
  constexpr std::size_t kConnections = 400;  // both ends of each fit into the 1,024 descriptors that every process has
  ServerSettings settings;
  settings.limits.connections_per_client = 0;
  serve(answer_ok, settings);
  std::vector<Client> clients;
  clients.reserve(kConnections);
  const auto serve_once = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(connect());
      clients.back().send(kGet);
      EXPECT_EQ(clients.back().read_reply().status, 200);
    }
  };
  serve_once(50);  // pools and buffers that all connections share
  const std::size_t before = ::mallinfo2().uordblks;
  serve_once(kConnections - 50);
  const std::size_t held = (::mallinfo2().uordblks - before) / (kConnections - 50);
  RecordProperty("bytes_per_idle_connection", static_cast<int>(held));
  EXPECT_LE(held, 600u);
  EXPECT_EQ(connections(), kConnections);
}
#endif

}  // namespace
}  // namespace gatehouse::http::testing
