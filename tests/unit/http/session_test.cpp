// Heads, keep-alive, pipelining, versions, refusals and the deadlines between requests.
#include "unit/http/session_support.hpp"

#include <atomic>
#include <random>

namespace gatehouse::http::testing {
namespace {

using namespace std::chrono_literals;

net::Task<void> answer_path(Exchange& exchange) {
  return answer_text(exchange, 200, std::string(exchange.request().path));
}

// Sleeps once before it answers, as if it had asked a backend.
net::Task<void> answer_path_later(Exchange& exchange) {
  net::Task<void> sleeping = sleep_once(exchange);
  co_await sleeping;
  net::Task<void> answering = answer_path(exchange);
  co_await answering;
}

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}

TEST_F(SessionTest, AnswersOneRequestAfterTheOtherOnOneConnection) {
  serve(answer_path);
  Client client = connect();
  for (int i = 0; i < 5; ++i) {
    const std::string path = "/" + std::to_string(i);
    client.send(get(path));
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, path);
    EXPECT_FALSE(reply.has("Connection: close"));
  }
  EXPECT_EQ(handler_.opened(), 1);
}

TEST_F(SessionTest, GivesTheHandlerWhatTheClientSent) {
  struct {
    std::string method, path, query, authority, scheme, agent, remote;
    std::uint64_t received;
    bool arrived, complete, local;
  } seen;
  serve([&](Exchange& exchange) {
    const RequestHead& request = exchange.request();
    seen = {std::string(request.method_text),
            std::string(request.path),
            std::string(request.query),
            std::string(request.authority),
            std::string(request.scheme),
            std::string(request.fields.get(FieldId::kUserAgent).value_or("none")),
            exchange.peer().remote.address.to_string(),
            exchange.bytes_received(),
            exchange.arrival() <= exchange.worker().now() && exchange.arrival() != TimePoint(),
            exchange.body_complete() && exchange.poll_body().state == BodyState::kEnd,
            exchange.peer().local.port != 0 && !exchange.peer().tls};
    return answer_text(exchange, 204, "");
  });
  Client client = connect();
  const std::string text = "DELETE /a/b?c=d HTTP/1.1\r\nHost: shop.example:80\r\nUser-Agent: test\r\n\r\n";
  client.send(text);
  EXPECT_EQ(client.read_reply().status, 204);
  EXPECT_EQ(seen.method, "DELETE");
  EXPECT_EQ(seen.path, "/a/b");
  EXPECT_EQ(seen.query, "c=d");
  EXPECT_EQ(seen.authority, "shop.example:80");
  EXPECT_EQ(seen.scheme, "http");
  EXPECT_EQ(seen.agent, "test");
  EXPECT_EQ(seen.remote, "127.0.0.1");
  EXPECT_EQ(seen.received, text.size());
  EXPECT_TRUE(seen.arrived);
  EXPECT_TRUE(seen.complete);
  EXPECT_TRUE(seen.local);
}

TEST_F(SessionTest, WritesADate) {
  serve(answer_path);
  Client client = connect();
  client.send(get("/"));
  const std::string head = client.read_reply().head;
  const std::size_t at = head.find("\r\nDate: ");
  ASSERT_NE(at, std::string::npos);
  const std::string date = head.substr(at + 8, 29);
  std::tm parts{};
  const char* const end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  ASSERT_NE(end, nullptr) << date;
  EXPECT_EQ(*end, '\0');
  EXPECT_NEAR(static_cast<double>(::timegm(&parts)), static_cast<double>(std::time(nullptr)), 30);
}

// 200 requests, some with bodies that the handler reads, and some with bodies that it does not.
std::string pipeline_of_200() {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    const std::string path = "/" + std::to_string(i);
    switch (i % 4) {
      case 0: text += "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"; break;
      case 1:
        text += "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        break;
      default: text += get(path);
    }
  }
  return text;
}

net::Task<void> answer_path_in_some_way(Exchange& exchange) {
  const std::string path(exchange.request().path);
  const int number = std::stoi(path.substr(1));
  if (number % 3 == 0) {
    net::Task<std::string> reading = read_body(exchange);
    co_await reading;
  }
  if (number % 5 == 0) {
    net::Task<void> sleeping = sleep_once(exchange);
    co_await sleeping;
  }
  ResponseHead head(exchange.arena());
  if (number % 7 == 0) {
    exchange.respond(head, {}, More::kYes);
    exchange.write(path, More::kNo);
  } else {
    exchange.respond(head, path, More::kNo);
  }
}

TEST_F(SessionTest, AnswersPipelinedRequestsOfOneSegmentInOrder) {
  serve(answer_path_in_some_way);
  Client client = connect();
  client.send(pipeline_of_200());
  for (int i = 0; i < 200; ++i) {
    const Reply reply = client.read_reply();
    ASSERT_TRUE(reply.complete) << i;
    ASSERT_EQ(reply.body, "/" + std::to_string(i));
  }
  EXPECT_EQ(handler_.requests(), 200);
  client.end_sending();
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, AnswersTheSameHoweverTheBytesAreCut) {
  serve(answer_path_in_some_way);
  const std::string all = pipeline_of_200();
  for (const std::uint32_t seed : {1u, 2u, 3u, 4u}) {
    std::minstd_rand random(seed);
    const std::size_t largest = seed == 1 ? 3 : 700;
    Client client = connect();
    std::thread sender([&] {
      for (std::size_t at = 0; at < all.size();) {
        const std::size_t size = std::min<std::size_t>(all.size() - at, 1 + random() % largest);
        client.send(std::string_view(all).substr(at, size));
        at += size;
      }
    });
    for (int i = 0; i < 200; ++i) {
      const Reply reply = client.read_reply();
      EXPECT_EQ(reply.body, "/" + std::to_string(i));
      if (!reply.complete) break;
    }
    sender.join();
  }
}

TEST_F(SessionTest, AnswersAByteAtATime) {
  serve(answer_path);
  Client client = connect();
  for (const char byte : get("/slow")) client.send({&byte, 1});
  EXPECT_EQ(client.read_reply().body, "/slow");
}

TEST_F(SessionTest, AnswersPipelinedRequestsThatTheHandlerMustWaitFor) {
  serve(answer_path_later);
  Client client = connect();
  std::string all;
  for (int i = 0; i < 50; ++i) all += get("/" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(client.read_reply().body, "/" + std::to_string(i));
}

TEST_F(SessionTest, SkipsEmptyLinesBeforeARequest) {
  serve(answer_path);
  Client client = connect();
  client.send("\r\n\r\n" + get("/a") + "\r\n");
  EXPECT_EQ(client.read_reply().body, "/a");
  client.send("\r\n" + get("/b"));
  EXPECT_EQ(client.read_reply().body, "/b");
}

TEST_F(SessionTest, LetsOtherConnectionsInBetweenPipelinedRequests) {
  // One connection has thousands of requests waiting; the other's single one must not come last.
  std::atomic<int> answered = 0;
  std::atomic<int> answered_before_other = -1;
  serve([&](Exchange& exchange) {
    if (exchange.request().path == "/other") answered_before_other = answered.load();
    ++answered;
    return answer_text(exchange, 200, "x");
  });
  Client greedy = connect();
  Client other = connect();
  std::string all;
  for (int i = 0; i < 1500; ++i) all += get("/greedy");
  // Both are there before the worker looks at either.
  on_worker([&] {
    greedy.send(all);
    other.send(get("/other"));
  });
  EXPECT_EQ(other.read_reply().body, "x");
  EXPECT_GE(answered_before_other, 0);
  EXPECT_LT(answered_before_other, 200);
  for (int i = 0; i < 1500; ++i) ASSERT_EQ(greedy.read_reply().body, "x");
}

TEST_F(SessionTest, AnswersHeadWithoutABody) {
  serve([](Exchange& exchange) { return answer_text(exchange, 200, "twelve bytes"); });
  Client client = connect();
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get("/"));
  const Reply head = client.read_reply(BodyExpected::kNo);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.has("Content-Length: 12"));
  EXPECT_EQ(client.read_reply().body, "twelve bytes");
}

net::Task<void> stream_three(Exchange& exchange, int status) {
  ResponseHead head(exchange.arena());
  head.status = status;
  exchange.respond(head, "one", More::kYes);
  exchange.write("two", More::kYes);
  exchange.write("three", More::kNo);
  co_return;
}

TEST_F(SessionTest, SendsNoBodyWhereThereMustBeNone) {
  serve([](Exchange& exchange) { return stream_three(exchange, exchange.request().path == "/304" ? 304 : 204); });
  Client client = connect();
  client.send(get("/304") + get("/204") + "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get("/204"));
  EXPECT_EQ(client.read_reply().status, 304);
  const Reply empty = client.read_reply();
  EXPECT_EQ(empty.status, 204);
  EXPECT_EQ(empty.head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(client.read_reply(BodyExpected::kNo).status, 204);
  EXPECT_EQ(client.read_reply().status, 204);
  client.end_sending();
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, ClosesAfterAnHttp10RequestUnlessAskedNotTo) {
  serve(answer_path);
  Client plain = connect();
  plain.send("GET /a HTTP/1.0\r\n\r\n");
  const Reply closed = plain.read_reply();
  EXPECT_EQ(closed.body, "/a");
  EXPECT_TRUE(closed.has("Connection: close"));
  EXPECT_TRUE(plain.at_end());

  Client kept = connect();
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const Reply reply = kept.read_reply();
    EXPECT_EQ(reply.body, "/b");
    EXPECT_TRUE(reply.has("Connection: keep-alive"));
  }
}

TEST_F(SessionTest, EndsAnUnknownLengthByClosingTowardsHttp10) {
  serve([](Exchange& exchange) { return stream_three(exchange, 200); });
  Client client = connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.body, "onetwothree");
  EXPECT_EQ(reply.head.find("Transfer-Encoding"), std::string::npos);
  EXPECT_TRUE(reply.has("Connection: close"));
  EXPECT_FALSE(client.was_reset());
}

TEST_F(SessionTest, IgnoresWhatFollowsARequestThatCloses) {
  serve(answer_path);
  Client client = connect();
  client.send(get("/last", "Connection: close\r\n") + get("/more") + get("/evenmore"));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.body, "/last");
  EXPECT_TRUE(reply.has("Connection: close"));
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(handler_.requests(), 1);
}

TEST_F(SessionTest, AnswersAHalfClosedClient) {
  serve(answer_path_later);
  Client client = connect();
  client.send(get("/half") + get("/two"));
  client.end_sending();
  EXPECT_EQ(client.read_reply().body, "/half");
  EXPECT_EQ(client.read_reply().body, "/two");
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, ClosesWhenTheHandlerThrows) {
  serve([](Exchange& exchange) -> net::Task<void> {
    if (exchange.request().path == "/later") co_await exchange.waiter();
    throw std::runtime_error("a bug");
  });
  Client client = connect();
  client.send(get("/now"));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, ClosesWhenTheHandlerEndsWithoutAnAnswer) {
  serve([](Exchange&) -> net::Task<void> { co_return; });
  Client client = connect();
  client.send(get("/"));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

}  // namespace
}  // namespace gatehouse::http::testing
