// Decoding of request bodies without a socket.
#include "http/http1_request_body.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

constexpr HeadLimits kLimits{1000, 100, 10};

class Http1RequestBodyTest : public ::testing::Test {
 protected:
  void begin_length(std::uint64_t length, std::uint64_t limit = 1000) {
    body_.begin(Framing::kLength, length, limit, kLimits);
  }
  void begin_chunks(std::uint64_t limit = 1000) { body_.begin(Framing::kChunked, std::nullopt, limit, kLimits); }
  void receive(std::string_view bytes) {
    received_.append(bytes);
    input_.clear();
    input_.borrow(received_, worker_);
  }
  // Takes all that is there; the state that ended it.
  BodyState drain(std::string& to) {
    while (true) {
      const BodyChunk chunk = body_.look(input_);
      if (chunk.state != BodyState::kData) return chunk.state;
      to += chunk.bytes;
      body_.consume(input_, chunk.bytes.size());
    }
  }

  std::string received_;
  net::Worker worker_{0};
  Http1Input input_;
  Http1RequestBody body_;
};

TEST_F(Http1RequestBodyTest, LeavesWhatIsBehindTheBody) {
  begin_length(5);
  receive("helloGET /");
  std::string text;
  EXPECT_EQ(drain(text), BodyState::kEnd);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(input_.view(), "GET /");
  EXPECT_TRUE(body_.complete());
  EXPECT_EQ(body_.wire_bytes(), 5u);

  begin_chunks();
  received_.clear();
  receive("5\r\nhello\r\n0\r\n\r\nGET /");
  text.clear();
  EXPECT_EQ(drain(text), BodyState::kEnd);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(input_.view(), "GET /");
  EXPECT_EQ(body_.wire_bytes(), 15u);
}

TEST_F(Http1RequestBodyTest, ShowsTheSameBytesUntilTheyAreConsumed) {
  begin_chunks();
  receive("5\r\nhello\r\n");
  EXPECT_EQ(body_.look(input_).bytes, "hello");
  EXPECT_EQ(body_.look(input_).bytes, "hello");
  body_.consume(input_, 2);
  EXPECT_EQ(body_.look(input_).bytes, "llo");
}

TEST_F(Http1RequestBodyTest, KnowsTheEndAsSoonAsItIsThere) {
  begin_chunks();
  receive("2\r\nhi\r\n0\r\n\r\n");
  EXPECT_EQ(body_.look(input_).bytes, "hi");
  EXPECT_FALSE(body_.complete());
  body_.consume(input_, 2);
  EXPECT_TRUE(body_.complete());
}

TEST_F(Http1RequestBodyTest, FailsALengthOverTheLimitWithoutAByte) {
  begin_length(11, 10);
  EXPECT_EQ(body_.look(input_).state, BodyState::kFailed);
  EXPECT_EQ(body_.failure(), Failure::kBodyTooLarge);
  EXPECT_EQ(body_.look(input_).state, BodyState::kFailed);
  begin_length(10, 10);
  EXPECT_EQ(body_.look(input_).state, BodyState::kPending);
  EXPECT_EQ(body_.failure(), Failure::kNone);
}

TEST_F(Http1RequestBodyTest, FailsChunksAtTheFirstByteOverTheLimit) {
  begin_chunks(5);
  receive("3\r\nabc\r\n3\r\nde");
  std::string text;
  EXPECT_EQ(drain(text), BodyState::kPending);
  EXPECT_EQ(text, "abcde");
  received_.clear();
  receive("f");
  EXPECT_EQ(drain(text), BodyState::kFailed);
  EXPECT_EQ(body_.failure(), Failure::kBodyTooLarge);
}

TEST_F(Http1RequestBodyTest, WantsNoMoreThanTheBodyAndALittle) {
  begin_length(100'000, 1'000'000);
  EXPECT_EQ(body_.wanted(input_, 64 * 1024), 64u * 1024);
  EXPECT_GT(body_.wanted(input_, 256 * 1024), 100'000u);
  EXPECT_LT(body_.wanted(input_, 256 * 1024), 110'000u);
}

TEST_F(Http1RequestBodyTest, SaysWhetherTheRestIsWorthReading) {
  begin_length(64 * 1024, 1 << 20);
  EXPECT_TRUE(body_.rest_is_small());
  begin_length(64 * 1024 + 1, 1 << 20);
  EXPECT_FALSE(body_.rest_is_small());
  receive("x");
  EXPECT_TRUE(body_.discard(input_));
  EXPECT_TRUE(body_.rest_is_small());

  begin_chunks(1 << 20);
  EXPECT_TRUE(body_.rest_is_small());
  received_.clear();
  receive("20000\r\n" + std::string(64 * 1024 + 1, 'x'));
  EXPECT_TRUE(body_.discard(input_));
  EXPECT_FALSE(body_.rest_is_small());
}

TEST_F(Http1RequestBodyTest, CannotDiscardWhatIsMalformed) {
  begin_chunks();
  receive("3\r\nabcX");
  EXPECT_FALSE(body_.discard(input_));
  EXPECT_EQ(body_.failure(), Failure::kBodyMalformed);
}

}  // namespace
}  // namespace gatehouse::http
