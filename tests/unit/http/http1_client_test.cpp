// What a client connection sends and takes when the backend behaves, and what that costs.
#include "unit/http/http1_client_fixture.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <gmock/gmock.h>

#include <cstdio>
#include <thread>

namespace gatehouse::http::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST_F(Http1ClientTest, SendsRequestAndTakesAnswerWithLength) {
  const Answer answer = get_answer("HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
  EXPECT_EQ(request, "GET / HTTP/1.1\r\nHost: backend\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.reason, "Fine");
  EXPECT_THAT(answer.fields, ElementsAre(Pair("Content-Length", "5"), Pair("X-A", "b")));
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.end, BodyState::kEnd);
  EXPECT_EQ(call->bytes_sent(), request.size());
  EXPECT_EQ(call->bytes_received(), 53u);
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, CarriesOneCallAfterAnother) {
  for (std::uint32_t i = 1; i <= 3; ++i) {
    const Answer answer = get_answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    EXPECT_EQ(answer.body, std::to_string(i));
    EXPECT_EQ(client->calls(), i);
    ASSERT_TRUE(client->end());
  }
}

TEST_F(Http1ClientTest, IsReusableWhenNothingWasSent) {
  begin();
  EXPECT_TRUE(client->end());
  EXPECT_EQ(get_answer("HTTP/1.1 204 No Content\r\n\r\n").status, 204);
}

TEST_F(Http1ClientTest, IsNotReusableBeforeTheAnswerIsComplete) {
  begin_get();
  EXPECT_FALSE(client->end());
}

TEST_F(Http1ClientTest, IsNotReusableWhenTheBackendSaysClose) {
  EXPECT_EQ(get_answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").end, BodyState::kEnd);
  EXPECT_FALSE(client->end());
}

TEST_F(Http1ClientTest, IsNotReusableWhenTheBackendClosedBehindTheAnswer) {
  EXPECT_EQ(get_last_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").body, "ok");
  settle();
  EXPECT_FALSE(client->end());
}

// Requests.

TEST_F(Http1ClientTest, SendsHeadAndFirstBytesInOneWrite) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const net::UniqueFd peer(ends[1]);
  connect(net::make_plain_stream(net::UniqueFd(ends[0])));
  begin().send(post("/a", std::nullopt), "first", More::kNo);
  char packet[4096];
  const ssize_t size = ::recv(peer.get(), packet, sizeof(packet), 0);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string_view(packet, static_cast<std::size_t>(size)),
            "POST /a HTTP/1.1\r\nHost: backend\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n");
}

TEST_F(Http1ClientTest, FramesAStreamOfUnknownLengthInChunks) {
  begin().send(post("/", std::nullopt), {}, More::kYes);
  call->write("one", More::kYes);
  call->write({}, More::kYes);
  call->write("twelve bytes", More::kYes);
  call->write({}, More::kNo);
  hear_head(backend.get());
  const std::string_view body = "3\r\none\r\nc\r\ntwelve bytes\r\n0\r\n\r\n";
  EXPECT_EQ(hear(backend.get(), body.size()), body);
}

TEST_F(Http1ClientTest, SendsTrailersBehindChunks) {
  const Answer donor = get_answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Sum: 42\r\n\r\n");
  const FieldRef sum{0, 7, 2, 11, 5, FieldId::kOther, false};
  const Fields trailers("X-Sum: 42\r\n", &sum, 1, bit(FieldId::kOther));
  ASSERT_TRUE(client->end());
  begin().send(post("/", std::nullopt), "x", More::kYes);
  call->finish(trailers);
  hear_head(backend.get());
  const std::string_view body = "1\r\nx\r\n0\r\nX-Sum: 42\r\n\r\n";
  EXPECT_EQ(hear(backend.get(), body.size()), body);
}

TEST_F(Http1ClientTest, NeverSendsMoreThanTheAnnouncedLength) {
  begin().send(post("/", 5), "123", More::kYes);
  call->write("45678", More::kYes);
  call->write("9", More::kNo);
  hear_head(backend.get());
  say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(take().status, 200);
  EXPECT_TRUE(client->end());
  client.reset();
  EXPECT_EQ(hear_all(backend.get()), "12345");
}

TEST_F(Http1ClientTest, FailsWhenTheBodyIsShorterThanAnnounced) {
  begin().send(post("/", 5), "123", More::kYes);
  call->write({}, More::kNo);
  EXPECT_EQ(call->poll_head(), HeadState::kFailed);
  EXPECT_EQ(call->failure()->reason(), "request_body_incomplete");
  EXPECT_FALSE(client->end());
}

TEST_F(Http1ClientTest, KeepsWhatTheKernelRefusesAndWakesWhenItIsGone) {
  const std::string body(8 << 20, 'x');
  begin().send(post("/", body.size()), body, More::kNo);
  ASSERT_FALSE(call->drained());
  std::string heard;
  std::thread reader([&] {
    hear_head(backend.get());
    heard = hear(backend.get(), body.size());
    say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const Answer answer = take();
  reader.join();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(call->drained());
  EXPECT_EQ(heard, body);
  EXPECT_GT(call->bytes_sent(), body.size());
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, TakesAnAnswerBeforeTheRequestIsSent) {
  begin().send(post("/", 1000), "only the beginning", More::kYes);
  hear_head(backend.get());
  say(backend.get(), "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
  const Answer answer = take();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "big");
  EXPECT_FALSE(client->end()) << "the backend still waits for the body";
}

TEST_F(Http1ClientTest, TakesTheAnswerOfABackendThatClosedWhileTheRequestWasSent) {
  const std::string body(8 << 20, 'x');
  begin().send(post("/", body.size()), body, More::kNo);
  hear_head(backend.get());
  say(backend.get(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  backend.reset();  // with bytes unread: a reset
  const Answer answer = take();
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body, "no");
  EXPECT_TRUE(run_until(worker, [&] { return call->drained(); })) << "nobody must wait for it";
  call->write("ignored", More::kYes);
  EXPECT_FALSE(client->end());
}

// Answers.

TEST_F(Http1ClientTest, TakesChunksAndTrailers) {
  const Answer answer = get_answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n");
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_EQ(answer.pieces, 1u) << "chunks of one read are one piece";
  EXPECT_THAT(answer.trailers, ElementsAre(Pair("X-Sum", "1")));
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, TakesABodyUntilTheConnectionCloses) {
  const Answer answer = get_last_answer("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  EXPECT_EQ(answer.body, "until the end");
  EXPECT_EQ(answer.end, BodyState::kEnd);
  EXPECT_FALSE(client->end());
}

TEST_F(Http1ClientTest, TakesAnEmptyBodyUntilTheConnectionCloses) {
  EXPECT_EQ(get_last_answer("HTTP/1.1 200 OK\r\n\r\n").end, BodyState::kEnd);
}

TEST_F(Http1ClientTest, TakesAnAnswerThatDripsByteByByte) {
  const std::string_view response =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n";
  begin_get();
  Answer answer;
  tasks.spawn("answer", run_answer(call, &waiter, &answer));
  for (std::size_t i = 0; i < response.size(); ++i) {
    say(backend.get(), response.substr(i, 1));
    ASSERT_TRUE(run_until(worker, [&] { return call->bytes_received() == i + 1; }));
  }
  ASSERT_TRUE(run_until(worker, [&] { return answer.done; }));
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_THAT(answer.trailers, ElementsAre(Pair("X-T", "1")));
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, TakesALargeBodyWhole) {
  std::string body;
  while (body.size() < (4u << 20)) body += std::to_string(body.size()) + ",";
  begin_get();
  std::thread writer([&] {
    say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    say(backend.get(), body);
  });
  const Answer answer = take();
  writer.join();
  EXPECT_TRUE(answer.body == body);
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, TakesALargeChunkedBodyWhole) {
  std::string body;
  std::string framed;
  for (std::size_t size = 1; body.size() < (2u << 20); size = size * 7 % 40'009 + 1) {
    const std::string chunk(size, static_cast<char>('a' + size % 26));
    char digits[20];
    std::snprintf(digits, sizeof(digits), "%zx\r\n", size);
    body += chunk;
    framed += digits + chunk + "\r\n";
  }
  framed += "0\r\n\r\n";
  begin_get();
  std::thread writer([&] { say(backend.get(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed); });
  const Answer answer = take();
  writer.join();
  EXPECT_TRUE(answer.body == body);
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, BodyThatCameWithTheHeadOutlivesTheReceiveBuffer) {
  begin_get();
  say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_head() == HeadState::kReady; }));
  overwrite_receive_buffer();
  EXPECT_EQ(call->response().fields[1].value, "b");
  EXPECT_FALSE(call->body_complete());
  EXPECT_EQ(call->poll_body().bytes, "hello");
  EXPECT_TRUE(call->body_complete());
  call->consume_body(5);
  EXPECT_TRUE(call->body_complete());
  EXPECT_EQ(call->poll_body().state, BodyState::kEnd);
}

TEST_F(Http1ClientTest, RestOfAPieceOutlivesTheReceiveBuffer) {
  const std::string body = "0123456789";
  begin_get();
  say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_head() == HeadState::kReady; }));
  say(backend.get(), body);
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_body().state == BodyState::kData; }));
  std::string taken;
  for (BodyChunk chunk = call->poll_body(); chunk.state == BodyState::kData; chunk = call->poll_body()) {
    const std::string_view bite = chunk.bytes.substr(0, 3);
    taken += bite;
    call->consume_body(bite.size());
    overwrite_receive_buffer();
  }
  EXPECT_EQ(taken, body);
}

TEST_F(Http1ClientTest, ReadsNoMoreOfABodyThanItsLimit) {
  begin_get();
  say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n");
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_head() == HeadState::kReady; }));
  call->limit_read(1500);
  say(backend.get(), std::string(4000, 'x'));
  std::size_t left = 4000;
  ASSERT_TRUE(run_until(worker, [&] {
    BodyChunk chunk = call->poll_body();
    for (; chunk.state == BodyState::kData; chunk = call->poll_body()) {
      EXPECT_LE(chunk.bytes.size(), 1500u);
      left -= chunk.bytes.size();
      call->consume_body(chunk.bytes.size());
    }
    return chunk.state == BodyState::kEnd;
  }));
  EXPECT_EQ(left, 0u);
}

TEST_F(Http1ClientTest, AnUnconsumedPieceIsGivenAgain) {
  begin_get();
  say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_head() == HeadState::kReady; }));
  EXPECT_EQ(call->poll_body().bytes, "hello");
  EXPECT_EQ(call->poll_body().bytes, "hello");
}

TEST_F(Http1ClientTest, BodyIsCompleteAtOnceWhenThereIsNone) {
  begin_get();
  say(backend.get(), "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_head() == HeadState::kReady; }));
  EXPECT_TRUE(call->body_complete());
}

TEST_F(Http1ClientTest, GivesInformationalHeadsInTheirOrder) {
  const Answer answer = get_answer(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_THAT(answer.informational, ElementsAre(100, 103));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok");
  EXPECT_TRUE(client->end());
}

TEST_F(Http1ClientTest, WaitsForTheFinalHeadAfterAnInformationalOne) {
  begin_get();
  say(backend.get(), "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2");
  Answer answer;
  tasks.spawn("answer", run_answer(call, &waiter, &answer));
  ASSERT_TRUE(run_until(worker, [&] { return answer.informational.size() == 1; }));
  say(backend.get(), "04 No Content\r\n\r\n");
  ASSERT_TRUE(run_until(worker, [&] { return answer.done; }));
  EXPECT_EQ(answer.status, 204);
}

TEST_F(Http1ClientTest, RefusesInformationalHeadsWithoutEnd) {
  std::string response;
  for (int i = 0; i < 17; ++i) response += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const Answer answer = get_answer(response);
  EXPECT_EQ(answer.informational.size(), 16u);
  EXPECT_EQ(answer.head, HeadState::kFailed);
  EXPECT_EQ(answer.failure->reason(), "upstream_malformed_response");
}

// Costs.

// Counts what would be syscalls.
class CountingStream final : public net::Stream {
 public:
  explicit CountingStream(net::UniqueFd fd) : Stream(std::move(fd)) {}
  net::IoResult read(std::span<char> into) override {
    ++reads;
    const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), 0);
    may_read_ = got == static_cast<ssize_t>(into.size());
    if (got < 0) return {net::IoStatus::kBlocked, 0, 0};
    return {got == 0 ? net::IoStatus::kEnd : net::IoStatus::kOk, static_cast<std::size_t>(got), 0};
  }
  net::IoResult write(std::span<const iovec> from) override {
    ++writes;
    return {net::IoStatus::kOk,
            static_cast<std::size_t>(::writev(fd_.get(), from.data(), static_cast<int>(from.size()))), 0};
  }
  int reads = 0;
  int writes = 0;
};

TEST_F(Http1ClientTest, ASmallExchangeOnAKeptConnectionCostsOneWriteAndOneRead) {
  auto [ours, theirs] = tcp_pair();
  backend = std::move(theirs);
  auto counting = std::make_unique<CountingStream>(std::move(ours));
  CountingStream& stream = *counting;
  connect(std::move(counting));
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + std::string(10'000, 'x');
  EXPECT_EQ(get_answer(response).body.size(), 10'000u);
  ASSERT_TRUE(client->end());
  stream.reads = stream.writes = 0;
  EXPECT_EQ(get_answer(response).body.size(), 10'000u);
  EXPECT_TRUE(client->end());
  EXPECT_EQ(stream.reads, 1);
  EXPECT_EQ(stream.writes, 1);
}

}  // namespace
}  // namespace gatehouse::http::testing
