// What a backend may do wrong within a call and between calls (SECURITY 44 to 48), and upgrades.
#include "unit/http/http1_client_fixture.hpp"

#include <gmock/gmock.h>

namespace gatehouse::http::testing {
namespace {

struct Wrong {
  const char* name;
  std::string response;
  std::string message;
};

class MalformedResponseTest : public Http1ClientTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(MalformedResponseTest, IsAProtocolError) {
  const Answer answer = get_answer(GetParam().response);
  ASSERT_EQ(answer.head, HeadState::kFailed);
  EXPECT_EQ(answer.failure->kind(), ErrorKind::kProtocol);
  EXPECT_EQ(answer.failure->source(), ErrorSource::kUpstream);
  EXPECT_EQ(answer.failure->reason(), "upstream_malformed_response");
  EXPECT_EQ(answer.failure->message(), GetParam().message);
  EXPECT_FALSE(call->closed_before_answer());
  EXPECT_FALSE(client->end());
}

INSTANTIATE_TEST_SUITE_P(
    , MalformedResponseTest,
    ::testing::Values(
        Wrong{"Garbage", "what is this?\r\n\r\n", "invalid_version"},
        Wrong{"BothFramings", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
              "conflicting_framing"},
        Wrong{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
              "repeated_content_length"},
        Wrong{"StrangeCoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "invalid_transfer_encoding"},
        Wrong{"ObsFold", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n", "obs_fold"},
        Wrong{"BareLf", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "bare_lf"},
        Wrong{"HugeHead", "HTTP/1.1 200 OK\r\nX-A: " + std::string(70'000, 'a') + "\r\n\r\n", "head_too_large"},
        Wrong{"ChunkAtOnce", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "invalid_chunk_size"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Http1ClientTest, FailsOnAMalformedChunkWithinTheBody) {
  begin_get();
  say(backend.get(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  Answer answer;
  tasks.spawn("answer", run_answer(call, &waiter, &answer));
  ASSERT_TRUE(run_until(worker, [&] { return answer.body == "a"; }));
  say(backend.get(), "-1\r\n");
  ASSERT_TRUE(run_until(worker, [&] { return answer.done; }));
  EXPECT_EQ(answer.end, BodyState::kFailed);
  EXPECT_EQ(answer.failure->reason(), "upstream_malformed_response");
}

TEST_F(Http1ClientTest, AnEmptyReplyOfAFreshConnectionIsNoStaleConnection) {
  const Answer answer = get_last_answer("");
  EXPECT_EQ(answer.head, HeadState::kFailed);
  EXPECT_EQ(answer.failure->kind(), ErrorKind::kClosed);
  EXPECT_EQ(answer.failure->reason(), "upstream_closed");
  EXPECT_FALSE(call->closed_before_answer());
}

TEST_F(Http1ClientTest, AnEmptyReplyOfAReusedConnectionIsAStaleConnection) {
  get_answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(client->end());
  const Answer answer = get_last_answer("");
  EXPECT_EQ(answer.failure->reason(), "upstream_closed");
  EXPECT_TRUE(call->closed_before_answer());
}

TEST_F(Http1ClientTest, AHalfAnswerOfAReusedConnectionIsNoStaleConnection) {
  get_answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(client->end());
  const Answer answer = get_last_answer("HTTP/1.1 2");
  EXPECT_EQ(answer.failure->reason(), "upstream_closed");
  EXPECT_FALSE(call->closed_before_answer());
}

TEST_F(Http1ClientTest, ReportsAReset) {
  begin_get();
  hear_head(backend.get());
  reset(backend);
  const Answer answer = take();
  EXPECT_EQ(answer.failure->kind(), ErrorKind::kReset);
  EXPECT_EQ(answer.failure->reason(), "upstream_reset");
}

TEST_F(Http1ClientTest, NothingSentCountsAsClosedBeforeAnswer) {
  begin();
  EXPECT_TRUE(call->closed_before_answer());
}

struct Cut {
  const char* name;
  std::string response;
};

class CutBodyTest : public Http1ClientTest, public ::testing::WithParamInterface<Cut> {};

TEST_P(CutBodyTest, NeverEndsCleanly) {
  const Answer answer = get_last_answer(GetParam().response);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "abc");
  EXPECT_EQ(answer.end, BodyState::kFailed);
  EXPECT_EQ(answer.failure->reason(), "upstream_body_cut");
  EXPECT_FALSE(client->end());
}

INSTANTIATE_TEST_SUITE_P(
    , CutBodyTest,
    ::testing::Values(Cut{"ByLength", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"},
                      Cut{"WithinAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"},
                      Cut{"BetweenChunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
                      Cut{"BeforeTheLastLine",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Http1ClientTest, AResetWithinTheBodyIsACut) {
  begin_get();
  hear_head(backend.get());
  say(backend.get(), "HTTP/1.1 200 OK\r\n\r\nabc");
  Answer answer;
  tasks.spawn("answer", run_answer(call, &waiter, &answer));
  ASSERT_TRUE(run_until(worker, [&] { return answer.body == "abc"; }));
  reset(backend);
  ASSERT_TRUE(run_until(worker, [&] { return answer.done; }));
  EXPECT_EQ(answer.end, BodyState::kFailed);
  EXPECT_EQ(answer.failure->reason(), "upstream_body_cut");
  EXPECT_EQ(answer.failure->kind(), ErrorKind::kReset);
}

struct Surplus {
  const char* name;
  std::string method;
  std::string response;
  std::string body;
};

class SurplusTest : public Http1ClientTest, public ::testing::WithParamInterface<Surplus> {};

TEST_P(SurplusTest, IsIgnoredAndEndsTheConnection) {
  OutgoingRequest outgoing = get("/");
  outgoing.method = GetParam().method;
  begin().send(outgoing, {}, More::kNo);
  hear_head(backend.get());
  say(backend.get(), GetParam().response);
  const Answer answer = take();
  EXPECT_EQ(answer.end, BodyState::kEnd);
  EXPECT_EQ(answer.body, GetParam().body);
  EXPECT_FALSE(client->end());
}

INSTANTIATE_TEST_SUITE_P(
    , SurplusTest,
    ::testing::Values(Surplus{"BehindALength", "GET",
                              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", "ok"},
                      Surplus{"BehindChunks", "GET",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nx", "ok"},
                      Surplus{"BodyToHead", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ""},
                      Surplus{"BodyOf204", "GET", "HTTP/1.1 204 No Content\r\n\r\nok", ""},
                      Surplus{"BodyOf304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", ""}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Http1ClientTest, SurplusThatCameLaterEndsTheConnection) {
  EXPECT_EQ(get_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").body, "ok");
  say(backend.get(), "surplus");
  ASSERT_TRUE(net::testing::wait_readable(worker.reactor().descriptor()));
  settle();
  EXPECT_FALSE(client->end());
}

// Upgrades.

TEST_F(Http1ClientTest, RefusesAnUnsolicitedUpgrade) {
  const Answer answer =
      get_answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(answer.head, HeadState::kFailed);
  EXPECT_EQ(answer.failure->kind(), ErrorKind::kProtocol);
  EXPECT_EQ(answer.failure->reason(), "upstream_unsolicited_upgrade");
  EXPECT_FALSE(client->end());
}

TEST_F(Http1ClientTest, RefusesAnUpgradeToAnotherProtocol) {
  OutgoingRequest outgoing = get("/");
  outgoing.upgrade = "websocket";
  begin().send(outgoing, {}, More::kNo);
  EXPECT_THAT(hear_head(backend.get()), ::testing::HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  say(backend.get(), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_EQ(take().failure->reason(), "upstream_unsolicited_upgrade");
}

TEST_F(Http1ClientTest, HandsTheStreamOutAfterAnUpgrade) {
  OutgoingRequest outgoing = get("/");
  outgoing.upgrade = "websocket";
  begin().send(outgoing, {}, More::kNo);
  hear_head(backend.get());
  say(backend.get(), "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\nframe");
  ASSERT_TRUE(run_until(worker, [&] { return call->poll_head() == HeadState::kReady; }));
  EXPECT_EQ(call->response().status, 101);
  std::string received;
  const std::unique_ptr<net::Stream> stream = call->take_stream(received);
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(received, "frame");
  EXPECT_FALSE(client->end());
  client.reset();
  say(stream->fd(), "to the backend");
  EXPECT_EQ(hear(backend.get(), 14), "to the backend");
}

TEST_F(Http1ClientTest, AnAnswerInsteadOfTheUpgradeIsAnAnswer) {
  OutgoingRequest outgoing = get("/");
  outgoing.upgrade = "websocket";
  begin().send(outgoing, {}, More::kNo);
  hear_head(backend.get());
  say(backend.get(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(take().body, "no");
  EXPECT_TRUE(client->end());
}

// Between calls.

TEST_F(Http1ClientTest, TellsWhenTheBackendClosesAnIdleConnection) {
  get_answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(client->end());
  backend.reset();
  EXPECT_TRUE(run_until(worker, [&] { return idle_ends == 1; }));
}

TEST_F(Http1ClientTest, TellsWhenTheBackendSpeaksOutOfTurn) {
  say(backend.get(), "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(run_until(worker, [&] { return idle_ends == 1; }));
}

TEST_F(Http1ClientTest, TheOwnerMayDestroyAConnectionThatEndsIdle) {
  client->on_idle_end([this](ClientConnection&) { client.reset(); });
  backend.reset();
  EXPECT_TRUE(run_until(worker, [&] { return client == nullptr; }));
}

TEST_F(Http1ClientTest, AConnectionThatEndsBeforeTheRequestIsSentTakesNothing) {
  begin();
  backend.reset();
  ASSERT_TRUE(run_until(worker, [&] { return call->failure().has_value(); }));
  call->send(get("/"), {}, More::kNo);
  EXPECT_EQ(call->poll_head(), HeadState::kFailed);
  EXPECT_TRUE(call->closed_before_answer());
  EXPECT_EQ(call->bytes_sent(), 0u);
  EXPECT_FALSE(client->end());
}

TEST_F(Http1ClientTest, IsDestroyedSafelyWithinACall) {
  begin_get();
  say(backend.get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  client.reset();
  settle();
  hear_head(backend.get());
  EXPECT_TRUE(hear_end(backend.get()));
}

}  // namespace
}  // namespace gatehouse::http::testing
