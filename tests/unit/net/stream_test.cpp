#include "gatehouse/net/stream.hpp"

#include "unit/net/support.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>

namespace gatehouse::net {
namespace {

class PlainStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto [a, b] = testing::socket_pair();
    stream = make_plain_stream(std::move(a));
    peer = std::move(b);
  }
  void send(std::string_view text) {
    ASSERT_EQ(::send(peer.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  std::unique_ptr<Stream> stream;
  UniqueFd peer;
  std::array<char, 64> buffer{};
};

TEST_F(PlainStreamTest, AShortReadSaysThatNothingIsLeft) {
  send("hello");
  EXPECT_TRUE(stream->may_read());
  const IoResult got = stream->read(buffer);
  EXPECT_EQ(got.status, IoStatus::kOk);
  EXPECT_EQ(std::string_view(buffer.data(), got.bytes), "hello");
  EXPECT_FALSE(stream->may_read());
  stream->note(EPOLLIN | EPOLLOUT);
  EXPECT_TRUE(stream->may_read());
  EXPECT_EQ(stream->read(buffer).status, IoStatus::kBlocked);
  EXPECT_FALSE(stream->may_read());
}

TEST_F(PlainStreamTest, AFullReadSaysThatMoreMayBeThere) {
  send(std::string(100, 'x'));
  EXPECT_EQ(stream->read(buffer).bytes, 64U);
  EXPECT_TRUE(stream->may_read());
  EXPECT_EQ(stream->read(buffer).bytes, 36U);
  EXPECT_FALSE(stream->may_read());
}

TEST_F(PlainStreamTest, TheEndBehindShortDataIsReadWithoutAnotherEvent) {
  send("last");
  peer.reset();
  stream->note(EPOLLIN | EPOLLRDHUP | EPOLLHUP);
  EXPECT_EQ(stream->read(buffer).bytes, 4U);
  EXPECT_TRUE(stream->may_read());
  EXPECT_EQ(stream->read(buffer).status, IoStatus::kEnd);
}

TEST_F(PlainStreamTest, AFullKernelBufferBlocksUntilWritable) {
  const std::string large(8 * 1024 * 1024, 'x');
  const iovec pieces[] = {{const_cast<char*>(large.data()), 10},
                          {const_cast<char*>(large.data()) + 10, large.size() - 10}};
  const IoResult first = stream->write(pieces);
  EXPECT_EQ(first.status, IoStatus::kOk);
  EXPECT_LT(first.bytes, large.size());
  EXPECT_FALSE(stream->may_write());
  stream->note(EPOLLOUT);
  EXPECT_TRUE(stream->may_write());
  const IoResult second = stream->write(pieces);
  EXPECT_EQ(second.status, IoStatus::kBlocked);
  EXPECT_FALSE(stream->may_write());
}

TEST_F(PlainStreamTest, WritingToAClosedPeerFailsWithoutASignal) {
  peer.reset();
  char byte = 'x';
  const iovec piece{&byte, 1};
  const IoResult result = stream->write({&piece, 1});
  EXPECT_EQ(result.status, IoStatus::kFailed);
  EXPECT_EQ(result.error, EPIPE);
  EXPECT_EQ(stream->last_error(), "Broken pipe");
}

TEST_F(PlainStreamTest, ShutdownWriteEndsOneDirection) {
  stream->shutdown_write();
  char byte;
  EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), 0);
  send("still");
  EXPECT_EQ(stream->read(buffer).bytes, 5U);
}

}  // namespace
}  // namespace gatehouse::net
