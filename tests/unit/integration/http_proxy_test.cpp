// Requests that go well: what the backend hears, what the client gets, what is repeated.
#include "unit/integration/proxy_fixture.hpp"

#include <gmock/gmock.h>

namespace gatehouse::integration::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpProxyTest : public ProxyTest {
 protected:
  std::string target_authority() const { return "127.0.0.1:" + std::to_string(raw.port()); }
};

TEST_F(HttpProxyTest, GetIsAnsweredInOneWrite) {
  request("GET", "/a?x=1", {{"Host", "gate.test"}, {"Accept", "*/*"}, {"Connection", "X-Drop"}, {"X-Drop", "1"}});
  start();
  const net::UniqueFd peer = accept(raw);
  const std::string head = hear_request(peer);
  EXPECT_THAT(head, StartsWith("GET /a?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: " + target_authority() + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Accept: */*\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-For: 192.0.2.7\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("X-Drop")));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->field("x-a"), "b");
  EXPECT_EQ(exchange->field("via"), "1.1 gatehouse");
  EXPECT_EQ(exchange->writes, std::vector<std::string>{"hello"});
  EXPECT_EQ(context->reason, "ok");
  EXPECT_EQ(context->upstream.backend, config.name);
  EXPECT_EQ(context->upstream.target, config.targets[0].url);
  EXPECT_EQ(context->upstream.status, 200);
  EXPECT_EQ(context->upstream.tries, 1u);
  EXPECT_FALSE(context->upstream.reused_connection);
  EXPECT_GT(context->upstream.connect, Duration());
  EXPECT_EQ(pool->idle_connections(), 1u);
}

TEST_F(HttpProxyTest, ConnectionIsUsedAgain) {
  const net::UniqueFd peer = make_idle();
  get();
  EXPECT_THAT(hear_request(peer), StartsWith("GET /a "));
  say(peer.get(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  ASSERT_TRUE(finish());
  EXPECT_TRUE(context->upstream.reused_connection);
  EXPECT_EQ(exchange->writes, std::vector<std::string>{"hello"});
  EXPECT_TRUE(exchange->ended_answer);
}

TEST_F(HttpProxyTest, NothingIsReadFromTheBackendBeforeTheSessionHasLetGoOfItsBuffer) {
  const net::UniqueFd peer = make_idle();
  // What a session still has in the receive buffer while a handler starts.
  std::ranges::fill(worker.receive_buffer(), '#');
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  get();
  EXPECT_EQ(worker.receive_buffer()[0], '#');
  EXPECT_FALSE(task.done());
}

TEST_F(HttpProxyTest, PostWithoutABodySaysSo) {
  request("POST");
  start();
  const net::UniqueFd peer = accept(raw);
  EXPECT_THAT(hear_request(peer), HasSubstr("Content-Length: 0\r\n"));
  say(peer.get(), "HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 204);
}

TEST_F(HttpProxyTest, BodyArrivesWithItsFraming) {
  request("POST").body("hello");
  exchange->head().content_length = 5;
  exchange->end_body();
  start();
  net::UniqueFd peer = accept(raw);
  EXPECT_THAT(hear_request(peer), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(hear(peer.get(), 5), "hello");
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(finish());

  request("POST").body("one");
  start();
  EXPECT_THAT(hear_request(peer), HasSubstr("Transfer-Encoding: chunked\r\n"));
  exchange->end_body();
  exchange->waiter().wake();
  const std::string framed = "3\r\none\r\n0\r\n\r\n";
  ASSERT_TRUE(run_until(worker, [&] { return exchange->body_complete(); }));
  worker.post([] {});
  EXPECT_EQ(hear(peer.get(), 8), framed.substr(0, 8));
  ASSERT_TRUE(run_until(worker, [&] { return net::testing::wait_readable(peer.get(), Duration()); }));
  EXPECT_EQ(hear(peer.get(), 5), framed.substr(8));
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(finish());
}

TEST_F(HttpProxyTest, HostIsPreservedOrFixedWhereTheBackendSaysSo) {
  config.host = upstream::HostHeader::kPreserve;
  get();
  net::UniqueFd peer = accept(raw);
  EXPECT_THAT(hear_request(peer), HasSubstr("Host: gate.test\r\n"));
  config.host = upstream::HostHeader::kFixed;
  config.host_name = "orders.internal";
  task.reset();
  integration.reset();
  get();
  peer = accept(raw);
  EXPECT_THAT(hear_request(peer), HasSubstr("Host: orders.internal\r\n"));
}

TEST_F(HttpProxyTest, RequestWithoutAHostGetsTheTargets) {
  config.host = upstream::HostHeader::kPreserve;
  request("GET", "/a", {}).head().authority = {};
  start();
  const net::UniqueFd peer = accept(raw);
  EXPECT_THAT(hear_request(peer), HasSubstr("Host: " + target_authority() + "\r\n"));
}

TEST_F(HttpProxyTest, PathIsWhatTheRouteMakesOfIt) {
  proxy.path =
      pipeline::ValueTemplate::parse("/internal/{id}", {"id"}, pipeline::ValueTemplate::PathValues::kEncoded, true)
          .value();
  request("GET", "/orders/7%2F8?x=1");
  context->params.push("id", "7%2F8");
  start();
  const net::UniqueFd peer = accept(raw);
  EXPECT_THAT(hear_request(peer), StartsWith("GET /internal/7%2F8?x=1 HTTP/1.1\r\n"));
}

TEST_F(HttpProxyTest, PathThatWouldClimbIsRefused) {
  proxy.path =
      pipeline::ValueTemplate::parse("/files/$query.dir/x", {}, pipeline::ValueTemplate::PathValues::kEncoded, true)
          .value();
  request("GET", "/a?dir=..");
  start();
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 400);
  EXPECT_EQ(context->reason, "bad_path_value");
  EXPECT_FALSE(raw.has_connection());
}

TEST_F(HttpProxyTest, EarlyHintsAndTrailersPass) {
  get();
  const net::UniqueFd peer = accept(raw);
  hear_request(peer);
  say(peer.get(),
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->informed, std::vector<int>{103});
  EXPECT_EQ(exchange->sent_body, "ok");
  EXPECT_EQ(gatehouse::testing::find_field(exchange->sent_trailers, "x-sum"), "1");
}

TEST_F(HttpProxyTest, EventsPassOneByOne) {
  get();
  const net::UniqueFd peer = accept(raw);
  hear_request(peer);
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
  ASSERT_TRUE(run_until(worker, [&] { return exchange->status == 200; }));
  for (const std::string event : {"data: 1\n\n", "data: 2\n\n"}) {
    say(peer.get(), event);
    ASSERT_TRUE(run_until(worker, [&] { return exchange->writes.back() == event; }));
  }
  EXPECT_FALSE(task.done());
}

TEST_F(HttpProxyTest, AnswerBeforeTheBodyEndsIsPassedOnAndEndsTheConnection) {
  request("POST").body("one");
  start();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  say(peer.get(), "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 401);
  EXPECT_EQ(exchange->sent_body, "no");
  EXPECT_EQ(pool->idle_connections(), 0u);
}

TEST_F(HttpProxyTest, GetIsRepeatedWhenTheConnectionBreaks) {
  get();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  http::testing::reset(peer);
  peer = accept(raw);
  hear_request(peer);
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(context->upstream.tries, 2u);
  EXPECT_EQ(backend_->counters().retries.load(), 1u);
}

TEST_F(HttpProxyTest, AnotherTargetIsTriedWhereThereIsOne) {
  RawBackend second;
  config.targets = {upstream::testing::target("127.0.0.1", upstream::testing::closed_port()),
                    upstream::testing::target("127.0.0.1", second.port())};
  for (int i = 0; i < 4; ++i) {
    get();
    const net::UniqueFd peer = accept(second);
    hear_request(peer);
    say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(finish());
    EXPECT_EQ(exchange->status, 200);
    EXPECT_EQ(context->upstream.target, config.targets[1].url);
  }
}

TEST_F(HttpProxyTest, PutIsRepeatedWithItsBody) {
  request("PUT").body("one");
  exchange->body("two");
  exchange->head().content_length = 6;
  exchange->end_body();
  start();
  net::UniqueFd peer = accept(raw);
  hear_request(peer);
  EXPECT_EQ(hear(peer.get(), 6), "onetwo");
  http::testing::reset(peer);
  peer = accept(raw);
  EXPECT_THAT(hear_request(peer), HasSubstr("Content-Length: 6\r\n"));
  EXPECT_EQ(hear(peer.get(), 6), "onetwo");
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 200);
}

TEST_F(HttpProxyTest, KeptConnectionThatTheBackendHadClosedIsNotHeldAgainstIt) {
  config.retries.attempts = 0;
  config.ejection.failures = 1;
  net::UniqueFd peer = make_idle();
  // The close is not seen before the request is on its way.
  get();
  hear_request(peer);
  peer.reset();
  peer = accept(raw);
  hear_request(peer);
  say(peer.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(finish());
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(context->upstream.tries, 2u);
  EXPECT_EQ(backend_->targets()[0].errors.load(), 0u);
}

}  // namespace
}  // namespace gatehouse::integration::testing
