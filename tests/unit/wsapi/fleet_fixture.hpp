// Nodes of a fleet within one process, each with a registry, a worker and a background thread of its own, on a real Redis.
#pragma once

#include "unit/http/websocket_client.hpp"
#include "unit/net/support.hpp"
#include "unit/redis/cut.hpp"
#include "unit/redis/real_redis.hpp"

#include "gatehouse/redis/client.hpp"
#include "gatehouse/wsapi/fleet.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::wsapi::testing {

using namespace std::chrono_literals;

// Looks again and again.
inline bool eventually(const std::function<bool()>& true_now, Duration within = 30s) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

// Ends that were told, by a connection's own node or by another.
class Ends {
 public:
  void add(std::string end) {
    const std::lock_guard lock(mutex_);
    ends_.push_back(std::move(end));
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    auto sorted = ends_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
  std::size_t count() const { return all().size(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ends_;
};

// An API whose $disconnect calls are kept: "id reason".
class QuietApi final : public MessageSink {
 public:
  explicit QuietApi(Ends& ends) : ends_(ends) {}
  std::string_view api() const override { return "chat"; }
  net::Task<void> on_message(std::shared_ptr<Connection>, Message) override { co_return; }
  net::Task<void> on_closed(std::shared_ptr<Connection> connection, Ending ending) override {
    ends_.add(connection->id().to_string() + ' ' + std::string(ending.reason));
    co_return;
  }

 private:
  Ends& ends_;
};

// A client of a node.
struct Socket {
  ConnectionId id;
  net::UniqueFd fd;
  std::string received;

  // The next frame; opcode 0: none within some time, or the end.
  http::testing::SeenFrame next() {
    while (true) {
      auto frames = http::testing::take_server_frames(received);
      if (!frames.empty()) {
        for (std::size_t i = 1; i < frames.size(); ++i) later_.push_back(frames[i]);
        return frames[0];
      }
      if (!later_.empty()) {
        const auto frame = later_.front();
        later_.erase(later_.begin());
        return frame;
      }
      pollfd watched{fd.get(), POLLIN, 0};
      char buffer[65536];
      const ssize_t got = ::poll(&watched, 1, 20'000) > 0 ? ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT) : 0;
      if (got <= 0) return {0, true, {}};
      received.append(buffer, static_cast<std::size_t>(got));
    }
  }

 private:
  std::vector<http::testing::SeenFrame> later_;
};

class Node {
 public:
  Node(FleetSettings settings, Fleet::TellEnd tell_end) : settings_(std::move(settings)), tell_end_(std::move(tell_end)) { start(); }
  ~Node() {
    fleet_.reset();
    die();
    // The registry outlives the worker's thread.
    on_worker([this] { registry_.close_all(worker_); });
    worker_.stop();
    thread_.join();
  }

  void start() { fleet_ = *Fleet::start(settings_, registry_, *background_, metrics_, tell_end_); }
  // Without a word to anybody.
  void die() { background_->stop(); }
  void forget_fleet() { fleet_.reset(); }

  Fleet& fleet() { return *fleet_; }
  Registry& registry() { return registry_; }
  double metric(std::string_view name) const {
    const std::string text = metrics_.scrape();
    const auto at = text.find('\n' + std::string(name) + ' ');
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  bool reachable() const { return metric("gatehouse_websocket_fleet_connected") == 1; }

  Socket open() {
    auto [server, client] = net::testing::socket_pair();
    Socket socket;
    socket.fd = std::move(client);
    on_worker([&, end = std::move(server)]() mutable {
      http::Upgraded upgraded;
      upgraded.stream = net::make_plain_stream(std::move(end));
      ConnectionFacts facts;
      facts.source = *IpAddress::parse("192.0.2.1");
      facts.user_agent = "test";
      facts.subject = "ann";
      facts.connected_at = std::chrono::system_clock::now();
      socket.id = registry_.open(registry_.reserve(worker_), std::move(upgraded), facts, std::make_shared<const ConnectionLimits>(), api_)->id();
    });
    return socket;
  }

  // A thread does nothing more until then.
  void hold_worker(std::shared_future<void> until) {
    worker_.post([until = std::move(until)] { until.wait(); });
  }
  void hold_background(std::shared_future<void> until) {
    background_->post([until = std::move(until)] { until.wait(); });
  }
  // The worker has done what it had to do.
  void settle() {
    for (int i = 0; i < 2; ++i) on_worker([] {});
  }

  Ends ends;  // of its own connections

  // The answer to something that was asked of the fleet.
  template <class T>
  static T answer(const std::function<void(Done<T>)>& ask) {
    const auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    ask([promise](T value) { promise->set_value(std::move(value)); });
    return future.get();
  }
  Outcome send(const ConnectionId& id, std::string_view payload, std::string_view api = "chat") {
    return answer<Outcome>([&](auto done) { fleet_->send(api, id, http::PreparedFrame(http::websocket::Opcode::kText, payload), done); });
  }
  Delivered broadcast(std::string_view group, std::string_view payload) {
    return answer<Delivered>([&](auto done) { fleet_->broadcast("chat", group, http::PreparedFrame(http::websocket::Opcode::kText, payload), done); });
  }
  Presence list(std::string_view group, std::string_view next, std::uint32_t limit) {
    return answer<Presence>([&](auto done) { fleet_->list("chat", group, next, limit, done); });
  }

 private:
  template <class Work>
  void on_worker(Work work) {
    std::promise<void> done;
    worker_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  FleetSettings settings_;
  Fleet::TellEnd tell_end_;
  net::Worker worker_{0};
  observe::Registry metrics_{1};
  Registry registry_{std::vector<net::Worker*>{&worker_}};
  std::unique_ptr<net::BackgroundWorker> background_ = std::make_unique<net::BackgroundWorker>(1);
  std::shared_ptr<QuietApi> api_ = std::make_shared<QuietApi>(ends);
  std::shared_ptr<Fleet> fleet_;
  std::thread thread_{[this] { worker_.run(); }};
};

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() {
    redis_.start();
    settings_.redis = redis_.settings();
    settings_.prefix = "test:";
    settings_.alive = 400ms;
    settings_.sign = 50ms;
    settings_.patience = 100ms;
    settings_.young = 20ms;
    settings_.lease = 300ms;
  }

  // What all survivors do: the id is kept, and told at once.
  Fleet::TellEnd telling() {
    return [this](Orphan orphan, std::function<void()> told) {
      told_.add(orphan.id.to_string());
      told();
    };
  }
  std::unique_ptr<Node> node() { return node(settings_, telling()); }
  std::unique_ptr<Node> node(FleetSettings settings, Fleet::TellEnd tell_end) {
    auto made = std::make_unique<Node>(std::move(settings), std::move(tell_end));
    EXPECT_TRUE(eventually([&] { return made->reachable(); }));
    return made;
  }
  static bool see(Node& node, double others) {
    return eventually([&] { return node.metric("gatehouse_websocket_fleet_nodes") == others; });
  }

  // One command to Redis.
  redis::Reply ask(std::vector<std::string> words) {
    std::promise<redis::Reply> promise;
    auto future = promise.get_future();
    background_.spawn("ask", [&] { return run_ask(background_, redis_.settings(), words, promise); });
    return future.get();
  }
  // Who is not there by now is gone.
  bool grown_up() {
    return eventually([&] { return ask({"EXISTS", "test:ws:young"}).integer == 0; });
  }
  std::int64_t noted(Node& node) {
    std::int64_t sum = 0;
    for (const redis::Reply& key : ask({"KEYS", "test:ws:connections:" + node_text_of(node) + ".*"}).items) sum += ask({"HLEN", key.text}).integer;
    return sum;
  }
  // Of a node that has not been away.
  std::string connections_of(Node& node) { return "test:ws:connections:" + node_text_of(node) + ".1"; }
  static std::string node_text_of(Node& node) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", node.registry().node());
    return text;
  }

  redis::RealRedis redis_;
  FleetSettings settings_;
  Ends told_;

 private:
  static net::Task<void> run_ask(net::BackgroundWorker& background, redis::Settings settings, std::vector<std::string>& words,
                                 std::promise<redis::Reply>& promise) {
    redis::Client client(background.worker(), background.resolver(), settings, nullptr);
    net::Task<Result<void>> connecting = client.connect();
    const Result<void> connected = co_await connecting;
    if (!connected) {
      promise.set_value({});
      co_return;
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    client.append(views);
    net::Task<Result<redis::Replies>> asking = client.exchange();
    const Result<redis::Replies> replies = co_await asking;
    promise.set_value(replies ? replies->front() : redis::Reply());
  }
  net::BackgroundWorker background_{0};
};

}  // namespace gatehouse::wsapi::testing
