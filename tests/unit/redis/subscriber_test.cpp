// A subscriber against a real redis-server, and against a peer that says what the test tells it.
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/redis/subscriber.hpp"
#include "unit/redis/peer.hpp"
#include "unit/redis/real_redis.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::redis {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSubscribed = "*3\r\n$9\r\nsubscribe\r\n$3\r\none\r\n:1\r\n";

std::string message(std::string_view channel, std::string_view payload) {
  return "*3\r\n$7\r\nmessage\r\n$" + std::to_string(channel.size()) + "\r\n" + std::string(channel) + "\r\n$" +
         std::to_string(payload.size()) + "\r\n" + std::string(payload) + "\r\n";
}

// Keeps what it is told: "+" for subscribed, "-reason", "channel payload".
class Listener final : public SubscriberEvents {
 public:
  void on_subscribed() override { add("+"); }
  void on_message(std::string_view channel, std::string_view payload) override { add(std::string(channel) + ' ' + std::string(payload)); }
  void on_lost(const Error& error) override { add("-" + std::string(error.reason())); }

  // What came since the last call, up to the next `event`.
  std::vector<std::string> until(const std::string& event) {
    std::unique_lock lock(mutex_);
    const auto found = [&] { return std::find(events_.begin(), events_.end(), event); };
    changed_.wait(lock, [&] { return found() != events_.end(); });
    const std::vector<std::string> events(events_.begin(), found() + 1);
    events_.erase(events_.begin(), found() + 1);
    return events;
  }

 private:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

class SubscriberTest : public ::testing::Test {
 protected:
  ~SubscriberTest() override { background_.stop(); }

  void listen(SubscriberSettings settings) {
    background_.spawn("subscriber", [this, settings] {
      return run_subscriber(background_.worker(), background_.resolver(), settings, nullptr, listener_);
    });
  }
  static SubscriberSettings at(const Settings& redis, std::vector<std::string> channels = {"one"}) {
    SubscriberSettings settings;
    settings.redis = redis;
    settings.channels = std::move(channels);
    settings.first_pause = 5ms;
    settings.longest_pause = 20ms;
    return settings;
  }
  static SubscriberSettings at(const Peer& peer, Duration timeout = 20s) {
    Settings redis;
    redis.host = "127.0.0.1";
    redis.port = peer.port();
    redis.timeout = timeout;
    return at(redis);
  }

  // How many were listening.
  std::int64_t publish(const Settings& redis, std::string_view channel, std::string_view payload) {
    std::promise<Result<Replies>> promise;
    auto future = promise.get_future();
    background_.spawn("publish", [&] { return run_publish(background_, redis, channel, payload, promise); });
    const Result<Replies> replies = future.get();
    return replies ? replies->front().integer : -1;
  }

  Listener listener_;
  net::BackgroundWorker background_{0};

 private:
  static net::Task<void> run_publish(net::BackgroundWorker& background, const Settings& redis, std::string_view channel,
                                     std::string_view payload, std::promise<Result<Replies>>& promise) {
    Client client(background.worker(), background.resolver(), redis, nullptr);
    net::Task<Result<void>> connecting = client.connect();
    const Result<void> connected = co_await connecting;
    if (!connected) {
      promise.set_value(connected.error());
      co_return;
    }
    client.append(std::array<std::string_view, 3>{"PUBLISH", channel, payload});
    net::Task<Result<Replies>> asking = client.exchange();
    Result<Replies> replies = co_await asking;
    promise.set_value(std::move(replies));
  }
};

// Lets a peer go through PING and SUBSCRIBE.
void enter(int connection) {
  Peer::read_until(connection, "PING");
  Peer::say(connection, "+PONG\r\n");
  Peer::read_until(connection, "one");
  Peer::say(connection, kSubscribed);
}

TEST_F(SubscriberTest, HearsWhatIsPublishedInItsChannelsInOrder) {
  RealRedis redis;
  redis.start();
  listen(at(redis.settings(), {"one", "two"}));
  listener_.until("+");
  EXPECT_EQ(publish(redis.settings(), "one", "first"), 1);
  EXPECT_EQ(publish(redis.settings(), "other", "lost"), 0);
  EXPECT_EQ(publish(redis.settings(), "two", std::string_view("\0\r\n", 3)), 1);
  EXPECT_EQ(publish(redis.settings(), "one", std::string(500'000, 'x')), 1);
  EXPECT_EQ(publish(redis.settings(), "one", "last"), 1);
  const std::vector<std::string> expected{"one first", std::string("two \0\r\n", 7), "one " + std::string(500'000, 'x'), "one last"};
  EXPECT_EQ(listener_.until("one last"), expected);
}

TEST_F(SubscriberTest, SubscribesAgainWhenRedisComesBack) {
  RealRedis redis;
  listen(at(redis.settings()));
  listener_.until("-redis_unreachable");
  listener_.until("-redis_unreachable");
  redis.start();
  listener_.until("+");
  redis.kill();
  listener_.until("-redis_unreachable");
  redis.start();
  listener_.until("+");
  EXPECT_EQ(publish(redis.settings(), "one", "again"), 1);
  EXPECT_EQ(listener_.until("one again"), std::vector<std::string>{"one again"});
}

TEST_F(SubscriberTest, AsksWhetherASilentRedisIsStillThere) {
  std::promise<void> answered;
  const Peer peer([&, first = true](int connection) mutable {
    enter(connection);
    for (int i = 0; first && i < 2; ++i) {
      Peer::read_until(connection, "PING");
      Peer::say(connection, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    }
    if (std::exchange(first, false)) answered.set_value();
    Peer::wait_for_end(connection);
  });
  SubscriberSettings settings = at(peer, 100ms);
  settings.quiet = 10ms;
  listen(settings);
  answered.get_future().get();
  listener_.until("-redis_timeout");
}

TEST_F(SubscriberTest, GivesUpWhenNobodyAnswersToSubscribe) {
  const Peer peer([](int connection) {
    Peer::read_until(connection, "PING");
    Peer::say(connection, "+PONG\r\n");
    Peer::wait_for_end(connection);
  });
  listen(at(peer, 50ms));
  EXPECT_EQ(listener_.until("-redis_timeout").size(), 1u);
  EXPECT_EQ(listener_.until("-redis_timeout").size(), 1u);
}

TEST_F(SubscriberTest, SaysThatItMayNotSubscribe) {
  const Peer peer([](int connection) {
    Peer::read_until(connection, "PING");
    Peer::say(connection, "+PONG\r\n");
    Peer::read_until(connection, "one");
    Peer::say(connection, "-NOPERM this user has no permissions\r\n");
    Peer::wait_for_end(connection);
  });
  listen(at(peer));
  EXPECT_EQ(listener_.until("-redis_refused").size(), 1u);
}

TEST_F(SubscriberTest, EndsAConnectionThatSaysWhatNobodyAskedFor) {
  for (const std::string_view word : {"+OK\r\n", "HTTP/1.1 400\r\n\r\n", "*3\r\n$7\r\nmassage\r\n$1\r\na\r\n$1\r\nb\r\n", ":1\r\n"}) {
    Listener listener;
    net::BackgroundWorker background(0);
    const Peer peer([word](int connection) {
      enter(connection);
      Peer::say(connection, word);
      Peer::wait_for_end(connection);
    });
    background.spawn("subscriber", [&] { return run_subscriber(background.worker(), background.resolver(), at(peer), nullptr, listener); });
    EXPECT_EQ(listener.until("-redis_protocol"), (std::vector<std::string>{"+", "-redis_protocol"})) << word;
    background.stop();
  }
}

TEST_F(SubscriberTest, EndsAConnectionWithAMessageThatIsTooLarge) {
  const Peer peer([](int connection) {
    enter(connection);
    Peer::say(connection, message("one", "fits"));
    Peer::say(connection, message("one", std::string(600'000, 'x')));
    Peer::wait_for_end(connection);
  });
  SubscriberSettings settings = at(peer);
  settings.largest_message = 4096;
  listen(settings);
  EXPECT_EQ(listener_.until("-redis_protocol"), (std::vector<std::string>{"+", "one fits", "-redis_protocol"}));
}

TEST_F(SubscriberTest, LeavesOthersATurnDuringAFlood) {
  struct Counter final : SubscriberEvents {
    void on_subscribed() override {}
    void on_message(std::string_view, std::string_view) override {
      if (++count == 1000) flooded.set_value();
    }
    void on_lost(const Error&) override {}
    std::size_t count = 0;
    std::promise<void> flooded, turn;
  } counter;
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += message("one", "x");
  const Peer peer([&](int connection) {
    enter(connection);
    while (::send(connection, flood.data(), flood.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  net::BackgroundWorker background(0);
  background.spawn("subscriber", [&] { return run_subscriber(background.worker(), background.resolver(), at(peer), nullptr, counter); });
  counter.flooded.get_future().get();
  background.post([&] { counter.turn.set_value(); });
  EXPECT_EQ(counter.turn.get_future().wait_for(60s), std::future_status::ready);
  background.stop();
}

TEST(PauseTest, GrowsUpToItsBoundAndBeginsAnew) {
  Pause pause(100ms, 300ms);
  for (const Duration whole : {100ms, 150ms, 225ms, 300ms, 300ms}) {
    const Duration taken = pause.take();
    EXPECT_GE(taken, whole / 2);
    EXPECT_LE(taken, whole);
  }
  pause.reset();
  EXPECT_LE(pause.take(), Duration(100ms));
}

}  // namespace
}  // namespace gatehouse::redis
