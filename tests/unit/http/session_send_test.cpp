// Answers: framing, back-pressure, deadlines of slow readers, broken-off answers.
#include "unit/http/session_support.hpp"

#include <atomic>

namespace gatehouse::http::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

net::Task<void> stream_words(Exchange& exchange) {
  ResponseHead head(exchange.arena());
  exchange.respond(head, "one ", More::kYes);
  for (const std::string_view word : {"two ", "three "}) {
    net::Task<void> sleeping = sleep_once(exchange);
    co_await sleeping;
    exchange.write(word, More::kYes);
  }
  exchange.write("four", More::kNo);
}

TEST_F(SessionTest, StreamsAnUnknownLengthInChunks) {
  serve(stream_words);
  Client client = connect();
  client.send(std::string(kGet) + std::string(kGet));
  for (int i = 0; i < 2; ++i) {
    const Reply reply = client.read_reply();
    EXPECT_TRUE(reply.has("Transfer-Encoding: chunked"));
    EXPECT_TRUE(reply.complete);
    EXPECT_EQ(reply.body, "one two three four");
  }
}

TEST_F(SessionTest, SendsTrailersOfTheRequestBack) {
  serve([](Exchange& exchange) -> net::Task<void> {
    net::Task<std::string> reading = read_body(exchange);
    co_await reading;
    ResponseHead head(exchange.arena());
    exchange.respond(head, "body", More::kYes);
    exchange.finish(exchange.trailers());
  });
  Client client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n");
  const Reply reply = client.read_reply();
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, "body");
  EXPECT_EQ(reply.trailers, "X-Sum: 7\n");
}

net::Task<void> promise_ten(Exchange& exchange, std::string_view text) {
  ResponseHead head(exchange.arena());
  head.content_length = 10;
  exchange.respond(head, text.substr(0, 3), More::kYes);
  exchange.write(text.substr(3), More::kNo);
  co_return;
}

TEST_F(SessionTest, SendsAKnownLengthPieceByPiece) {
  serve([](Exchange& exchange) { return promise_ten(exchange, "0123456789"); });
  Client client = connect();
  client.send(std::string(kGet) + std::string(kGet));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.read_reply().body, "0123456789");
}

TEST_F(SessionTest, NeverEndsCleanlyWhenTheHandlerSendsLessThanItPromised) {
  serve([](Exchange& exchange) { return promise_ten(exchange, "01234"); });
  Client client = connect();
  client.send(kGet);
  const Reply reply = client.read_reply();
  EXPECT_FALSE(reply.complete);
  EXPECT_EQ(reply.body, "01234");
}

TEST_F(SessionTest, CutsWhatTheHandlerSendsBeyondItsPromise) {
  serve([](Exchange& exchange) { return promise_ten(exchange, "0123456789HTTP/1.1 200 OK\r\n\r\n"); });
  Client client = connect();
  client.send(std::string(kGet) + std::string(kGet));
  EXPECT_EQ(client.read_reply().body, "0123456789");
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(handler_.requests(), 1);
}

net::Task<void> break_off(Exchange& exchange) {
  ResponseHead head(exchange.arena());
  exchange.respond(head, "half", More::kYes);
  // The client has seen that much before the end.
  while (exchange.request().has_body && exchange.poll_body().state == BodyState::kPending) co_await exchange.waiter();
  exchange.abort();
  EXPECT_EQ(exchange.failure(), Failure::kHandler);
  EXPECT_FALSE(exchange.can_respond());
}

TEST_F(SessionTest, BreaksOffAChunkedAnswerWithoutItsLastChunk) {
  serve(break_off);
  Client client = connect();
  client.send(kGet);
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "half");
  EXPECT_FALSE(reply.complete);
}

TEST_F(SessionTest, BreaksOffAnAnswerThatTheCloseWouldEndWithAReset) {
  serve(break_off);
  Client client = connect();
  client.send("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n");
  client.send("x");
  client.read_to_end();
  EXPECT_TRUE(client.was_reset());
}

TEST_F(SessionTest, SendsEarlierAnswersBeforeItBreaksOff) {
  serve([](Exchange& exchange) -> net::Task<void> {
    if (exchange.request().path == "/good") return answer_text(exchange, 200, "good");
    exchange.abort();
    return sleep_until_failed(exchange);
  });
  Client client = connect();
  client.send("GET /good HTTP/1.1\r\nHost: x\r\n\r\nGET /bad HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "good");
  client.read_to_end();
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, SendsInterimAnswersButNotToHttp10) {
  serve([](Exchange& exchange) {
    exchange.inform(103, nullptr);
    return answer_text(exchange, 200, "final");
  });
  Client client = connect();
  client.send(kGet);
  EXPECT_EQ(client.read_reply().status, 103);
  EXPECT_EQ(client.read_reply().body, "final");
  Client old = connect();
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read_reply().status, 200);
}

constexpr std::size_t kPiece = 64 * 1024;

// The bytes of a stream at `at`: no two pieces of it are alike.
std::string pattern(std::size_t at, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((at + i) * 2654435761u >> 13);
  return text;
}

struct Stream {
  std::atomic<std::size_t> written = 0;
  std::atomic<std::uint64_t> sent = 0;
  Signal blocked;
};

net::Task<void> stream_pattern(Exchange& exchange, std::size_t total, Stream& stream) {
  ResponseHead head(exchange.arena());
  exchange.respond(head, {}, More::kYes);
  std::size_t written = 0;
  while (written < total) {
    while (!exchange.drained() && !exchange.failed()) {
      stream.blocked.set();
      co_await exchange.waiter();
    }
    if (exchange.failed()) co_return;
    const std::size_t size = std::min(kPiece, total - written);
    const std::string piece = pattern(written, size);
    written += size;
    exchange.write(piece, written == total ? More::kNo : More::kYes);
    stream.written = written;
    stream.sent = exchange.bytes_sent();
  }
}

TEST_F(SessionTest, WaitsForAClientThatReadsSlowly) {
  Stream stream;
  constexpr std::size_t kTotal = 5'000'000;
  serve([&](Exchange& exchange) { return stream_pattern(exchange, kTotal, stream); });
  Client client = connect(Buffers::kSmall);
  client.send(std::string(kGet) + std::string(kGet));
  ASSERT_TRUE(stream.blocked.wait());
  // No more than the kernels' buffers and one remainder were taken from the handler.
  EXPECT_LT(stream.written, kTotal / 2);
  const Reply reply = client.read_reply();
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body.size(), kTotal);
  EXPECT_TRUE(reply.body == pattern(0, kTotal));
  EXPECT_TRUE(client.read_reply().complete);
  EXPECT_GT(on_worker([&] { return stream.sent.load(); }), kTotal);
}

TEST_F(SessionTest, GivesUpOnAClientThatReadsNothing) {
  ServerSettings settings;
  settings.timeouts.send = 50ms;
  Stream stream;
  std::promise<Failure> failure;
  serve(
      [&](Exchange& exchange) -> net::Task<void> {
        net::Task<void> streaming = stream_pattern(exchange, std::size_t(1) << 30, stream);
        co_await streaming;
        failure.set_value(exchange.failure());
      },
      settings);
  Client client = connect(Buffers::kSmall);
  client.send(kGet);
  EXPECT_EQ(failure.get_future().get(), Failure::kSendTimeout);
  EXPECT_TRUE(handler_.wait_for_closed(1));
  EXPECT_FALSE(client.read_reply().complete);
}

TEST_F(SessionTest, GivesUpOnASlowReaderAlsoWhenTheHandlerHasEnded) {
  ServerSettings settings;
  settings.timeouts.send = 50ms;
  const std::string large(3'000'000, 'x');
  serve([&](Exchange& exchange) { return answer_text(exchange, 200, large); }, settings);
  Client client = connect(Buffers::kSmall);
  client.send(kGet);
  EXPECT_TRUE(handler_.wait_for_closed(1));
  EXPECT_FALSE(client.read_reply().complete);
}

TEST_F(SessionTest, AnswersTheNextRequestAfterALargeAnswerWasTaken) {
  const std::string large = pattern(0, 3'000'000);
  serve([&](Exchange& exchange) { return answer_text(exchange, 200, large); });
  Client client = connect(Buffers::kSmall);
  client.send(std::string(kGet) + std::string(kGet));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client.read_reply().body == large);
}

TEST_F(SessionTest, StopsAnsweringPipelinedRequestsOfAClientThatDoesNotRead) {
  const std::string text = pattern(0, 1000);
  serve([&](Exchange& exchange) { return answer_text(exchange, 200, text); });
  Client client = connect(Buffers::kSmall);
  std::string many;
  for (int i = 0; i < 100; ++i) many += kGet;
  constexpr std::size_t kEnough = 1 << 28;
  const std::size_t sent = client.send_until_full(many, kEnough);
  ASSERT_LT(sent, kEnough);
  const std::size_t requests = sent / kGet.size();
  EXPECT_LT(handler_.requests(), static_cast<int>(requests));
  for (std::size_t i = 0; i < requests; ++i) ASSERT_TRUE(client.read_reply().body == text) << i;
}

TEST_F(SessionTest, ForgetsALargeAnswerWhenTheClientResets) {
  const std::string large(3'000'000, 'x');
  Signal answered;
  serve([&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head(exchange.arena());
    exchange.respond(head, large, More::kNo);
    EXPECT_FALSE(exchange.drained());
    answered.set();
    co_return;
  });
  Client client = connect(Buffers::kSmall);
  client.send(kGet);
  ASSERT_TRUE(answered.wait());
  client.reset();
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, WakesTheHandlerWhenTheClientResets) {
  Signal asleep;
  std::promise<Failure> failure;
  serve([&](Exchange& exchange) -> net::Task<void> {
    asleep.set();
    net::Task<void> sleeping = sleep_until_failed(exchange);
    co_await sleeping;
    failure.set_value(exchange.failure());
  });
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(asleep.wait());
  client.reset();
  EXPECT_EQ(failure.get_future().get(), Failure::kClientGone);
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, WakesAStreamingHandlerWhenTheClientResets) {
  Stream stream;
  std::promise<Failure> failure;
  serve([&](Exchange& exchange) -> net::Task<void> {
    net::Task<void> streaming = stream_pattern(exchange, std::size_t(1) << 30, stream);
    co_await streaming;
    failure.set_value(exchange.failure());
    // A handler that has not noticed yet does no harm.
    exchange.write("more", More::kYes);
    exchange.finish(Fields());
  });
  Client client = connect(Buffers::kSmall);
  client.send(kGet);
  ASSERT_TRUE(stream.blocked.wait());
  client.reset();
  EXPECT_EQ(failure.get_future().get(), Failure::kClientGone);
  EXPECT_TRUE(handler_.wait_for_closed(1));
}

TEST_F(SessionTest, AnswersAHalfClosedClientAfterALongWait) {
  Signal asleep;
  Exchange* running = nullptr;
  bool go_on = false;
  serve([&](Exchange& exchange) -> net::Task<void> {
    running = &exchange;
    asleep.set();
    while (!go_on && !exchange.failed()) co_await exchange.waiter();
    net::Task<void> answering = answer_text(exchange, 200, std::string(to_string(exchange.failure())));
    co_await answering;
  });
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(asleep.wait());
  client.end_sending();
  // Connecting another client takes the worker round its loop: it has seen the end by then.
  connect().close();
  on_worker([&] {
    go_on = true;
    running->waiter().wake();
  });
  EXPECT_EQ(client.read_reply().body, "none");
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace gatehouse::http::testing
