// What moves over an established TLS connection, and how it ends.
#include "unit/net/tls_fixture.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

namespace gatehouse::net {
namespace {

class TlsTransferTest : public TlsTest {};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

TEST_F(TlsTransferTest, MovesALotInBothDirections) {
  const std::string data = pattern(20 * 1024 * 1024 + 7);
  std::string received;
  Driver stream = connect(trusting(), "localhost", {}, [&](SSL* ssl) {
    std::vector<char> buffer(100'000);
    while (received.size() < data.size()) {
      const int got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) return;
      received.append(buffer.data(), static_cast<std::size_t>(got));
    }
    for (std::size_t at = 0; at < received.size();) {
      const int sent =
          SSL_write(ssl, received.data() + at, static_cast<int>(std::min<std::size_t>(received.size() - at, 777'777)));
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
    SSL_shutdown(ssl);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all(data));
  std::string back;
  EXPECT_EQ(stream.read_all(back).status, IoStatus::kEnd);
  EXPECT_TRUE(back == data);
}

TEST_F(TlsTransferTest, JoinsManyPiecesAndKeepsTheirOrderWhenTheKernelRefuses) {
  const std::string data = pattern(6 * 1024 * 1024);
  std::string received;
  std::promise<void> refused;
  Driver stream = connect(trusting(), "localhost", {}, [&](SSL* ssl) {
    EXPECT_EQ(refused.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    std::vector<char> buffer(5000);
    int got = 0;
    while ((got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
      received.append(buffer.data(), static_cast<std::size_t>(got));
    }
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  const int small_buffer = 64 * 1024;
  ::setsockopt(stream->fd(), SOL_SOCKET, SO_SNDBUF, &small_buffer, sizeof(small_buffer));
  std::size_t at = 0;
  bool was_blocked = false;
  ASSERT_TRUE(stream.until([&] {
    while (at < data.size()) {
      // A head, an empty piece, a small piece and a body, from a copy that moves each time.
      const std::string copy = data.substr(at, 400'000);
      char* const base = const_cast<char*>(copy.data());
      const std::size_t head = std::min<std::size_t>(copy.size(), 300);
      const std::size_t small = std::min<std::size_t>(copy.size() - head, 17'000);
      const iovec pieces[] = {
          {base, head}, {base, 0}, {base + head, small}, {base + head + small, copy.size() - head - small}};
      const IoResult result = stream->write(pieces);
      EXPECT_NE(result.status, IoStatus::kFailed) << stream->last_error();
      if (result.status == IoStatus::kBlocked) {
        if (!std::exchange(was_blocked, true)) refused.set_value();
        return false;
      }
      at += result.bytes;
    }
    return true;
  }));
  stream->shutdown_write();
  EXPECT_TRUE(server->handshake_succeeded());
  EXPECT_TRUE(was_blocked);
  EXPECT_TRUE(received == data);
}

TEST_F(TlsTransferTest, CloseNotifyIsTheEndAndItsLackAFailure) {
  {
    Driver stream = connect(trusting(), "localhost", {}, echo_once);
    ASSERT_EQ(stream.handshake().status, IoStatus::kOk);
    ASSERT_TRUE(stream.write_all("x"));
    std::string back;
    EXPECT_EQ(stream.read_all(back).status, IoStatus::kEnd);
    char byte;
    EXPECT_TRUE(stream->may_read());
    EXPECT_EQ(stream->read({&byte, 1}).status, IoStatus::kEnd);
  }
  Driver stream = connect(trusting(), "localhost", {}, [](SSL* ssl) {
    char byte;
    SSL_read(ssl, &byte, 1);
    SSL_write(ssl, "cut", 3);
    SSL_set_quiet_shutdown(ssl, 1);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk);
  ASSERT_TRUE(stream.write_all("x"));
  std::string back;
  const IoResult end = stream.read_all(back);
  EXPECT_EQ(back, "cut");
  EXPECT_EQ(end.status, IoStatus::kFailed);
  EXPECT_EQ(end.error, ECONNRESET);
  EXPECT_NE(stream->last_error().find("close_notify"), std::string::npos) << stream->last_error();
}

TEST_F(TlsTransferTest, ShutdownWriteSendsCloseNotifyAndKeepsReading) {
  Driver stream = connect(trusting(), "localhost", {}, [](SSL* ssl) {
    char byte;
    const int got = SSL_read(ssl, &byte, 1);
    const bool ended = got <= 0 && SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN;
    SSL_write(ssl, ended ? "ended" : "other", 5);
    SSL_shutdown(ssl);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk);
  stream->shutdown_write();
  std::string back;
  EXPECT_EQ(stream.read_all(back).status, IoStatus::kEnd);
  EXPECT_EQ(back, "ended");
}

TEST_F(TlsTransferTest, AnswersAKeyUpdate) {
  Driver stream = connect(trusting(), "localhost", {}, [](SSL* ssl) {
    char byte;
    SSL_read(ssl, &byte, 1);
    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    SSL_write(ssl, "new keys", 8);
    SSL_read(ssl, &byte, 1);
    SSL_shutdown(ssl);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk);
  ASSERT_TRUE(stream.write_all("x"));
  char buffer[100];
  IoResult got;
  ASSERT_TRUE(stream.until([&] { return (got = stream->read(buffer)).status != IoStatus::kBlocked; }));
  EXPECT_EQ(std::string_view(buffer, got.bytes), "new keys");
  ASSERT_TRUE(stream.write_all("y"));
  std::string back;
  EXPECT_EQ(stream.read_all(back).status, IoStatus::kEnd);
}

}  // namespace
}  // namespace gatehouse::net
