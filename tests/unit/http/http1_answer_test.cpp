// Framing decisions without a socket.
#include "http/http1_answer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

constexpr Http1Answer::Terms kGet11{Method::kGet, Version::kHttp11, true};
constexpr Http1Answer::Terms kGet10{Method::kGet, Version::kHttp10, true};
constexpr Http1Answer::Terms kHead11{Method::kHead, Version::kHttp11, true};

class Http1AnswerTest : public ::testing::Test {
 protected:
  std::string begin(const Http1Answer::Terms& terms, std::size_t first, More more) {
    Bytes bytes;
    answer_.begin(bytes, head_, terms, first, more, {});
    return std::string(bytes.view());
  }
  std::string frame(std::string_view bytes, More more) {
    std::string all;
    const Http1Answer::Pieces pieces = answer_.frame(bytes, more);
    for (const std::string_view piece : pieces.all()) all += piece;
    return all;
  }

  Arena arena_;
  ResponseHead head_{arena_};
  Http1Answer answer_;
};

TEST_F(Http1AnswerTest, CountsABodyThatIsGivenAtOnce) {
  EXPECT_EQ(begin(kGet11, 5, More::kNo), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_FALSE(answer_.complete());
  EXPECT_EQ(frame("hello", More::kNo), "hello");
  EXPECT_TRUE(answer_.complete());
  EXPECT_TRUE(answer_.keep_alive());
}

TEST_F(Http1AnswerTest, SaysThatAnEmptyBodyIsEmpty) {
  EXPECT_EQ(begin(kGet11, 0, More::kNo), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(answer_.complete());
}

TEST_F(Http1AnswerTest, EndsTheChunksTogetherWithTheLastData) {
  EXPECT_EQ(begin(kGet11, 3, More::kYes), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(frame("abc", More::kYes), "3\r\nabc\r\n");
  EXPECT_EQ(frame("", More::kYes), "");
  EXPECT_FALSE(answer_.complete());
  EXPECT_EQ(frame(std::string(26, 'x'), More::kNo), "1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
  EXPECT_TRUE(answer_.complete());
  EXPECT_EQ(frame("surplus", More::kNo), "");
}

TEST_F(Http1AnswerTest, EndsTheChunksWithoutData) {
  begin(kGet11, 0, More::kYes);
  EXPECT_EQ(frame("", More::kNo), "0\r\n\r\n");
  EXPECT_TRUE(answer_.complete());
}

TEST_F(Http1AnswerTest, EndsChunksWithFinishOnce) {
  begin(kGet11, 0, More::kYes);
  Bytes bytes;
  answer_.finish(bytes, Fields());
  answer_.finish(bytes, Fields());
  EXPECT_EQ(bytes.view(), "0\r\n\r\n");
  EXPECT_TRUE(answer_.complete());
}

TEST_F(Http1AnswerTest, ClosesBehindAnUnknownLengthTowardsHttp10) {
  EXPECT_EQ(begin(kGet10, 3, More::kYes), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer_.ends_by_close());
  EXPECT_FALSE(answer_.keep_alive());
  EXPECT_EQ(frame("abc", More::kYes), "abc");
  EXPECT_FALSE(answer_.complete());
  EXPECT_EQ(frame("", More::kNo), "");
  EXPECT_TRUE(answer_.complete());
}

TEST_F(Http1AnswerTest, ConfirmsKeepAliveTowardsHttp10) {
  EXPECT_EQ(begin(kGet10, 0, More::kNo), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_F(Http1AnswerTest, AnnouncesTheClose) {
  EXPECT_EQ(begin({Method::kGet, Version::kHttp11, false}, 0, More::kNo),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(answer_.keep_alive());
}

TEST_F(Http1AnswerTest, KeepsTheLengthTowardsHeadAndSendsNoBody) {
  head_.content_length = 1234;
  EXPECT_EQ(begin(kHead11, 0, More::kYes), "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
  EXPECT_TRUE(answer_.complete());
  EXPECT_EQ(frame("bytes", More::kNo), "");
  EXPECT_TRUE(answer_.keep_alive());
}

TEST_F(Http1AnswerTest, InventsNoLengthTowardsHead) {
  // The backend answered HEAD without a length: GET would have had chunks.
  EXPECT_EQ(begin(kHead11, 0, More::kNo), "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_F(Http1AnswerTest, SendsNoBodyWithStatusesThatHaveNone) {
  for (const int status : {204, 304}) {
    head_.status = status;
    answer_.restart();
    EXPECT_EQ(begin(kGet11, 0, More::kNo).find("Content-Length"), std::string::npos) << status;
    EXPECT_TRUE(answer_.complete());
    EXPECT_EQ(frame("bytes", More::kNo), "");
  }
}

TEST_F(Http1AnswerTest, IsIncompleteWhenLessThanPromisedCame) {
  head_.content_length = 10;
  begin(kGet11, 4, More::kYes);
  EXPECT_EQ(frame("1234", More::kYes), "1234");
  EXPECT_EQ(frame("56", More::kNo), "56");
  EXPECT_FALSE(answer_.complete());
  EXPECT_EQ(frame("7890", More::kNo), "");
  EXPECT_FALSE(answer_.complete());
}

TEST_F(Http1AnswerTest, CutsWhatIsMoreThanPromisedAndCloses) {
  head_.content_length = 4;
  begin(kGet11, 6, More::kNo);
  EXPECT_EQ(frame("123456", More::kNo), "1234");
  EXPECT_TRUE(answer_.complete());
  EXPECT_FALSE(answer_.keep_alive());
}

TEST_F(Http1AnswerTest, SwitchesProtocols) {
  head_.edits.set(FieldId::kUpgrade, "websocket");
  Bytes bytes;
  answer_.begin_upgrade(bytes, head_, {});
  EXPECT_EQ(bytes.view(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_TRUE(answer_.begun());
  EXPECT_TRUE(answer_.complete());
}

}  // namespace
}  // namespace gatehouse::http
