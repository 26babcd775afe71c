// Answers to several clients in one turn of the worker.
#include "unit/http/session_support.hpp"

#include <poll.h>

#include <chrono>
#include <vector>

namespace gatehouse::http {
namespace {

using namespace testing;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kLastGet = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

class SessionTurnTest : public SessionTest {
 protected:
  // Connections that have had an answer.
  void connect_all(int count) {
    for (int i = 0; i < count; ++i) {
      clients_.push_back(connect());
      clients_.back().send(kGet);
      ASSERT_EQ(clients_.back().read_reply().status, 200);
    }
  }

  // How many have an answer, once `expected` have: what was sent may be on its way for a moment.
  int answered(int expected) const {
    std::vector<pollfd> readable;
    for (const Client& client : clients_) readable.push_back({client.fd(), POLLIN, 0});
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (true) {
      const int count = ::poll(readable.data(), readable.size(), 0);
      if (count >= expected || std::chrono::steady_clock::now() > patience) return count;
    }
  }

  // All requests are there before the worker looks at any.
  void send_all(std::string_view request) {
    on_worker([&] {
      for (Client& client : clients_) client.send(request);
    });
  }

  std::vector<Client> clients_;
};

TEST_F(SessionTurnTest, AllAnswersButTheFirstLeaveAtTheEndOfTheTurn) {
  std::vector<int> seen;
  bool counting = false;
  serve([&](Exchange& exchange) {
    if (counting) seen.push_back(answered(seen.empty() ? 0 : 1));
    return answer_text(exchange, 200, "small");
  });
  connect_all(5);
  on_worker([&] { counting = true; });
  send_all(kGet);
  // Nobody takes an answer away while they are counted.
  while (on_worker([&] { return seen.size(); }) < 5) {
  }
  on_worker([&] { counting = false; });
  for (Client& client : clients_) EXPECT_EQ(client.read_reply().body, "small");
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 1, 1, 1}));
  send_all(kGet);
  for (Client& client : clients_) EXPECT_EQ(client.read_reply().body, "small");
}

TEST_F(SessionTurnTest, LargeAnswersLeaveAtOnce) {
  const std::string large(5000, 'x');
  std::vector<int> seen;
  bool counting = false;
  serve([&](Exchange& exchange) {
    if (counting) seen.push_back(answered(static_cast<int>(seen.size())));
    return answer_text(exchange, 200, large);
  });
  connect_all(3);
  on_worker([&] { counting = true; });
  send_all(kGet);
  while (on_worker([&] { return seen.size(); }) < 3) {
  }
  on_worker([&] { counting = false; });
  for (Client& client : clients_) EXPECT_EQ(client.read_reply().body, large);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
}

TEST_F(SessionTurnTest, LastAnswersLeaveBeforeTheirConnectionsEnd) {
  serve([](Exchange& exchange) { return answer_text(exchange, 200, "last"); });
  connect_all(4);
  send_all(kLastGet);
  for (Client& client : clients_) {
    EXPECT_EQ(client.read_reply().body, "last");
    EXPECT_TRUE(client.at_end());
  }
  EXPECT_TRUE(handler_.wait_for_closed(4));
}

TEST_F(SessionTurnTest, AClientThatIsGoneBeforeItsAnswerLeavesIsForgotten) {
  bool resets = false;
  serve([&](Exchange& exchange) {
    if (std::exchange(resets, false)) {
      for (Client& client : clients_) client.reset();
    }
    return answer_text(exchange, 200, "small");
  });
  connect_all(3);
  on_worker([&] { resets = true; });
  send_all(kGet);
  EXPECT_TRUE(handler_.wait_for_closed(3));
  EXPECT_EQ(connections(), 0U);
}

TEST_F(SessionTurnTest, AServerThatIsDestroyedWhileAnswersWaitForgetsThem) {
  serve([&](Exchange& exchange) {
    if (exchange.request().path == "/end") worker_->after_turn([&] { server_.reset(); });
    return answer_text(exchange, 200, "small");
  });
  connect_all(2);
  clients_.push_back(connect());
  send_all("GET /end HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(handler_.wait_for_closed(3));
}

}  // namespace
}  // namespace gatehouse::http
