// The life of connections and of the server: refusals, deadlines between requests, drain, destruction, upgrades.
#include "gatehouse/net/reactor.hpp"
#include "unit/http/session_support.hpp"

#include <algorithm>

namespace gatehouse::http::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

net::Task<void> answer_ok(Exchange& exchange) { return answer_text(exchange, 200, "ok"); }

TEST_F(SessionTest, RefusesMalformedHeadsWithAReason) {
  ServerSettings settings;
  settings.limits.head = 1000;
  settings.limits.uri = 100;
  settings.limits.headers = 5;
  serve(answer_ok, settings);
  const struct {
    std::string request;
    int status;
    std::string reason, message;
  } cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400, "missing_host", "Bad Request"},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(1000, 'x') + "\r\n\r\n", 431, "head_too_large",
       "Request Header Fields Too Large"},
      {"GET /" + std::string(101, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long", "URI Too Long"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", 431, "too_many_headers",
       "Request Header Fields Too Large"},
  };
  for (const auto& one : cases) {
    Client client = connect();
    client.send(one.request);
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, one.status);
    EXPECT_TRUE(reply.has("Connection: close"));
    EXPECT_TRUE(reply.has("Content-Type: application/json"));
    EXPECT_EQ(reply.body, "{\"message\":\"" + one.message + "\"}");
    EXPECT_TRUE(client.at_end());
    EXPECT_FALSE(client.was_reset());
    ASSERT_FALSE(handler_.refusals().empty());
    const SeenRefusal refusal = handler_.refusals().back();
    EXPECT_EQ(refusal.status, one.status);
    EXPECT_EQ(refusal.reason, one.reason);
    EXPECT_EQ(refusal.received, one.request.size());
    EXPECT_EQ(refusal.sent, reply.head.size() + reply.body.size());
  }
  EXPECT_EQ(handler_.requests(), 0);
  EXPECT_EQ(handler_.refusals().size(), std::size(cases));
}

TEST_F(SessionTest, AnswersWhatCameBeforeAMalformedHead) {
  serve(answer_ok);
  Client client = connect();
  client.send(std::string(kGet) + std::string(kGet) + "nonsense\r\n\r\n" + std::string(kGet));
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(client.read_reply().status, 400);
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(handler_.requests(), 2);
}

TEST_F(SessionTest, BringsARefusalToAClientThatGoesOnSending) {
  serve(answer_ok);
  Client client = connect(Buffers::kSmall);
  client.send("nonsense\r\n\r\n");
  client.send(std::string(5'000'000, 'x'));
  client.end_sending();
  EXPECT_EQ(client.read_reply().status, 400);
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(SessionTest, RefusesAHeadThatDoesNotComeToItsEnd) {
  ServerSettings settings;
  settings.timeouts.head = 50ms;
  serve(answer_ok, settings);
  for (const std::string before : {"", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    Client client = connect();
    client.send(before + "GET / HT");
    if (!before.empty()) {
      EXPECT_EQ(client.read_reply().status, 200);
    }
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, 408);
    EXPECT_EQ(reply.body, "{\"message\":\"Request Timeout\"}");
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(handler_.refusals().back().reason, "head_timeout");
  }
}

TEST_F(SessionTest, ClosesAConnectionThatSaysNothingWithoutAWord) {
  ServerSettings settings;
  settings.timeouts.head = 50ms;
  serve(answer_ok, settings);
  Client silent = connect();
  EXPECT_TRUE(silent.at_end());
  Client empty_lines = connect();
  empty_lines.send("\r\n\r\n");
  EXPECT_TRUE(empty_lines.at_end());
  EXPECT_TRUE(handler_.wait_for_closed(2));
  EXPECT_TRUE(handler_.refusals().empty());
}

TEST_F(SessionTest, ClosesAnIdleConnectionWithoutAWord) {
  ServerSettings settings;
  settings.timeouts.idle = 50ms;
  serve(answer_ok, settings);
  Client client = connect();
  client.send(kGet);
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(handler_.refusals().empty());
}

TEST_F(SessionTest, NotesAHeadThatItsClientGaveUp) {
  serve(answer_ok);
  connect().send("GET / HT");
  ASSERT_TRUE(handler_.wait_for_refusals(1));
  EXPECT_EQ(handler_.refusals()[0].status, 0);
  EXPECT_EQ(handler_.refusals()[0].reason, "head_incomplete");
  EXPECT_EQ(handler_.refusals()[0].received, 8u);
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, UsesNewSettingsFromTheNextRequestOn) {
  serve(answer_ok);
  Client client = connect();
  client.send(kGet);
  EXPECT_EQ(client.read_reply().status, 200);
  ServerSettings settings;
  settings.limits.uri = 3;
  on_worker([&] { server_->update(settings, {}); });
  client.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 414);
}

TEST_F(SessionTest, DrainsWithoutCuttingARequest) {
  Signal asleep;
  Exchange* running = nullptr;
  bool go_on = false;
  serve([&](Exchange& exchange) -> net::Task<void> {
    if (exchange.request().path == "/wait") {
      running = &exchange;
      asleep.set();
      while (!go_on) co_await exchange.waiter();
    }
    net::Task<void> answering = answer_ok(exchange);
    co_await answering;
  });
  Client idle = connect();
  idle.send(kGet);
  EXPECT_EQ(idle.read_reply().status, 200);
  Client partial = connect();
  partial.send("GET / HT");
  Client fresh = connect();
  Client busy = connect();
  busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(asleep.wait());

  on_worker([&] { server_->drain(); });
  EXPECT_TRUE(idle.at_end());
  EXPECT_FALSE(idle.was_reset());
  fresh.send(kGet);
  partial.send("TP/1.1\r\nHost: x\r\n\r\n");
  on_worker([&] {
    go_on = true;
    running->waiter().wake();
  });
  for (Client* client : {&fresh, &partial, &busy}) {
    const Reply reply = client->read_reply();
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.has("Connection: close"));
    EXPECT_TRUE(client->at_end());
  }
  ASSERT_TRUE(handler_.wait_for_closed(4));
  EXPECT_EQ(connections(), 0u);
}

TEST_F(SessionTest, ClosesAfterAnAnswerThatHadPromisedToKeepTheConnection) {
  Signal begun;
  Exchange* running = nullptr;
  bool go_on = false;
  serve([&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head(exchange.arena());
    exchange.respond(head, "one ", More::kYes);
    running = &exchange;
    begun.set();
    while (!go_on) co_await exchange.waiter();
    exchange.write("two", More::kNo);
  });
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(begun.wait());
  on_worker([&] {
    server_->drain();
    go_on = true;
    running->waiter().wake();
  });
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.body, "one two");
  EXPECT_TRUE(reply.complete);
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, AnswersARequestThatArrivesTogetherWithTheDrain) {
  serve(answer_ok);
  Client client = connect();
  client.send(kGet);
  EXPECT_EQ(client.read_reply().status, 200);
  on_worker([&] {
    client.send(kGet);
    server_->drain();
  });
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.has("Connection: close"));
}

// Looks at the exchange when its frame is destroyed, as the access log does.
class Guard {
 public:
  Guard(Exchange& exchange, std::vector<std::string>& log) : exchange_(exchange), log_(log) {}
  ~Guard() {
    log_.push_back(std::string(exchange_.request().path) + " " + std::string(to_string(exchange_.failure())));
    exchange_.abort();
    ResponseHead head(exchange_.arena());
    exchange_.respond(head, "too late", More::kNo);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Exchange& exchange_;
  std::vector<std::string>& log_;
};

TEST_F(SessionTest, DestroysHandlersWhereTheySleep) {
  std::vector<std::string> log;
  Signal asleep[3];
  int count = 0;
  serve([&](Exchange& exchange) -> net::Task<void> {
    const Guard guard(exchange, log);
    if (exchange.request().path == "/2") {
      ResponseHead head(exchange.arena());
      exchange.respond(head, "half", More::kYes);
    }
    asleep[count++].set();
    net::Task<void> sleeping = sleep_until_failed(exchange);
    co_await sleeping;
    while (true) co_await exchange.waiter();
  });
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect());
    clients.back().send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(asleep[i].wait());
  }
  destroy_server();
  std::ranges::sort(log);
  EXPECT_EQ(log, (std::vector<std::string>{"/0 aborted", "/1 aborted", "/2 aborted"}));
  EXPECT_TRUE(clients[0].at_end());
  EXPECT_FALSE(clients[2].read_reply().complete);
  EXPECT_EQ(limits_->open(), 0u);
}

TEST_F(SessionTest, CanBeDestroyedWhileSessionsAreIdleHalfReadOrLingering) {
  serve(answer_ok);
  Client idle = connect();
  idle.send(kGet);
  EXPECT_EQ(idle.read_reply().status, 200);
  Client partial = connect();
  partial.send("GET / HT");
  Client lingering = connect();
  lingering.send("nonsense\r\n\r\n");
  EXPECT_EQ(lingering.read_reply().status, 400);
  EXPECT_EQ(connections(), 3u);
  destroy_server();
  EXPECT_TRUE(idle.at_end());
  EXPECT_EQ(limits_->open(), 0u);
}

TEST_F(SessionTest, LivesThroughClientsThatResetAtAnyPoint) {
  serve(answer_ok);
  const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome";
  for (std::size_t size = 0; size <= request.size(); size += 3) {
    Client client = connect();
    client.send(std::string_view(request).substr(0, size));
    client.reset();
  }
  Client client = connect();
  client.send(kGet);
  EXPECT_EQ(client.read_reply().status, 200);
  client.close();
  EXPECT_TRUE(handler_.wait_for_closed(handler_.opened()));
}

// Sends back what it reads from a connection that was handed out.
class RawEcho final : private net::IoHandler {
 public:
  RawEcho(net::Worker& worker, Upgraded upgraded) : worker_(worker), upgraded_(std::move(upgraded)) {
    const iovec early{upgraded_.received.data(), upgraded_.received.size()};
    upgraded_.stream->write({&early, 1});
    worker_.reactor().add(upgraded_.stream->fd(), *this);
  }
  ~RawEcho() { worker_.reactor().remove(upgraded_.stream->fd(), *this); }

 private:
  void on_io(std::uint32_t events) override {
    upgraded_.stream->note(events);
    char buffer[256];
    const net::IoResult result = upgraded_.stream->read(buffer);
    if (result.status != net::IoStatus::kOk) return;
    const iovec back{buffer, result.bytes};
    upgraded_.stream->write({&back, 1});
  }

  net::Worker& worker_;
  Upgraded upgraded_;
};

TEST_F(SessionTest, HandsAnUpgradedConnectionOut) {
  std::unique_ptr<RawEcho> echo;
  serve([&](Exchange& exchange) -> net::Task<void> {
    EXPECT_EQ(exchange.request().protocol, "echo");
    ResponseHead head(exchange.arena());
    head.edits.set(FieldId::kUpgrade, "echo");
    Upgraded upgraded = exchange.upgrade(head);
    EXPECT_TRUE(upgraded.stream != nullptr);
    EXPECT_TRUE(exchange.responded());
    EXPECT_FALSE(exchange.failed());
    echo = std::make_unique<RawEcho>(*worker_, std::move(upgraded));
    co_return;
  });
  Client client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 101);
  EXPECT_TRUE(reply.has("Connection: Upgrade"));
  EXPECT_TRUE(reply.has("Upgrade: echo"));
  EXPECT_EQ(client.read(5), "early");
  ASSERT_TRUE(handler_.wait_for_closed(1));
  client.send("and late");
  EXPECT_EQ(client.read(8), "and late");
  // The session is gone, but the connection still counts.
  EXPECT_EQ(connections(), 0u);
  EXPECT_EQ(limits_->open(), 1u);
  on_worker([&] { echo.reset(); });
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(limits_->open(), 0u);
}

}  // namespace
}  // namespace gatehouse::http::testing
