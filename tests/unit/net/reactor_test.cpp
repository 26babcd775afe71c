#include "gatehouse/net/reactor.hpp"

#include "unit/net/support.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace gatehouse::net {
namespace {

class Recorder final : public IoHandler {
 public:
  std::function<void()> action;
  std::uint32_t seen = 0;
  int calls = 0;

  void on_io(std::uint32_t events) override {
    seen |= events;
    ++calls;
    if (action) action();
  }
};

TEST(ReactorTest, SaysWhenToLookAgainIsBetterThanToWait) {
  Reactor reactor;
  std::vector<std::pair<UniqueFd, UniqueFd>> pairs;
  Recorder handler;
  for (int i = 0; i < Reactor::kBusy; ++i) {
    pairs.push_back(testing::socket_pair());
    ASSERT_TRUE(reactor.add(pairs.back().first.get(), handler));
  }
  EXPECT_TRUE(reactor.poll());
  EXPECT_EQ(handler.calls, Reactor::kBusy);
  EXPECT_FALSE(reactor.poll());
  for (int i = 1; i < Reactor::kBusy; ++i) ASSERT_EQ(::send(pairs[static_cast<std::size_t>(i)].second.get(), "x", 1, 0), 1);
  EXPECT_FALSE(reactor.poll());
}

TEST(ReactorTest, ReportsReadinessByEdge) {
  Reactor reactor;
  auto [a, b] = testing::socket_pair();
  Recorder handler;
  ASSERT_TRUE(reactor.add(a.get(), handler));
  EXPECT_FALSE(reactor.poll());
  EXPECT_EQ(handler.seen, static_cast<std::uint32_t>(EPOLLOUT));
  reactor.poll();
  EXPECT_EQ(handler.calls, 1);
  ASSERT_EQ(::send(b.get(), "x", 1, 0), 1);
  reactor.poll();
  EXPECT_EQ(handler.calls, 2);
  EXPECT_NE(handler.seen & EPOLLIN, 0U);
  reactor.poll();
  EXPECT_EQ(handler.calls, 2);
}

TEST(ReactorTest, RearmReportsAgainWhatIsStillThere) {
  Reactor reactor;
  auto [a, b] = testing::socket_pair();
  Recorder handler;
  ASSERT_TRUE(reactor.add(a.get(), handler));
  ASSERT_EQ(::send(b.get(), "x", 1, 0), 1);
  reactor.poll();
  handler.seen = 0;
  reactor.rearm(a.get(), handler);
  reactor.poll();
  EXPECT_NE(handler.seen & EPOLLIN, 0U);
}

TEST(ReactorTest, ReportsThePeersEnd) {
  Reactor reactor;
  auto [a, b] = testing::socket_pair();
  Recorder handler;
  ASSERT_TRUE(reactor.add(a.get(), handler));
  b.reset();
  reactor.poll();
  EXPECT_NE(handler.seen & EPOLLRDHUP, 0U);
}

TEST(ReactorTest, ARemovedHandlerIsNotCalledForFetchedEvents) {
  Reactor reactor;
  std::vector<std::pair<UniqueFd, UniqueFd>> pairs;
  std::vector<Recorder> handlers(8);
  int calls = 0;
  for (auto& handler : handlers) {
    pairs.push_back(testing::socket_pair());
    ASSERT_TRUE(reactor.add(pairs.back().first.get(), handler));
    handler.action = [&] {
      ++calls;
      for (std::size_t i = 0; i < handlers.size(); ++i) reactor.remove(pairs[i].first.get(), handlers[i]);
    };
  }
  reactor.poll();
  EXPECT_EQ(calls, 1);
}

TEST(ReactorTest, AHandlerMayReplaceAnotherOnTheSameDescriptor) {
  Reactor reactor;
  auto [a, b] = testing::socket_pair();
  Recorder second;
  auto first = std::make_unique<Recorder>();
  first->action = [&, fd = a.get()] {
    reactor.remove(fd, *first);
    ASSERT_TRUE(reactor.add(fd, second));
    first.reset();
  };
  ASSERT_TRUE(reactor.add(a.get(), *first));
  reactor.poll();
  EXPECT_EQ(second.calls, 0);
  reactor.poll();
  EXPECT_EQ(second.calls, 1);
}

TEST(ReactorTest, TellsThatThereMayBeMore) {
  Reactor reactor;
  std::vector<std::pair<UniqueFd, UniqueFd>> pairs;
  std::vector<Recorder> handlers(Reactor::kBatch + 1);
  for (auto& handler : handlers) {
    pairs.push_back(testing::socket_pair());
    ASSERT_TRUE(reactor.add(pairs.back().first.get(), handler));
  }
  EXPECT_TRUE(reactor.poll());
  EXPECT_FALSE(reactor.poll());
  for (const auto& handler : handlers) EXPECT_EQ(handler.calls, 1);
}

TEST(ReactorTest, RefusesWhatCannotBeWatched) {
  Reactor reactor;
  Recorder handler;
  EXPECT_FALSE(reactor.add(-1, handler));
}

}  // namespace
}  // namespace gatehouse::net
