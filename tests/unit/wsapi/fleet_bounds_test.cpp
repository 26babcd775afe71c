// What waits for Redis is bounded: requests to other nodes, answers to them, notes of connections. Each bound is tripped, on a
// real Redis that takes nothing for a while.
#include "unit/wsapi/fleet_fixture.hpp"

#include <map>

namespace gatehouse::wsapi {
namespace {

using testing::eventually;
using testing::FleetTest;
using testing::Node;
using testing::Socket;
using namespace std::chrono_literals;

class FleetBoundsTest : public FleetTest {
 protected:
  // Nothing but what the test asks for goes to Redis meanwhile, and nobody gives up.
  FleetBoundsTest() {
    settings_.redis.timeout = 60s;
    settings_.answer = 60s;
    settings_.alive = settings_.lease = settings_.sign = 60s;
  }
  ~FleetBoundsTest() override { redis_.thaw(); }

  struct Reached {
    std::unique_ptr<Node> here, there;
    Socket socket;  // of `there`
  };
  Reached reached_before_redis_froze() {
    Reached nodes{node(), node(), {}};
    nodes.socket = nodes.there->open();
    EXPECT_EQ(nodes.here->send(nodes.socket.id, "warm"), Outcome::kDone);
    EXPECT_EQ(nodes.socket.next().payload, "warm");
    redis_.freeze();
    return nodes;
  }

  using Outcomes = std::map<Outcome, int>;
  // `count` messages to `id`, one after the other, without a wait; `meanwhile` runs when as many have an answer as get one at
  // once.
  static Outcomes send_many(Node& from, const ConnectionId& id, std::string_view payload, int count, int at_once,
                            const std::function<void(const Outcomes&)>& meanwhile) {
    std::mutex mutex;
    Outcomes outcomes;
    const auto answered = [&] {
      const std::lock_guard lock(mutex);
      int sum = 0;
      for (const auto& [outcome, times] : outcomes) sum += times;
      return sum;
    };
    for (int i = 0; i < count; ++i)
      from.fleet().send("chat", id, http::PreparedFrame(http::websocket::Opcode::kText, payload), [&](Outcome outcome) {
        const std::lock_guard lock(mutex);
        ++outcomes[outcome];
      });
    EXPECT_TRUE(eventually([&] { return answered() >= at_once; }));
    {
      const std::lock_guard lock(mutex);
      meanwhile(outcomes);
    }
    EXPECT_TRUE(eventually([&] { return answered() == count; }, 90s));
    const std::lock_guard lock(mutex);
    return outcomes;
  }
};

TEST_F(FleetBoundsTest, MoreRequestsThanTheQueueHoldsAreRefusedAtOnce) {
  settings_.queue = 4;
  Reached nodes = reached_before_redis_froze();
  const Outcomes outcomes = send_many(*nodes.here, nodes.socket.id, "x", 10, 6, [&](const Outcomes& refused) {
    EXPECT_EQ(refused, (Outcomes{{Outcome::kBusy, 6}}));
    EXPECT_EQ(nodes.here->metric("gatehouse_websocket_fleet_refused_total"), 6);
    const Delivered delivered = nodes.here->broadcast("", "x");
    EXPECT_EQ(delivered.outcome, Outcome::kBusy);
    EXPECT_EQ(delivered.sent, 0u);
    redis_.thaw();
  });
  EXPECT_EQ(outcomes, (Outcomes{{Outcome::kBusy, 6}, {Outcome::kDone, 4}}));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(nodes.socket.next().payload, "x");
  EXPECT_EQ(nodes.here->send(nodes.socket.id, "again"), Outcome::kDone);
  EXPECT_EQ(nodes.here->metric("gatehouse_websocket_fleet_refused_total"), 7);
}

TEST_F(FleetBoundsTest, MoreBytesThanTheQueueHoldsAreRefusedAtOnce) {
  settings_.queue_bytes = 100'000;
  Reached nodes = reached_before_redis_froze();
  const std::string large(30'000, 'x');
  const Outcomes outcomes = send_many(*nodes.here, nodes.socket.id, large, 5, 2, [&](const Outcomes& refused) {
    EXPECT_EQ(refused, (Outcomes{{Outcome::kBusy, 2}}));
    redis_.thaw();
  });
  EXPECT_EQ(outcomes, (Outcomes{{Outcome::kBusy, 2}, {Outcome::kDone, 3}}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(nodes.socket.next().payload, large);
  EXPECT_EQ(nodes.here->send(nodes.socket.id, "again"), Outcome::kDone);
}

// An answer that does not fit is replaced by a short one, so that nobody waits in vain.
TEST_F(FleetBoundsTest, APageThatIsLargerThanTheQueueTakesIsRefused) {
  FleetSettings narrow = settings_;
  narrow.queue_bytes = 2000;
  const auto here = node();
  const auto there = node(narrow, telling());
  std::vector<Socket> sockets;
  for (int i = 0; i < 100; ++i) sockets.push_back(there->open());
  EXPECT_EQ(here->list("", "", 1000).outcome, Outcome::kBusy);
  EXPECT_EQ(there->metric("gatehouse_websocket_fleet_unsaid_total"), 0);
  const Presence page = here->list("", "", 5);
  EXPECT_EQ(page.outcome, Outcome::kDone);
  EXPECT_EQ(page.connections.size(), 5u);
}

TEST_F(FleetBoundsTest, RequestsOfOthersThatAreNotHandledYetAreBounded) {
  FleetSettings slow = settings_;
  slow.waiting = 3;
  const auto here = node();
  const auto there = node(slow, telling());
  Socket socket = there->open();
  std::promise<void> resume;
  there->hold_worker(resume.get_future().share());
  const Outcomes outcomes = send_many(*here, socket.id, "x", 5, 2, [&](const Outcomes& refused) {
    EXPECT_EQ(refused, (Outcomes{{Outcome::kBusy, 2}}));
    resume.set_value();
  });
  EXPECT_EQ(outcomes, (Outcomes{{Outcome::kBusy, 2}, {Outcome::kDone, 3}}));
}

class FleetNotesTest : public FleetTest, public ::testing::WithParamInterface<std::pair<std::size_t, std::size_t>> {
 protected:
  FleetNotesTest() {
    std::tie(settings_.notes, settings_.notes_bytes) = GetParam();
    through_ = settings_;
  }
  std::unique_ptr<Node> behind_a_cut() {
    through_.redis.port = cut_.port();
    return node(through_, telling());
  }

  FleetSettings through_;
  redis::Cut cut_{settings_.redis.port};
};

// Notes, and their bytes: either is what some 150 connections have.
INSTANTIATE_TEST_SUITE_P(Bounds, FleetNotesTest, ::testing::Values(std::pair(150U, 1U << 20U), std::pair(1'000'000U, 30'000U)),
                         [](const auto& of) { return of.param.first == 150 ? "Notes" : "Bytes"; });

TEST_P(FleetNotesTest, MoreThanMayWaitIsDroppedAndWrittenAnew) {
  through_.alive = 60s;
  const auto here = node();
  const auto there = behind_a_cut();
  std::vector<Socket> sockets;
  for (int i = 0; i < 20; ++i) sockets.push_back(there->open());
  ASSERT_TRUE(eventually([&] { return noted(*there) == 20; }));
  cut_.cut();
  ASSERT_TRUE(eventually([&] { return !there->reachable(); }));
  EXPECT_EQ(there->metric("gatehouse_websocket_fleet_behind_total"), 0);
  for (int i = 0; i < 200; ++i) sockets.push_back(there->open());
  for (int i = 0; i < 10; ++i) sockets[static_cast<std::size_t>(i)].fd.reset();  // of those that are noted
  ASSERT_TRUE(eventually([&] { return there->registry().open_count() == 210; }));
  ASSERT_TRUE(eventually([&] { return there->metric("gatehouse_websocket_fleet_behind_total") == 1; }));
  EXPECT_EQ(noted(*there), 20);
  EXPECT_EQ(there->send(sockets[50].id, "its own are reached"), Outcome::kDone);
  cut_.mend();
  ASSERT_TRUE(eventually([&] { return there->reachable() && noted(*there) == 210; }));
  EXPECT_EQ(here->send(sockets[219].id, "hello"), Outcome::kDone);
  EXPECT_EQ(sockets[219].next().payload, "hello");
  // A note is made of each that comes and goes, as before.
  sockets[219].fd.reset();
  sockets.push_back(there->open());
  sockets.push_back(there->open());
  EXPECT_TRUE(eventually([&] { return noted(*there) == 211; }));
  there->die();
  EXPECT_EQ(there->ends.count(), 11u);
  EXPECT_EQ(told_.count(), 0u);
}

// Nobody knows any more who was noted: all are sent away, and each end is told here; those that were noted, there too.
TEST_P(FleetNotesTest, ANodeThatIsTakenForDeadWhileItIsBehindTellsAllEnds) {
  const auto here = node();
  const auto lost = behind_a_cut();
  std::vector<Socket> sockets;
  for (int i = 0; i < 5; ++i) sockets.push_back(lost->open());
  ASSERT_TRUE(eventually([&] { return noted(*lost) == 5; }));
  cut_.cut();
  ASSERT_TRUE(eventually([&] { return told_.count() == 5; }));
  for (int i = 0; i < 200; ++i) sockets.push_back(lost->open());
  ASSERT_TRUE(eventually([&] { return lost->metric("gatehouse_websocket_fleet_behind_total") == 1; }));
  cut_.mend();
  for (Socket& socket : sockets) {
    EXPECT_EQ(socket.next().close_code(), 1012u);
    socket.fd.reset();
  }
  ASSERT_TRUE(eventually([&] { return lost->ends.count() == 205; }));
  for (const std::string& end : lost->ends.all()) EXPECT_TRUE(end.ends_with(" websocket_fleet_lost")) << end;
  EXPECT_EQ(told_.count(), 5u);
  EXPECT_TRUE(eventually([&] { return noted(*lost) == 0; }));
}

// An end that comes while all connections are noted anew is the last word about its connection.
TEST_F(FleetTest, EndsDuringTheRewriteLeaveNoNoteBehind) {
  settings_.alive = 60s;
  const auto here = node();
  std::vector<Socket> sockets;
  for (int i = 0; i < 50; ++i) sockets.push_back(here->open());
  ASSERT_TRUE(eventually([&] { return noted(*here) == 50; }));
  redis_.kill();
  ASSERT_TRUE(eventually([&] { return !here->reachable(); }));
  std::promise<void> worker_goes_on, background_goes_on;
  here->hold_worker(worker_goes_on.get_future().share());
  redis_.start();
  ASSERT_TRUE(eventually([&] { return here->reachable(); }));
  // When these are answered, the worker is being asked for its connections.
  for (int i = 0; i < 2; ++i) EXPECT_NE(here->send(ConnectionId::make(1, 0, 0), "x"), Outcome::kDone);
  here->hold_background(background_goes_on.get_future().share());
  worker_goes_on.set_value();
  here->settle();
  sockets.clear();
  ASSERT_TRUE(eventually([&] { return here->ends.count() == 50; }));
  here->settle();
  background_goes_on.set_value();
  Socket last = here->open();
  EXPECT_TRUE(eventually([&] { return ask({"HEXISTS", connections_of(*here), last.id.to_string()}).integer == 1; }));
  EXPECT_EQ(noted(*here), 1);
}

}  // namespace
}  // namespace gatehouse::wsapi
