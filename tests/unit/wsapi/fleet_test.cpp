// Delivery between nodes, and what becomes of connections whose node is gone, was cut off, or left; on a real Redis.
#include "unit/wsapi/fleet_fixture.hpp"

#include "gatehouse/redis/subscriber.hpp"

#include <set>

namespace gatehouse::wsapi {
namespace {

using testing::Ends;
using testing::eventually;
using testing::FleetTest;
using testing::Node;
using testing::Socket;
using namespace std::chrono_literals;

TEST_F(FleetTest, SendsToAConnectionOfAnotherNode) {
  const auto here = node();
  const auto there = node();
  Socket socket = there->open();
  ASSERT_TRUE(grown_up());
  EXPECT_EQ(here->send(socket.id, "hello"), Outcome::kDone);
  EXPECT_EQ(socket.next().payload, "hello");
  EXPECT_EQ(here->send(socket.id, "hello", "another api"), Outcome::kGone);
  EXPECT_EQ(here->send(ConnectionId::make(there->registry().node(), 0, 77), "x"), Outcome::kGone);
  EXPECT_EQ(here->send(ConnectionId::make(there->registry().node() + 1, 0, 0), "x"), Outcome::kGone);
  const std::string large(100'000, 'x');
  EXPECT_EQ(here->send(socket.id, large), Outcome::kDone);
  EXPECT_EQ(socket.next().payload, large);
  EXPECT_EQ(here->send(socket.id, std::string(200'000, 'x')), Outcome::kTooLarge);
  EXPECT_EQ(here->send(socket.id, std::string(17 * kMiB, 'x')), Outcome::kTooLarge);
  EXPECT_EQ(there->metric("gatehouse_websocket_fleet_answered_total"), 5);
  EXPECT_EQ(here->metric("gatehouse_websocket_fleet_asked_total"), 6);
}

TEST_F(FleetTest, KeepsTheOrderOfMessages) {
  const auto here = node();
  const auto there = node();
  Socket socket = there->open();
  std::vector<std::shared_ptr<std::promise<Outcome>>> promises;
  for (int i = 0; i < 500; ++i) {
    promises.push_back(std::make_shared<std::promise<Outcome>>());
    here->fleet().send("chat", socket.id, http::PreparedFrame(http::websocket::Opcode::kText, std::to_string(i)),
                       [promise = promises.back()](Outcome outcome) { promise->set_value(outcome); });
  }
  for (const auto& promise : promises) EXPECT_EQ(promise->get_future().get(), Outcome::kDone);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(socket.next().payload, std::to_string(i));
}

TEST_F(FleetTest, DescribesClosesJoinsAndLeavesElsewhere) {
  const auto here = node();
  const auto there = node();
  Socket socket = there->open();
  const auto joined = [&](std::string_view group) {
    return Node::answer<Outcome>([&](auto done) { here->fleet().join("chat", group, socket.id, done); });
  };
  const auto left = [&](std::string_view group) {
    return Node::answer<Outcome>([&](auto done) { here->fleet().leave("chat", group, socket.id, done); });
  };
  EXPECT_EQ(joined("room"), Outcome::kDone);
  EXPECT_EQ(joined("bad/name"), Outcome::kBadName);
  const auto described = Node::answer<Directory::Described>([&](auto done) { here->fleet().describe("chat", socket.id, done); });
  ASSERT_EQ(described.outcome, Outcome::kDone);
  EXPECT_EQ(described.description.id, socket.id);
  EXPECT_EQ(described.description.source.to_string(), "192.0.2.1");
  EXPECT_EQ(described.description.user_agent, "test");
  EXPECT_EQ(described.description.subject, "ann");
  EXPECT_EQ(described.description.groups, std::vector<std::string>{"room"});
  EXPECT_EQ(left("room"), Outcome::kDone);
  EXPECT_EQ(left("room"), Outcome::kNotThere);
  const auto closed = Node::answer<Outcome>(
      [&](auto done) { here->fleet().close("chat", socket.id, http::websocket::CloseCode::kPolicyViolation, "go", done); });
  EXPECT_EQ(closed, Outcome::kDone);
  const auto frame = socket.next();
  EXPECT_EQ(frame.close_code(), 1008u);
  EXPECT_EQ(frame.close_text(), "go");
}

TEST_F(FleetTest, BroadcastsToAllNodesAndSumsUp) {
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back(node());
  std::vector<Socket> sockets;
  for (const auto& one : nodes)
    for (int i = 0; i < 2; ++i) sockets.push_back(one->open());
  for (const std::size_t i : {0U, 2U, 3U})
    EXPECT_EQ(Node::answer<Outcome>([&](auto done) { nodes[1]->fleet().join("chat", "room", sockets[i].id, done); }), Outcome::kDone);
  const Delivered all = nodes[0]->broadcast("", "to all");
  EXPECT_EQ(all.sent, 6u);
  EXPECT_EQ(all.outcome, Outcome::kDone);
  for (Socket& socket : sockets) EXPECT_EQ(socket.next().payload, "to all");
  EXPECT_EQ(nodes[2]->broadcast("room", "to some").sent, 3u);
  for (const std::size_t i : {0U, 2U, 3U}) EXPECT_EQ(sockets[i].next().payload, "to some");
}

TEST_F(FleetTest, ListsAllNodesConnectionsPageByPage) {
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back(node());
  std::vector<Socket> sockets;
  std::set<std::string> expected;
  for (const auto& one : nodes)
    for (int i = 0; i < 4; ++i) expected.insert(sockets.emplace_back(one->open()).id.to_string());
  std::set<std::string> seen;
  std::string next;
  int pages = 0;
  do {
    const Presence page = nodes[0]->list("", next, 5);
    ASSERT_EQ(page.outcome, Outcome::kDone);
    EXPECT_LE(page.connections.size(), 5u);
    for (const Description& one : page.connections) EXPECT_TRUE(seen.insert(one.id.to_string()).second);
    next = page.next;
  } while (!next.empty() && ++pages < 10);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(nodes[1]->list("", "", 1000).connections.size(), 12u);
  EXPECT_EQ(nodes[1]->list("nobody's", "", 1000).connections.size(), 0u);
  for (const char* const token : {"x", "0-1", "123456789:0-0", "00000000:nonsense"}) {
    const Presence page = nodes[0]->list("", token, 5);
    if (page.outcome == Outcome::kDone) {
      EXPECT_EQ(std::string_view(token), "00000000:nonsense");  // of a node that is not there
    } else {
      EXPECT_EQ(page.outcome, Outcome::kBadName) << token;
    }
  }
  EXPECT_EQ(nodes[0]->list("", node_text_of(*nodes[2]) + ":nonsense", 5).outcome, Outcome::kBadName);
}

TEST_F(FleetTest, ADeadNodesConnectionsAreGoneAndTheirEndsToldOnceByASurvivor) {
  const auto first = node();
  const auto second = node();
  const auto dying = node();
  std::vector<Socket> sockets;
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(sockets.emplace_back(dying->open()).id.to_string());
  Socket survivor = second->open();
  ASSERT_TRUE(eventually([&] { return noted(*dying) == 200; }));
  dying->die();
  EXPECT_EQ(first->send(sockets[0].id, "early"), Outcome::kUnavailable);  // it may be about to come back
  ASSERT_TRUE(eventually([&] { return told_.count() >= 200; }));
  EXPECT_EQ(first->send(sockets[0].id, "late"), Outcome::kGone);
  EXPECT_TRUE(see(*first, 2));
  std::sort(ids.begin(), ids.end());
  EXPECT_TRUE(eventually([&] { return ask({"HLEN", "test:ws:nodes"}).integer == 2; }));
  EXPECT_EQ(told_.all(), ids);
  EXPECT_EQ(noted(*dying), 0);
  EXPECT_EQ(first->metric("gatehouse_websocket_fleet_taken_over_total") + second->metric("gatehouse_websocket_fleet_taken_over_total"), 200);
  EXPECT_EQ(first->send(survivor.id, "x"), Outcome::kDone);
}

TEST_F(FleetTest, AnotherNodeGoesOnWhereASurvivorDies) {
  Ends begun;
  const auto dying = node();
  Socket socket = dying->open();
  ASSERT_TRUE(eventually([&] { return noted(*dying) == 1; }));
  // It begins and never comes to an end.
  const auto first = node(settings_, [&](Orphan orphan, std::function<void()>) { begun.add(orphan.id.to_string()); });
  dying->die();
  ASSERT_TRUE(eventually([&] { return begun.count() == 1; }));
  const auto second = node();
  std::this_thread::sleep_for(2 * settings_.lease);  // the lease is kept: nothing happens
  EXPECT_EQ(told_.count(), 0u);
  first->die();
  ASSERT_TRUE(eventually([&] { return told_.count() > 0; }));
  EXPECT_EQ(told_.all(), std::vector<std::string>{socket.id.to_string()});
  EXPECT_EQ(begun.count(), 1u);
}

TEST_F(FleetTest, AnEndThatNobodyCanTellDoesNotHoldUpTheOthers) {
  settings_.call = 200ms;
  Ends begun;
  const auto survivor = node(settings_, [&](Orphan orphan, std::function<void()>) { begun.add(orphan.id.to_string()); });
  const auto dying = node();
  std::vector<Socket> sockets;
  for (int i = 0; i < 3; ++i) sockets.push_back(dying->open());
  ASSERT_TRUE(eventually([&] { return noted(*dying) == 3; }));
  dying->die();
  EXPECT_TRUE(eventually([&] { return ask({"HLEN", "test:ws:nodes"}).integer == 1; }));
  EXPECT_EQ(begun.count(), 3u);
  EXPECT_EQ(noted(*dying), 0);
}

TEST_F(FleetTest, ConnectionsThatEndAreForgotten) {
  const auto here = node();
  Socket one = here->open();
  const Socket two = here->open();
  ASSERT_TRUE(eventually([&] { return noted(*here) == 2; }));
  one.fd.reset();
  EXPECT_TRUE(eventually([&] { return noted(*here) == 1; }));
  EXPECT_EQ(here->ends.count(), 1u);
}

TEST_F(FleetTest, ANodeThatWasTakenForDeadSendsItsClientsAwayAndComesBack) {
  redis::Cut cut(settings_.redis.port);
  FleetSettings through = settings_;
  through.redis.port = cut.port();
  const auto here = node();
  const auto lost = node(through, telling());
  std::vector<Socket> sockets;
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(sockets.emplace_back(lost->open()).id.to_string());
  ASSERT_TRUE(eventually([&] { return noted(*lost) == 20; }));
  cut.cut();
  ASSERT_TRUE(eventually([&] { return told_.count() == 20; }));
  ASSERT_TRUE(eventually([&] { return !lost->reachable(); }));
  EXPECT_EQ(lost->send(sockets[0].id, "local delivery goes on"), Outcome::kDone);
  EXPECT_EQ(sockets[0].next().payload, "local delivery goes on");
  Socket meanwhile = lost->open();
  cut.mend();
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    EXPECT_EQ(sockets[i].next().close_code(), 1012u);
    sockets[i].fd.reset();
  }
  ASSERT_TRUE(eventually([&] { return lost->registry().open_count() == 1; }));
  std::vector<std::string> expected;
  for (const std::string& id : ids) expected.push_back(id + ' ' + std::string(kTakenOver));
  std::sort(expected.begin(), expected.end());
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(lost->ends.all(), expected);  // its API is told that others make the calls
  EXPECT_EQ(told_.all(), ids);
  EXPECT_EQ(lost->metric("gatehouse_websocket_fleet_expelled_total"), 20);
  // Who came while it was cut off stays, and is reached again.
  ASSERT_TRUE(eventually([&] { return lost->reachable() && noted(*lost) == 1; }));
  EXPECT_EQ(here->send(meanwhile.id, "again"), Outcome::kDone);
  EXPECT_EQ(meanwhile.next().payload, "again");
  EXPECT_TRUE(see(*here, 2));
}

TEST_F(FleetTest, ANodeThatComesBackInTimeWasNeverGone) {
  settings_.alive = 20s;
  redis::Cut cut(settings_.redis.port);
  FleetSettings through = settings_;
  through.redis.port = cut.port();
  const auto here = node();
  const auto blinking = node(through, telling());
  Socket before = blinking->open();
  ASSERT_TRUE(eventually([&] { return noted(*blinking) == 1; }));
  cut.cut();
  ASSERT_TRUE(eventually([&] { return !blinking->reachable(); }));
  Socket meanwhile = blinking->open();
  EXPECT_EQ(here->send(before.id, "x"), Outcome::kUnavailable);
  EXPECT_EQ(blinking->send(ConnectionId::make(here->registry().node(), 0, 0), "x"), Outcome::kUnavailable);
  cut.mend();
  ASSERT_TRUE(eventually([&] { return blinking->reachable() && noted(*blinking) == 2; }));
  EXPECT_EQ(here->send(before.id, "one"), Outcome::kDone);
  EXPECT_EQ(here->send(meanwhile.id, "two"), Outcome::kDone);
  EXPECT_EQ(before.next().payload, "one");
  EXPECT_EQ(blinking->metric("gatehouse_websocket_fleet_expelled_total"), 0);
}

TEST_F(FleetTest, ARedisThatForgotEverythingLearnsItAgain) {
  settings_.young = 20s;
  const auto here = node();
  const auto there = node();
  Socket socket = there->open();
  ASSERT_TRUE(eventually([&] { return noted(*there) == 1; }));
  redis_.kill();
  ASSERT_TRUE(eventually([&] { return !here->reachable() && !there->reachable(); }));
  EXPECT_EQ(here->send(socket.id, "x"), Outcome::kUnavailable);
  EXPECT_EQ(here->broadcast("", "x").outcome, Outcome::kUnavailable);
  EXPECT_EQ(here->list("", "", 10).outcome, Outcome::kUnavailable);
  std::vector<Socket> more;
  for (int i = 0; i < 300; ++i) more.push_back(there->open());
  redis_.start();
  ASSERT_TRUE(eventually([&] { return here->reachable() && there->reachable() && noted(*there) == 301; }));
  EXPECT_EQ(here->send(socket.id, "back"), Outcome::kDone);
  EXPECT_EQ(socket.next().payload, "back");
  EXPECT_EQ(told_.count(), 0u);
  // A node that nobody has seen since may be on its way.
  EXPECT_EQ(here->send(ConnectionId::make(1, 0, 0), "x"), Outcome::kUnavailable);
}

TEST_F(FleetTest, ANodeThatLeavesIsGoneAtOnce) {
  settings_.alive = 60s;
  const auto here = node();
  const auto leaving = node();
  Socket socket = leaving->open();
  const ConnectionId id = socket.id;
  socket.fd.reset();
  ASSERT_TRUE(eventually([&] { return leaving->registry().open_count() == 0; }));
  ASSERT_TRUE(grown_up());
  leaving->fleet().leave(20s);
  leaving->die();
  EXPECT_EQ(here->send(id, "x"), Outcome::kGone) << ask({"GET", "test:ws:alive:" + node_text_of(*leaving)}).text;
  EXPECT_EQ(ask({"HLEN", "test:ws:nodes"}).integer, 1);
  EXPECT_EQ(noted(*leaving), 0);
}

TEST_F(FleetTest, WhatALeavingNodeHasNotToldTheOthersTell) {
  settings_.alive = 60s;
  const auto here = node();
  const auto leaving = node();
  const Socket socket = leaving->open();
  ASSERT_TRUE(eventually([&] { return noted(*leaving) == 1; }));
  leaving->fleet().leave(20s);
  leaving->die();
  ASSERT_TRUE(eventually([&] { return told_.count() == 1; }));
  EXPECT_EQ(told_.all(), std::vector<std::string>{socket.id.to_string()});
}

TEST_F(FleetTest, AProcessThatNoLongerSharesKeepsItsConnections) {
  const auto here = node();
  const auto alone = node();
  const Socket socket = alone->open();
  ASSERT_TRUE(eventually([&] { return noted(*alone) == 1; }));
  alone->forget_fleet();
  EXPECT_TRUE(eventually([&] { return ask({"HLEN", "test:ws:nodes"}).integer == 1; }));
  EXPECT_EQ(alone->registry().open_count(), 1u);
  // And one that shares again tells of those it has.
  alone->start();
  EXPECT_TRUE(eventually([&] { return noted(*alone) == 1; }));
  EXPECT_EQ(told_.count(), 0u);
}

// Listens as a node would, and never answers.
class Mute final : public redis::SubscriberEvents {
 public:
  void on_subscribed() override { subscribed.set_value(); }
  void on_message(std::string_view, std::string_view) override {}
  void on_lost(const Error&) override {}
  std::promise<void> subscribed;
};

TEST_F(FleetTest, ANodeThatDoesNotAnswerHasADeadlineAndABound) {
  settings_.answer = 200ms;
  settings_.waiting = 2;
  const auto here = node();
  Mute mute;
  net::BackgroundWorker background(0);
  redis::SubscriberSettings subscription;
  subscription.redis = redis_.settings();
  subscription.channels = {"test:ws:to:00000001@0", "test:ws:to:all@0"};
  background.spawn("mute", [&] { return redis::run_subscriber(background.worker(), background.resolver(), subscription, nullptr, mute); });
  mute.subscribed.get_future().get();
  ask({"SET", "test:ws:alive:00000001", "00000001.1"});
  const ConnectionId id = ConnectionId::make(1, 0, 0);
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 3; ++i) outcomes.push_back(std::async(std::launch::async, [&] { return here->send(id, "x"); }));
  std::multiset<Outcome> seen;
  for (auto& outcome : outcomes) seen.insert(outcome.get());
  EXPECT_EQ(seen, (std::multiset<Outcome>{Outcome::kUnknown, Outcome::kUnknown, Outcome::kBusy}));
  EXPECT_EQ(here->metric("gatehouse_websocket_fleet_unanswered_total"), 2);
  EXPECT_EQ(here->broadcast("", "x").outcome, Outcome::kUnknown);
  // Without a sign of life nobody waits.
  ask({"DEL", "test:ws:alive:00000001"});
  EXPECT_EQ(here->send(id, "x"), Outcome::kGone);
  background.stop();
}

TEST_F(FleetTest, NonsenseOnItsChannelsIsDropped) {
  const auto here = node();
  const auto there = node();
  Socket socket = there->open();
  const std::string channel = "test:ws:to:" + node_text_of(*there) + "@0";
  EXPECT_EQ(ask({"PUBLISH", channel, "nonsense"}).integer, 1);
  EXPECT_EQ(ask({"PUBLISH", channel, std::string("\1\1\0\0", 4)}).integer, 1);
  EXPECT_EQ(here->send(socket.id, "still"), Outcome::kDone);
  EXPECT_EQ(there->metric("gatehouse_websocket_fleet_answered_total"), 1);
}

}  // namespace
}  // namespace gatehouse::wsapi
