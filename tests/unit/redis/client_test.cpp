// A client and a peer that says what the test tells it.
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/redis/client.hpp"
#include "unit/redis/peer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <string>

namespace gatehouse::redis {
namespace {

using namespace std::chrono_literals;

class ClientTest : public ::testing::Test {
 protected:
  using Words = std::vector<std::vector<std::string_view>>;

  static Settings at(const Peer& peer, Duration timeout = 20s) {
    Settings settings;
    settings.host = "127.0.0.1";
    settings.port = peer.port();
    settings.timeout = timeout;
    return settings;
  }

  // Connects and, when that went well, exchanges `commands`.
  Result<Replies> run(Settings settings, Words commands) {
    std::promise<Result<Replies>> promise;
    auto future = promise.get_future();
    background_.spawn("client", [&] { return run_client(background_, settings, commands, promise); });
    return future.get();
  }

  // Asks once, then waits for what ends the connection: why.
  std::string idle(Settings settings) {
    std::promise<std::string> promise;
    auto future = promise.get_future();
    background_.spawn("idle", [&] { return run_idle(background_, settings, promise); });
    return future.get();
  }

 private:
  static net::Task<void> run_idle(net::BackgroundWorker& background, const Settings& settings, std::promise<std::string>& promise) {
    net::Waiter waiter(background.worker().ready());
    Client client(background.worker(), background.resolver(), settings, nullptr);
    net::Task<Result<void>> connecting = client.connect();
    const Result<void> connected = co_await connecting;
    const std::vector<std::string_view> words(1, "GET");
    client.append(words);
    net::Task<Result<Replies>> asking = client.exchange();
    const Result<Replies> replies = co_await asking;
    client.wake_too(waiter);
    Result<void> looked = replies ? client.look() : Result<void>(replies.error());
    while (looked) {
      co_await waiter;
      looked = client.look();
    }
    promise.set_value(std::string(looked.error().reason()));
  }

  static net::Task<void> run_client(net::BackgroundWorker& background, const Settings& settings, const Words& commands,
                                    std::promise<Result<Replies>>& promise) {
    Client client(background.worker(), background.resolver(), settings, nullptr);
    net::Task<Result<void>> connecting = client.connect();
    const Result<void> connected = co_await connecting;
    if (!connected) {
      promise.set_value(connected.error());
      co_return;
    }
    for (const auto& command : commands) client.append(command);
    net::Task<Result<Replies>> asking = client.exchange();
    Result<Replies> replies = co_await asking;
    promise.set_value(std::move(replies));
  }

  net::BackgroundWorker background_{0};
};

TEST_F(ClientTest, EntersWithUserPasswordAndDatabaseAndSendsCommandsTogether) {
  std::string entered;
  std::string asked;
  const Peer peer([&](int connection) {
    entered = Peer::read_until(connection, "PING");
    Peer::say(connection, "+OK\r\n+OK\r\n+PONG\r\n");
    asked = Peer::read_until(connection, "three");
    Peer::say(connection, ":1\r\n-ERR what\r\n*1\r\n$2\r\nab\r\n");
    Peer::wait_for_end(connection);
  });
  Settings settings = at(peer);
  settings.user = "app";
  settings.password = "secret word";
  settings.database = 3;
  const auto replies = run(settings, {{"A", "one"}, {"B", "t wo"}, {"C", "three"}});
  ASSERT_TRUE(replies) << replies.error().message();
  EXPECT_EQ(entered, "*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$11\r\nsecret word\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(asked, "*2\r\n$1\r\nA\r\n$3\r\none\r\n*2\r\n$1\r\nB\r\n$4\r\nt wo\r\n*2\r\n$1\r\nC\r\n$5\r\nthree\r\n");
  ASSERT_EQ(replies->size(), 3u);
  EXPECT_EQ((*replies)[1].kind, Reply::Kind::kError);
  EXPECT_EQ((*replies)[2].items.front().text, "ab");
}

TEST_F(ClientTest, SaysWhatRedisRefused) {
  const Peer peer([](int connection) {
    Peer::read_until(connection, "PING");
    Peer::say(connection, "-NOAUTH Authentication required.\r\n");
    Peer::wait_for_end(connection);
  });
  const auto replies = run(at(peer), {});
  ASSERT_FALSE(replies);
  EXPECT_EQ(replies.error().reason(), "redis_refused");
  EXPECT_EQ(replies.error().message(), "NOAUTH Authentication required.");
}

TEST_F(ClientTest, GivesUpOnAPeerThatDoesNotAnswer) {
  const Peer peer([](int connection) { Peer::wait_for_end(connection); });
  EXPECT_EQ(run(at(peer, 50ms), {}).error().reason(), "redis_timeout");
}

TEST_F(ClientTest, GivesUpInTheMiddleOfAnAnswer) {
  const Peer peer([](int connection) {
    Peer::read_until(connection, "PING");
    Peer::say(connection, "+PONG\r\n");
    Peer::read_until(connection, "GET");
    Peer::say(connection, "$10\r\nhal");
    Peer::wait_for_end(connection);
  });
  EXPECT_EQ(run(at(peer, 200ms), {{"GET", "x"}}).error().reason(), "redis_timeout");
}

TEST_F(ClientTest, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const Peer gone([](int) {});
    port = gone.port();
  }
  Settings settings;
  settings.host = "127.0.0.1";
  settings.port = port;
  EXPECT_EQ(run(settings, {}).error().reason(), "redis_unreachable");
}

TEST_F(ClientTest, SaysThatTheConnectionBroke) {
  const Peer peer([](int connection) {
    Peer::read_until(connection, "PING");
    Peer::say(connection, "+PONG\r\n");
    Peer::read_until(connection, "GET");
  });
  EXPECT_EQ(run(at(peer), {{"GET", "x"}}).error().reason(), "redis_unreachable");
}

TEST_F(ClientTest, NoticesAnEndAndAWordTooMuchWhenNothingIsAsked) {
  for (const std::string_view word : {"", "+WHAT\r\n"}) {
    const Peer peer([word](int connection) {
      Peer::read_until(connection, "PING");
      Peer::say(connection, "+PONG\r\n");
      Peer::read_until(connection, "GET");
      Peer::say(connection, "$-1\r\n");
      Peer::say(connection, word);
    });
    EXPECT_EQ(idle(at(peer)), word.empty() ? "redis_unreachable" : "redis_protocol");
  }
}

TEST_F(ClientTest, RefusesWhatIsNoRedisOrSaysTooMuch) {
  for (const std::string_view answer : {"HTTP/1.1 400 Bad Request\r\n\r\n", "+PONG\r\n+PONG\r\n", "*99999\r\n"}) {
    const Peer peer([answer](int connection) {
      Peer::read_until(connection, "PING");
      Peer::say(connection, answer);
      Peer::wait_for_end(connection);
    });
    EXPECT_EQ(run(at(peer), {}).error().reason(), "redis_protocol") << answer;
  }
}

TEST_F(ClientTest, SaysThatANameIsUnknown) {
  Settings settings;
  settings.host = "no-such-host.invalid";
  const auto replies = run(settings, {});
  ASSERT_FALSE(replies);
  EXPECT_TRUE(replies.error().reason().starts_with("dns_") || replies.error().reason() == "redis_timeout") << replies.error().reason();
}

}  // namespace
}  // namespace gatehouse::redis
