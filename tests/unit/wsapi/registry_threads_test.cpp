// Many threads ask for connections that come and go on several workers.
#include "unit/http/websocket_client.hpp"
#include "unit/net/support.hpp"

#include "gatehouse/wsapi/registry.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace gatehouse::wsapi {
namespace {

// Counts to a number that somebody waits for.
class Tally {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool wait_for(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

class CountingSink final : public MessageSink {
 public:
  std::string_view api() const override { return "chat"; }
  net::Task<void> on_message(std::shared_ptr<Connection> connection, Message message) override {
    connection->send(message.payload, message.binary);
    co_return;
  }
  net::Task<void> on_closed(std::shared_ptr<Connection>, Ending) override {
    ended.add();
    co_return;
  }
  Tally ended;
};

// What the threads share: the ids that there were, and the clients' ends.
struct Shared {
  std::mutex mutex;
  std::vector<ConnectionId> ids;
  std::vector<net::UniqueFd> clients;
};

void open_on(Registry& registry, net::Worker& worker, const std::shared_ptr<CountingSink>& sink, Shared& shared, Tally& opened) {
  auto [server, client] = net::testing::socket_pair();
  worker.post([&registry, &worker, &shared, &opened, sink, server = std::make_shared<net::UniqueFd>(std::move(server)),
               client = std::make_shared<net::UniqueFd>(std::move(client))] {
    http::Upgraded upgraded;
    upgraded.stream = net::make_plain_stream(std::move(*server));
    upgraded.received = http::testing::text_frame("first");
    const auto connection = registry.open(registry.reserve(worker), std::move(upgraded), {}, std::make_shared<const ConnectionLimits>(), sink);
    connection->join("room");
    {
      const std::lock_guard lock(shared.mutex);
      shared.ids.push_back(connection->id());
      shared.clients.push_back(std::move(*client));
    }
    opened.add();
  });
}

void ask_one(Registry& registry, const ConnectionId& id, unsigned what, Tally& answered) {
  const http::PreparedFrame frame(http::websocket::Opcode::kText, "x");
  const auto count = [&answered](const auto&) { answered.add(); };
  switch (what % 7) {
    case 0: return registry.send("chat", id, frame, count);
    case 1: return registry.describe("chat", id, count);
    case 2: return registry.join("chat", "other", id, count);
    case 3: return registry.leave("chat", "room", id, count);
    case 4: return registry.broadcast("chat", "room", frame, count);
    case 5: return registry.list("chat", "", {}, 10, count);
    default: return registry.close("chat", id, http::websocket::CloseCode::kNormal, {}, count);
  }
}

TEST(RegistryThreadsTest, EveryQuestionIsAnsweredAndEveryEndIsTold) {
  constexpr int kOpened = 400;
  constexpr int kAskers = 3;
  constexpr int kAskedEach = 1000;
  net::testing::RunningWorker first(0);
  net::testing::RunningWorker second(1);
  Registry registry({&*first, &*second});
  const auto sink = std::make_shared<CountingSink>();
  Shared shared;
  Tally opened;
  Tally answered;
  for (int i = 0; i < kOpened / 2; ++i) open_on(registry, i % 2 == 0 ? *first : *second, sink, shared, opened);
  ASSERT_TRUE(opened.wait_for(kOpened / 2));

  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (int i = 0; i < kOpened / 2; ++i) open_on(registry, i % 2 == 0 ? *first : *second, sink, shared, opened);
  });
  for (int asker = 0; asker < kAskers; ++asker)
    threads.emplace_back([&, asker] {
      std::mt19937 chance(static_cast<unsigned>(asker));
      for (int i = 0; i < kAskedEach; ++i) {
        ConnectionId id;
        net::UniqueFd gone;
        {
          const std::lock_guard lock(shared.mutex);
          id = shared.ids[chance() % shared.ids.size()];
          if (i % 20 == 0) std::swap(gone, shared.clients[chance() % shared.clients.size()]);
        }
        ask_one(registry, id, chance(), answered);
      }
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(opened.wait_for(kOpened));
  EXPECT_TRUE(answered.wait_for(kAskers * kAskedEach));
  {
    const std::lock_guard lock(shared.mutex);
    shared.clients.clear();
  }
  EXPECT_TRUE(sink->ended.wait_for(kOpened));
  for (net::Worker* worker : {&*first, &*second}) {
    Tally closed;
    worker->post([&] {
      registry.close_all(*worker);
      closed.add();
    });
    ASSERT_TRUE(closed.wait_for(1));
  }
  EXPECT_EQ(sink->ended.count(), kOpened);
  EXPECT_EQ(answered.count(), kAskers * kAskedEach);
  EXPECT_EQ(registry.open_count(), 0u);
}

}  // namespace
}  // namespace gatehouse::wsapi
