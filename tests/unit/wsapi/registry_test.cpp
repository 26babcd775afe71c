// Finding, posting, groups, broadcasts and lists.
#include "unit/wsapi/registry_fixture.hpp"

#include <algorithm>
#include <future>
#include <set>

namespace gatehouse::wsapi {
namespace {

using testing::Client;
using testing::frame;
using testing::RegistryTest;
using testing::ScriptedSink;
using testing::text_frame;
using Joined = Connection::Joined;

TEST_F(RegistryTest, SendsByIdWhereTheIdIsRight) {
  Client client = open();
  EXPECT_EQ(send(client.connection->id(), "hello"), Outcome::kDone);
  EXPECT_EQ(frames(client, 1)[0].payload, "hello");
  EXPECT_EQ(send(client.connection->id(), "hello", "other"), Outcome::kGone);
  // Same slot, other chance; other node; other worker.
  EXPECT_EQ(send(ConnectionId::make(registry_.node(), 0, client.connection->id().slot()), "x"), Outcome::kGone);
  EXPECT_EQ(send(ConnectionId::make(registry_.node() + 1, 0, 0), "x"), Outcome::kGone);
  EXPECT_EQ(send(ConnectionId::make(registry_.node(), 7, 0), "x"), Outcome::kGone);
  EXPECT_EQ(send(ConnectionId::make(registry_.node(), 0, 999), "x"), Outcome::kGone);
}

TEST_F(RegistryTest, ASlotIsUsedAgainUnderAnotherId) {
  Client first = open();
  const ConnectionId id = first.connection->id();
  first.fd.reset();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
  const Client second = open();
  EXPECT_EQ(second.connection->id().slot(), id.slot());
  EXPECT_EQ(send(id, "x"), Outcome::kGone);
  EXPECT_EQ(send(second.connection->id(), "x"), Outcome::kDone);
}

TEST_F(RegistryTest, AReservationThatIsForgottenIsFreeAgain) {
  std::uint32_t slot = 0;
  {
    const Reservation reserved = registry_.reserve(worker_);
    slot = reserved.id().slot();
    EXPECT_EQ(send(reserved.id(), "early"), Outcome::kGone);
    EXPECT_NE(registry_.reserve(worker_).id().slot(), slot);
  }
  std::set<std::uint32_t> slots;
  const Reservation one = registry_.reserve(worker_);
  const Reservation two = registry_.reserve(worker_);
  EXPECT_EQ((std::set{one.id().slot(), two.id().slot()}), (std::set<std::uint32_t>{0, 1}));
}

TEST_F(RegistryTest, SaysThatAMessageIsTooLargeOrTheClientTooSlow) {
  limits_.socket.message = 1000;
  limits_.socket.send_buffer = 2000;
  Client client = open();
  EXPECT_EQ(send(client.connection->id(), std::string(1001, 'x')), Outcome::kTooLarge);
  Outcome last = Outcome::kDone;
  for (int i = 0; i < 1000 && last == Outcome::kDone; ++i) last = send(client.connection->id(), std::string(1000, 'x'));
  EXPECT_EQ(last, Outcome::kFull);
}

TEST_F(RegistryTest, ClosesById) {
  Client client = open();
  const ConnectionId id = client.connection->id();
  EXPECT_EQ(answer<Outcome>([&](auto done) { registry_.close("chat", id, http::websocket::CloseCode::kNormal, "go", done); }), Outcome::kDone);
  const auto seen = frames(client, 1);
  EXPECT_EQ(seen[0].close_code(), 1000u);
  EXPECT_EQ(seen[0].close_text(), "go");
  EXPECT_EQ(send(id, "x"), Outcome::kGone);
  client.send(frame(8, testing::close_payload(1000)));
  ASSERT_TRUE(run_until([&] { return !sink_->endings.empty(); }));
  EXPECT_EQ(sink_->endings[0].reason, "websocket_closed_by_api");
}

TEST_F(RegistryTest, DescribesById) {
  facts_.user_agent = "tester/1";
  facts_.subject = "alice";
  facts_.source = *IpAddress::parse("192.0.2.7");
  const Client client = open();
  client.connection->join("b");
  client.connection->join("a");
  const auto described = answer<Directory::Described>([&](auto done) { registry_.describe("chat", client.connection->id(), done); });
  ASSERT_EQ(described.outcome, Outcome::kDone);
  EXPECT_EQ(described.description.user_agent, "tester/1");
  EXPECT_EQ(described.description.subject, "alice");
  EXPECT_EQ(described.description.source.to_string(), "192.0.2.7");
  EXPECT_EQ(described.description.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(answer<Directory::Described>([&](auto done) { registry_.describe("other", client.connection->id(), done); }).outcome, Outcome::kGone);
}

TEST_F(RegistryTest, JoinsAndLeavesById) {
  Client client = open();
  const ConnectionId id = client.connection->id();
  const auto join = [&](std::string_view group) { return answer<Outcome>([&](auto done) { registry_.join("chat", group, id, done); }); };
  const auto leave = [&](std::string_view group) { return answer<Outcome>([&](auto done) { registry_.leave("chat", group, id, done); }); };
  EXPECT_EQ(join("g"), Outcome::kDone);
  EXPECT_EQ(join("g"), Outcome::kDone);
  EXPECT_EQ(join("no/slash"), Outcome::kBadName);
  EXPECT_EQ(leave("other"), Outcome::kNotThere);
  EXPECT_EQ(leave("g"), Outcome::kDone);
  EXPECT_EQ(leave("g"), Outcome::kNotThere);
}

TEST_F(RegistryTest, GroupNamesAreVisibleAscii) {
  for (const char* name : {"a", "room:42", "caf%C3%A9", "~!@#$"}) EXPECT_TRUE(is_group_name(name)) << name;
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a/b"), std::string("caf\xc3\xa9"), std::string("a\n"), std::string(129, 'x')})
    EXPECT_FALSE(is_group_name(name)) << name;
}

TEST_F(RegistryTest, AConnectionIsInSoManyGroupsAndNoMore) {
  limits_.groups = 2;
  const Client client = open();
  EXPECT_EQ(client.connection->join("a"), Joined::kJoined);
  EXPECT_EQ(client.connection->join("a"), Joined::kAlready);
  EXPECT_EQ(client.connection->join("b"), Joined::kJoined);
  EXPECT_EQ(client.connection->join("c"), Joined::kTooMany);
  EXPECT_TRUE(client.connection->leave("a"));
  EXPECT_EQ(client.connection->join("c"), Joined::kJoined);
}

TEST_F(RegistryTest, ABroadcastReachesTheGroupAndNobodyElse) {
  const auto other_sink = std::make_shared<ScriptedSink>("other");
  Client in = open();
  Client out = open();
  Client left = open();
  Client elsewhere = open(other_sink);
  for (Client* client : {&in, &left, &elsewhere}) ASSERT_EQ(client->connection->join("g"), Joined::kJoined);
  left.connection->leave("g");
  const Delivered delivered = broadcast("g", "news");
  EXPECT_EQ(delivered.sent, 1u);
  EXPECT_EQ(frames(in, 1)[0].payload, "news");
  for (Client* client : {&out, &left, &elsewhere}) {
    client->receive();
    EXPECT_TRUE(client->frames.empty());
  }
  EXPECT_EQ(broadcast("g", "news", "other").sent, 1u);
  EXPECT_EQ(broadcast("nobody", "news").sent, 0u);
}

TEST_F(RegistryTest, ABroadcastToAllOfTheApi) {
  const auto other_sink = std::make_shared<ScriptedSink>("other");
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(open());
  Client elsewhere = open(other_sink);
  EXPECT_EQ(broadcast("", "all").sent, 5u);
  for (Client& client : clients) EXPECT_EQ(frames(client, 1)[0].payload, "all");
}

TEST_F(RegistryTest, TheLastOfAGroupTakesItWithHim) {
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(open());
    clients.back().connection->join("g");
    clients.back().connection->join("h");
  }
  // Out of the middle, by leaving and by going.
  clients[1].connection->leave("g");
  clients[2].fd.reset();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 4; }));
  EXPECT_EQ(broadcast("g", "x").sent, 3u);
  EXPECT_EQ(broadcast("h", "x").sent, 4u);
  for (Client& client : clients) client.fd.reset();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 0; }));
  EXPECT_EQ(broadcast("g", "x").sent, 0u);
}

TEST_F(RegistryTest, ABroadcastIsSliced) {
  std::vector<Client> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(open());
    clients.back().connection->join("g");
  }
  // Work that is posted behind it has its turn long before it is done.
  bool done = false;
  bool done_when_asked = true;
  int turns = 0;
  const std::function<void()> ask = [&] {
    if (++turns < 4) return worker_.post(ask);
    done_when_asked = done;
  };
  registry_.broadcast("chat", "g", http::PreparedFrame(http::websocket::Opcode::kText, "x"), [&](const Delivered&) { done = true; });
  worker_.post(ask);
  ASSERT_TRUE(run_until([&] { return turns == 4; }));
  EXPECT_FALSE(done_when_asked);
  ASSERT_TRUE(run_until([&] { return done; }));
}

TEST_F(RegistryTest, BroadcastsArriveInOrderAndWhoLeavesMeanwhileIsSpared) {
  std::vector<Client> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(open());
    clients.back().connection->join("g");
  }
  int done = 0;
  for (const char* payload : {"1", "2", "3"})
    registry_.broadcast("chat", "g", http::PreparedFrame(http::websocket::Opcode::kText, payload), [&](const Delivered&) { ++done; });
  // Somebody goes while they are on their way, and somebody new gets the place.
  ASSERT_TRUE(run_until([&] { return clients[0].receive(), poke(), !clients[0].frames.empty(); }));
  const auto slot = clients[150].connection->id().slot();
  clients[150].fd.reset();
  ASSERT_TRUE(run_until([&] { return registry_.open_count() == 199 || done == 3; }));
  Client stranger = open();
  EXPECT_EQ(stranger.connection->id().slot(), slot);
  ASSERT_TRUE(run_until([&] { return done == 3; }));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i == 150) continue;
    clients[i].receive();
    ASSERT_EQ(clients[i].frames.size(), 3u);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(clients[i].frames[k].payload, std::to_string(k + 1));
  }
  stranger.receive();
  EXPECT_TRUE(stranger.frames.empty());
}

TEST_F(RegistryTest, ABroadcastCountsThoseWhoDoNotRead) {
  limits_.socket.send_buffer = 4000;
  limits_.socket.message = 3000;
  Client slow = open();
  Client quick = open();
  for (Client* client : {&slow, &quick}) client->connection->join("g");
  Delivered last;
  for (int i = 0; i < 100 && last.full == 0; ++i) {
    last = broadcast("g", std::string(3000, 'x'));
    quick.receive();
  }
  EXPECT_EQ(last.full, 1u);
  EXPECT_EQ(last.sent, 1u);
}

TEST_F(RegistryTest, MoreBroadcastsThanTheShelfHoldsAreRefused) {
  Client client = open();
  client.connection->join("g");
  const http::PreparedFrame frame(http::websocket::Opcode::kText, "x");
  int refused = 0;
  int done = 0;
  for (int i = 0; i < 1100; ++i)
    registry_.broadcast("chat", "g", frame, [&](const Delivered& delivered) {
      ++done;
      if (delivered.outcome == Outcome::kBusy) ++refused;
    });
  ASSERT_TRUE(run_until([&] { return done == 1100; }));
  EXPECT_EQ(refused, 1100 - 1024);
}

TEST_F(RegistryTest, ListsPageByPage) {
  const auto other_sink = std::make_shared<ScriptedSink>("other");
  std::vector<Client> clients;
  std::set<ConnectionId> expected;
  std::set<ConnectionId> grouped;
  for (int i = 0; i < 25; ++i) {
    clients.push_back(open(i % 5 == 4 ? other_sink : nullptr));
    if (i % 5 == 4) continue;
    expected.insert(clients.back().connection->id());
    if (i % 2 == 0) continue;
    clients.back().connection->join("g");
    grouped.insert(clients.back().connection->id());
  }
  const auto listed = [&](std::string_view group) {
    std::set<ConnectionId> all;
    std::string next;
    do {
      const auto page = answer<Presence>([&](auto done) { registry_.list("chat", group, next, 3, done); });
      EXPECT_LE(page.connections.size(), 3u);
      for (const auto& one : page.connections) EXPECT_TRUE(all.insert(one.id).second);
      next = page.next;
    } while (!next.empty());
    return all;
  };
  EXPECT_EQ(listed(""), expected);
  EXPECT_EQ(listed("g"), grouped);
  EXPECT_TRUE(listed("nobody").empty());
}

TEST_F(RegistryTest, APageThatNobodyGaveOutIsNone) {
  for (const char* next : {"x", "1", "-", "1-", "-1", "1-x", "0x1-2"})
    EXPECT_EQ(answer<Presence>([&](auto done) { registry_.list("chat", "", next, 3, done); }).outcome, Outcome::kBadName) << next;
  EXPECT_TRUE(answer<Presence>([&](auto done) { registry_.list("chat", "", "77-0", 3, done); }).connections.empty());
}

// Two workers on threads of their own; asked from a third.
TEST(RegistryThreadsTest, ReachesConnectionsOfEveryWorker) {
  net::testing::RunningWorker first(0);
  net::testing::RunningWorker second(1);
  Registry registry({&*first, &*second});
  const auto sink = std::make_shared<ScriptedSink>();
  std::vector<net::UniqueFd> clients;
  std::vector<ConnectionId> ids;
  for (int i = 0; i < 20; ++i) {
    auto [server, client] = net::testing::socket_pair();
    clients.push_back(std::move(client));
    net::Worker& worker = i % 2 == 0 ? *first : *second;
    std::promise<ConnectionId> opened;
    worker.post([&, fd = std::make_shared<net::UniqueFd>(std::move(server))] {
      http::Upgraded upgraded;
      upgraded.stream = net::make_plain_stream(std::move(*fd));
      const auto connection =
          registry.open(registry.reserve(worker), std::move(upgraded), {}, std::make_shared<const ConnectionLimits>(), sink);
      connection->join("g");
      opened.set_value(connection->id());
    });
    ids.push_back(opened.get_future().get());
  }
  const http::PreparedFrame frame(http::websocket::Opcode::kText, "x");
  std::promise<Delivered> delivered;
  registry.broadcast("chat", "g", frame, [&](const Delivered& all) { delivered.set_value(all); });
  EXPECT_EQ(delivered.get_future().get().sent, 20u);
  for (const ConnectionId& id : ids) {
    std::promise<Outcome> sent;
    registry.send("chat", id, frame, [&](Outcome outcome) { sent.set_value(outcome); });
    EXPECT_EQ(sent.get_future().get(), Outcome::kDone);
  }
  std::set<ConnectionId> seen;
  std::string next;
  do {
    std::promise<Presence> page;
    registry.list("chat", "g", next, 7, [&](Presence one) { page.set_value(std::move(one)); });
    const Presence got = page.get_future().get();
    for (const auto& one : got.connections) seen.insert(one.id);
    next = got.next;
  } while (!next.empty());
  EXPECT_EQ(seen.size(), 20u);
  for (net::Worker* worker : {&*first, &*second}) {
    std::promise<void> closed;
    worker->post([&] {
      registry.close_all(*worker);
      closed.set_value();
    });
    closed.get_future().get();
  }
  EXPECT_EQ(registry.open_count(), 0u);
}

}  // namespace
}  // namespace gatehouse::wsapi
