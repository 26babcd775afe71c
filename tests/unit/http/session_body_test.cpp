// Request bodies: laziness, framing, limits, patience, what happens to a body that nobody reads.
#include "unit/http/session_support.hpp"

#include <poll.h>

#include <atomic>
#include <random>

namespace gatehouse::http::testing {
namespace {

using namespace std::chrono_literals;

std::string post(std::string_view fields, std::string_view body = {}) {
  return "POST /up HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string with_length(std::size_t length) { return "Content-Length: " + std::to_string(length) + "\r\n"; }

constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";
constexpr std::string_view kNext = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";

std::string random_text(std::size_t size) {
  std::minstd_rand random(7);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

// Reads the body and answers with what happened to it.
net::Task<void> answer_failure(Exchange& exchange) {
  net::Task<std::string> reading = read_body(exchange);
  const std::string body = co_await reading;
  int status = 200;
  if (exchange.failure() == Failure::kBodyTooLarge) status = 413;
  if (exchange.failure() == Failure::kBodyTimeout) status = 408;
  if (exchange.failure() == Failure::kBodyMalformed || exchange.failure() == Failure::kBodyIncomplete) status = 400;
  net::Task<void> answering = answer_text(exchange, status, std::string(to_string(exchange.failure())));
  co_await answering;
}

TEST_F(SessionTest, ReadsABodyThatCameWithTheHead) {
  serve(echo_body);
  Client client = connect();
  client.send(post(with_length(5), "hello") + std::string(kNext));
  EXPECT_EQ(client.read_reply().body, "hello");
  EXPECT_EQ(client.read_reply().body, "");
}

TEST_F(SessionTest, ReadsALargeBodyThatComesLater) {
  serve(echo_body);
  Client client = connect();
  const std::string body = random_text(3'000'000);
  client.send(post(with_length(body.size())));
  std::thread sender([&] { client.send(body); });
  const Reply reply = client.read_reply();
  sender.join();
  EXPECT_TRUE(reply.complete);
  EXPECT_TRUE(reply.body == body);
}

// The body in chunks of random sizes, some with extensions.
std::string in_chunks(std::string_view body, std::string_view trailers) {
  std::minstd_rand random(11);
  std::string text;
  while (!body.empty()) {
    const std::size_t size = std::min<std::size_t>(body.size(), 1 + random() % 5000);
    char line[32];
    std::snprintf(line, sizeof(line), "%zx%s\r\n", size, size % 3 == 0 ? ";a=b" : "");
    text += line;
    text += body.substr(0, size);
    text += "\r\n";
    body.remove_prefix(size);
  }
  return text + "0\r\n" + std::string(trailers) + "\r\n";
}

TEST_F(SessionTest, TakesChunksApartHoweverTheyAreCut) {
  std::string checksum;
  serve([&](Exchange& exchange) -> net::Task<void> {
    net::Task<std::string> reading = read_body(exchange);
    const std::string body = co_await reading;
    if (exchange.request().path == "/up") checksum = exchange.trailers().get("x-sum").value_or("none");
    ResponseHead head(exchange.arena());
    exchange.respond(head, body, More::kNo);
  });
  const std::string body = random_text(100'000);
  const std::string all = post(kChunked, in_chunks(body, "X-Sum: 42\r\nContent-Length: 3\r\n")) + std::string(kNext);
  for (const std::size_t largest : {100u, 9000u}) {
    std::minstd_rand random(5);
    checksum.clear();
    Client client = connect();
    std::thread sender([&] {
      for (std::size_t at = 0; at < all.size();) {
        const std::size_t size = std::min<std::size_t>(all.size() - at, 1 + random() % largest);
        client.send(std::string_view(all).substr(at, size));
        at += size;
      }
    });
    const Reply reply = client.read_reply();
    sender.join();
    EXPECT_TRUE(reply.body == body);
    EXPECT_EQ(on_worker([&] { return checksum; }), "42");
    EXPECT_EQ(client.read_reply().status, 200);
  }
}

TEST_F(SessionTest, SendsContinueWhenTheHandlerAsksForTheBody) {
  serve(echo_body);
  Client client = connect();
  client.send(post(with_length(5) + "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_reply().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_reply().body, "hello");
  client.send(kNext);
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(SessionTest, SendsNoContinueAfterTheFinalAnswer) {
  serve([](Exchange& exchange) { return answer_text(exchange, 401, "no"); });
  Client client = connect();
  client.send(post(with_length(5) + "Expect: 100-continue\r\n"));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 401);
  // Whether the body comes or not, nobody knows: the connection cannot go on.
  EXPECT_TRUE(reply.has("Connection: close"));
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(SessionTest, SendsNoContinueToAClientThatDidNotWait) {
  serve(echo_body);
  Client client = connect();
  client.send(post(with_length(5) + "Expect: 100-continue\r\n", "hello"));
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(SessionTest, RefusesALengthOverTheLimitBeforeReadingAnything) {
  ServerSettings settings;
  settings.limits.body = 1000;
  serve(answer_failure, settings);
  Client client = connect();
  client.send(post(with_length(1001) + "Expect: 100-continue\r\n"));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.body, "body_too_large");
  EXPECT_TRUE(reply.has("Connection: close"));

  Client fits = connect();
  fits.send(post(with_length(1000), random_text(1000)));
  EXPECT_EQ(fits.read_reply().status, 200);
}

TEST_F(SessionTest, RefusesChunksOnceTheyExceedTheLimit) {
  ServerSettings settings;
  settings.limits.body = 1000;
  serve(answer_failure, settings);
  Client fits = connect();
  fits.send(post(kChunked, in_chunks(random_text(1000), "")));
  EXPECT_EQ(fits.read_reply().status, 200);

  Client client = connect();
  client.send(post(kChunked, "1f4\r\n" + random_text(500) + "\r\n1f5\r\n" + random_text(501)));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_TRUE(reply.has("Connection: close"));
}

TEST_F(SessionTest, LetsTheHandlerSetTheLimit) {
  serve([](Exchange& exchange) {
    exchange.set_body_limit(4);
    return answer_failure(exchange);
  });
  Client client = connect();
  client.send(post(with_length(4), "abcd"));
  EXPECT_EQ(client.read_reply().status, 200);
  client.send(post(with_length(5), "abcde"));
  EXPECT_EQ(client.read_reply().status, 413);
}

TEST_F(SessionTest, TellsTheHandlerOfMalformedChunks) {
  serve(answer_failure);
  Client client = connect();
  client.send(post(kChunked, "3\r\nabc\r\n-1\r\n"));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, "body_malformed");
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, TellsTheHandlerOfABodyThatWasCutShort) {
  serve(answer_failure);
  for (const auto& request : {post(with_length(10), "12345"), post(kChunked, "5\r\n123")}) {
    Client client = connect();
    client.send(request);
    client.end_sending();
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.body, "body_incomplete");
    EXPECT_TRUE(client.at_end());
  }
}

TEST_F(SessionTest, TellsTheHandlerOfABodyThatStalls) {
  ServerSettings settings;
  settings.timeouts.body = 50ms;
  serve(answer_failure, settings);
  Client client = connect();
  client.send(post(with_length(10), "12345"));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 408);
  EXPECT_EQ(reply.body, "body_timeout");
}

TEST_F(SessionTest, IsNotKeptWaitingByABodyThatDrips) {
  ServerSettings settings;
  settings.timeouts.body = 300ms;
  serve(answer_failure, settings);
  Client client = connect();
  client.send(post(with_length(10'000)));
  // A byte every 30 ms, each far inside the timeout, until the answer is there.
  pollfd answered{client.fd(), POLLIN, 0};
  int drips = 0;
  while (::poll(&answered, 1, 30) == 0 && drips < 1000) {
    client.send("x");
    ++drips;
  }
  EXPECT_LT(drips, 1000);
  EXPECT_EQ(client.read_reply().status, 408);
}

TEST_F(SessionTest, DoesNotCountTheTimeThatTheHandlerTakes) {
  ServerSettings settings;
  settings.timeouts.body = 100ms;
  Signal asleep;
  Exchange* running = nullptr;
  bool go_on = false;
  serve(
      [&](Exchange& exchange) -> net::Task<void> {
        if (running != nullptr) {
          net::Task<void> other = answer_failure(exchange);
          co_await other;
          co_return;
        }
        running = &exchange;
        // What is there is polled but not consumed: the client has done its part.
        EXPECT_EQ(exchange.poll_body().state, BodyState::kData);
        asleep.set();
        while (!go_on && !exchange.failed()) co_await exchange.waiter();
        net::Task<void> rest = answer_failure(exchange);
        co_await rest;
      },
      settings);
  Client client = connect();
  client.send(post(with_length(10), "12345"));
  ASSERT_TRUE(asleep.wait());
  // Another connection's stall takes longer than the timeout.
  Client other = connect();
  other.send(post(with_length(10), "12345"));
  EXPECT_EQ(other.read_reply().status, 408);
  on_worker([&] {
    EXPECT_FALSE(running->failed());
    go_on = true;
    running->waiter().wake();
  });
  client.send("67890");
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST_F(SessionTest, ReadsNothingBeforeItIsAskedFor) {
  Signal asleep;
  serve([&](Exchange& exchange) {
    asleep.set();
    return sleep_until_failed(exchange);
  });
  Client client = connect(Buffers::kSmall);
  client.send(post(with_length(1 << 30)));
  ASSERT_TRUE(asleep.wait());
  // Only the kernels' buffers fill up.
  const std::string block(64 * 1024, 'x');
  EXPECT_LT(client.send_until_full(block, 1 << 24), std::size_t(1) << 20);
}

// Polls, sleeps without consuming, and must find the same bytes again.
net::Task<void> read_by_halves(Exchange& exchange) {
  std::string body;
  while (true) {
    BodyChunk chunk = exchange.poll_body();
    if (chunk.state == BodyState::kPending) {
      co_await exchange.waiter();
      continue;
    }
    if (chunk.state != BodyState::kData) break;
    const std::string before(chunk.bytes);
    net::Task<void> sleeping = sleep_once(exchange);
    co_await sleeping;
    // Another connection's reads may have used the shared buffer meanwhile.
    std::ranges::fill(exchange.worker().receive_buffer(), '!');
    chunk = exchange.poll_body();
    EXPECT_TRUE(chunk.bytes.substr(0, before.size()) == before);
    const std::size_t half = (chunk.bytes.size() + 1) / 2;
    body += chunk.bytes.substr(0, half);
    exchange.consume_body(half);
  }
  ResponseHead head(exchange.arena());
  exchange.respond(head, body, More::kNo);
}

TEST_F(SessionTest, KeepsWhatWasNotConsumedWhileTheHandlerSleeps) {
  serve(read_by_halves);
  const std::string body = random_text(100'000);
  for (const auto& request : {post(with_length(body.size()), body), post(kChunked, in_chunks(body, ""))}) {
    Client client = connect();
    std::thread sender([&] { client.send(request + std::string(kNext)); });
    const Reply reply = client.read_reply();
    sender.join();
    EXPECT_TRUE(reply.body == body);
    EXPECT_EQ(client.read_reply().status, 200);
  }
}

TEST_F(SessionTest, SeesTheEndOfABodyWithoutReading) {
  std::vector<bool> complete;
  serve([&](Exchange& exchange) -> net::Task<void> {
    complete.push_back(exchange.body_complete());
    const BodyChunk chunk = exchange.poll_body();
    exchange.consume_body(chunk.bytes.size());
    complete.push_back(exchange.body_complete());
    return answer_text(exchange, 200, "");
  });
  Client client = connect();
  client.send(post(with_length(3), "abc"));
  EXPECT_EQ(client.read_reply().status, 200);
  client.send(post(kChunked, "3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read_reply().status, 200);
  client.send(post(with_length(0)));
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(on_worker([&] { return complete; }), (std::vector<bool>{false, true, false, true, true, true}));
}

TEST_F(SessionTest, DropsASmallBodyThatNobodyReads) {
  serve([](Exchange& exchange) { return answer_text(exchange, 200, "done"); });
  Client client = connect();
  // All of it is there; it comes later; it is in chunks that are there; or come later.
  client.send(post(with_length(5), "hello"));
  EXPECT_FALSE(client.read_reply().has("Connection: close"));
  client.send(post(with_length(5)));
  EXPECT_FALSE(client.read_reply().has("Connection: close"));
  client.send("hello" + post(kChunked, "3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_FALSE(client.read_reply().has("Connection: close"));
  client.send(post(kChunked, "3\r\na"));
  EXPECT_FALSE(client.read_reply().has("Connection: close"));
  client.send("bc\r\n0\r\n\r\n" + std::string(kNext));
  EXPECT_EQ(client.read_reply().body, "done");
  EXPECT_EQ(handler_.requests(), 5);
}

TEST_F(SessionTest, WaitsForADroppedBodyOnlySoLong) {
  ServerSettings settings;
  settings.timeouts.body = 50ms;
  serve([](Exchange& exchange) { return answer_text(exchange, 200, "done"); }, settings);
  Client client = connect();
  client.send(post(with_length(5), "hel"));
  EXPECT_EQ(client.read_reply().body, "done");
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, ClosesWhenADroppedBodyEndsTooEarly) {
  serve([](Exchange& exchange) { return answer_text(exchange, 200, "done"); });
  Client client = connect();
  client.send(post(with_length(5), "hel"));
  EXPECT_EQ(client.read_reply().body, "done");
  client.end_sending();
  EXPECT_TRUE(client.at_end());
}

TEST_F(SessionTest, ClosesBehindALargeBodyThatNobodyReads) {
  serve([](Exchange& exchange) { return answer_text(exchange, 200, "done"); });
  Client client = connect();
  client.send(post(with_length(1'000'000)));
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.body, "done");
  EXPECT_TRUE(reply.has("Connection: close"));
  EXPECT_TRUE(client.at_end());

  // How large this one is comes to light only later.
  Client chunked = connect();
  chunked.send(post(kChunked));
  EXPECT_EQ(chunked.read_reply().body, "done");
  for (int i = 0; i < 2; ++i) chunked.send("c000\r\n" + random_text(0xc000) + "\r\n");
  EXPECT_TRUE(chunked.at_end());
  EXPECT_FALSE(chunked.was_reset());
}

TEST_F(SessionTest, BringsTheWholeRefusalToAClientThatGoesOnSending) {
  // More than the kernels' buffers hold, and the client reads nothing before it has sent everything.
  const std::string answer = random_text(50'000);
  serve([&](Exchange& exchange) { return answer_text(exchange, 413, answer); });
  const std::string body = random_text(5'000'000);
  Client client = connect(Buffers::kSmall);
  client.send(post(with_length(body.size())));
  client.send(body);
  client.end_sending();
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_TRUE(reply.body == answer);
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

}  // namespace
}  // namespace gatehouse::http::testing
