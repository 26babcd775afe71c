#include "gatehouse/net/tls.hpp"
#include "unit/net/support.hpp"
#include "unit/net/tls_peer.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <future>
#include <vector>

namespace gatehouse::net {
namespace {

using testing::Certificate;
using testing::CertificateRequest;
using testing::TemporaryFile;
using testing::TlsServer;

// Drives a stream on a worker's reactor until a step says that it is done.
class Driver final : public IoHandler {
 public:
  Driver(Worker& worker, std::unique_ptr<Stream> stream) : worker_(worker), stream_(std::move(stream)) {
    EXPECT_TRUE(worker_.reactor().add(stream_->fd(), *this));
  }
  ~Driver() { worker_.reactor().remove(stream_->fd(), *this); }
  Stream& operator*() { return *stream_; }
  Stream* operator->() { return stream_.get(); }

  template <class Step>
  bool until(Step step) {
    return testing::run_until(worker_, step);
  }

  IoResult handshake() {
    IoResult result;
    EXPECT_TRUE(until([&] { return (result = stream_->handshake()).status != IoStatus::kBlocked; }));
    return result;
  }

  bool write_all(std::string_view text) {
    return until([&] {
      while (!text.empty()) {
        const iovec piece{const_cast<char*>(text.data()), text.size()};
        const IoResult result = stream_->write({&piece, 1});
        if (result.status != IoStatus::kOk) {
          EXPECT_EQ(result.status, IoStatus::kBlocked) << stream_->last_error();
          return result.status != IoStatus::kBlocked;
        }
        text.remove_prefix(result.bytes);
      }
      return true;
    }) && text.empty();
  }

  // Reads to the end or a failure, which it returns.
  IoResult read_all(std::string& into) {
    IoResult result;
    EXPECT_TRUE(until([&] {
      while (stream_->may_read()) {
        result = stream_->read(worker_.receive_buffer());
        if (result.status == IoStatus::kBlocked) return false;
        if (result.status != IoStatus::kOk) return true;
        into.append(worker_.receive_buffer().data(), result.bytes);
      }
      return false;
    }));
    return result;
  }

 private:
  void on_io(std::uint32_t events) override { stream_->note(events); }
  Worker& worker_;
  std::unique_ptr<Stream> stream_;
};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override { ::signal(SIGPIPE, SIG_IGN); }  // the plain OpenSSL peer writes without MSG_NOSIGNAL

  Worker worker{0};
  Certificate authority = testing::make_authority("test authority");
  TemporaryFile ca{testing::to_pem(authority)};

  static std::shared_ptr<const TlsClientContext> context_of(const TlsClientSettings& settings) {
    auto made = make_tls_client_context(settings);
    EXPECT_TRUE(made) << made.error().message();
    return *made;
  }

  TlsClientSettings trusting() const {
    TlsClientSettings settings;
    settings.ca = ca.path();
    return settings;
  }

  // The client's end of a connection to `server`, not yet shaken hands.
  Driver connect(const TlsClientSettings& settings, const std::string& host, const CertificateRequest& request,
                 TlsServer::Serve serve, const TlsServer::Prepare& prepare = {}) {
    auto [near, far] = testing::tcp_pair();
    server = std::make_unique<TlsServer>(std::move(far), testing::make_certificate(request, authority), std::move(serve), prepare);
    return Driver(worker, context_of(settings)->connect(std::move(near), host));
  }

  void expect_refused(const TlsClientSettings& settings, const std::string& host, const CertificateRequest& request,
                      std::string_view reason) {
    Driver stream = connect(settings, host, request, [](SSL* ssl) {
      char byte;
      SSL_read(ssl, &byte, 1);
    });
    EXPECT_EQ(stream.handshake().status, IoStatus::kFailed);
    EXPECT_NE(stream->last_error().find(reason), std::string::npos) << stream->last_error();
    char byte = 0;
    const iovec piece{&byte, 1};
    EXPECT_EQ(stream->write({&piece, 1}).status, IoStatus::kFailed);
    EXPECT_EQ(stream->read({&byte, 1}).status, IoStatus::kFailed);
  }

  std::unique_ptr<TlsServer> server;
};

void echo_once(SSL* ssl) {
  char buffer[1000];
  const int got = SSL_read(ssl, buffer, sizeof(buffer));
  if (got > 0) SSL_write(ssl, buffer, got);
  SSL_shutdown(ssl);
}

TEST_F(TlsTest, ShakesHandsAndExchangesWithATrustedName) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::string name;
    Driver stream = connect(trusting(), "localhost", {}, [&](SSL* ssl) {
      const char* const sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      name = sni == nullptr ? "" : sni;
      echo_once(ssl);
    }, [version](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); });
    ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
    ASSERT_TRUE(stream.write_all("hello"));
    std::string back;
    EXPECT_EQ(stream.read_all(back).status, IoStatus::kEnd);
    EXPECT_EQ(back, "hello");
    EXPECT_TRUE(server->handshake_succeeded());
    EXPECT_EQ(name, "localhost");
  }
}

TEST_F(TlsTest, VerifiesIpAddressesAndSendsNoNameForThem) {
  bool named = true;
  Driver stream = connect(trusting(), "127.0.0.1", {}, [&](SSL* ssl) {
    named = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != nullptr;
    echo_once(ssl);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all("x"));
  std::string back;
  stream.read_all(back);
  EXPECT_TRUE(server->handshake_succeeded());
  EXPECT_FALSE(named);
}

TEST_F(TlsTest, OffersHttp11) {
  std::string offered;
  Driver stream = connect(trusting(), "localhost", {}, echo_once, [&](SSL_CTX* context) {
    SSL_CTX_set_alpn_select_cb(context, [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                                           unsigned in_size, void* argument) {
      static_cast<std::string*>(argument)->assign(reinterpret_cast<const char*>(in), in_size);
      *out = in + 1;
      *size = in[0];
      return SSL_TLSEXT_ERR_OK;
    }, &offered);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all("x"));
  EXPECT_TRUE(server->handshake_succeeded());
  EXPECT_EQ(offered, "\x08http/1.1");
}

TEST_F(TlsTest, RefusesAWrongName) {
  expect_refused(trusting(), "example.org", {}, "hostname mismatch");
  expect_refused(trusting(), "127.0.0.2", {}, "IP address mismatch");
  expect_refused(trusting(), "a.b.example.org", {.names = "DNS:*.example.org"}, "hostname mismatch");
}

TEST_F(TlsTest, AnEmptyNameIsRefusedAndNotTakenForAnyName) {
  expect_refused(trusting(), "", {}, "not a name");
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  expect_refused(trusting(), "localhost", {.valid_from_s = -3600, .valid_to_s = -60}, "certificate has expired");
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
  const TemporaryFile other(testing::to_pem(testing::make_authority("someone else")));
  TlsClientSettings settings;
  settings.ca = other.path();
  expect_refused(settings, "localhost", {}, "unable to get local issuer certificate");
}

TEST_F(TlsTest, TheSettingsNameOverrulesTheHost) {
  TlsClientSettings settings = trusting();
  settings.server_name = "api.example.org";
  Driver stream = connect(settings, "127.0.0.1", {.names = "DNS:*.example.org"}, echo_once);
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all("x"));
}

TEST_F(TlsTest, WithoutVerificationAnythingGoes) {
  TlsClientSettings settings;
  settings.verify = false;
  Driver stream = connect(settings, "example.org", {.valid_to_s = -60}, echo_once);
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all("x"));
}

TEST_F(TlsTest, ShowsItsClientCertificate) {
  const Certificate client = testing::make_certificate({.common_name = "the client"}, authority);
  const TemporaryFile certificate(testing::to_pem(client));
  const TemporaryFile key(testing::key_to_pem(client));
  TlsClientSettings settings = trusting();
  settings.certificate = certificate.path();
  settings.key = key.path();
  std::string subject;
  Driver stream = connect(settings, "localhost", {}, [&](SSL* ssl) {
    char name[100] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)), NID_commonName, name, sizeof(name));
    subject = name;
    echo_once(ssl);
  }, [&](SSL_CTX* context) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_load_verify_locations(context, ca.path().c_str(), nullptr);
  });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all("x"));
  EXPECT_TRUE(server->handshake_succeeded());
  EXPECT_EQ(subject, "the client");
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

TEST_F(TlsTest, MovesALotInBothDirections) {
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
      const int sent = SSL_write(ssl, received.data() + at, static_cast<int>(std::min<std::size_t>(received.size() - at, 777'777)));
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

TEST_F(TlsTest, JoinsManyPiecesAndKeepsTheirOrderWhenTheKernelRefuses) {
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
      const iovec pieces[] = {{base, head}, {base, 0}, {base + head, small}, {base + head + small, copy.size() - head - small}};
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

TEST_F(TlsTest, CloseNotifyIsTheEndAndItsLackAFailure) {
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

TEST_F(TlsTest, ShutdownWriteSendsCloseNotifyAndKeepsReading) {
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

TEST_F(TlsTest, APeerThatSpeaksSomethingElseIsAFailure) {
  auto [near, far] = testing::tcp_pair();
  Driver stream(worker, context_of(trusting())->connect(std::move(near), "localhost"));
  const std::string_view plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
  ASSERT_EQ(::send(far.get(), plain.data(), plain.size(), 0), static_cast<ssize_t>(plain.size()));
  const IoResult result = stream.handshake();
  EXPECT_EQ(result.status, IoStatus::kFailed);
  EXPECT_EQ(result.error, EPROTO);
  EXPECT_NE(stream->last_error().find("wrong version number"), std::string::npos) << stream->last_error();
}

TEST_F(TlsTest, APeerThatHangsUpInTheHandshakeIsAFailure) {
  auto [near, far] = testing::tcp_pair();
  Driver stream(worker, context_of(trusting())->connect(std::move(near), "localhost"));
  far.reset();
  const IoResult result = stream.handshake();
  EXPECT_EQ(result.status, IoStatus::kFailed);
  EXPECT_FALSE(stream->last_error().empty());
}

TEST_F(TlsTest, AnswersAKeyUpdate) {
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

TEST(TlsSettingsTest, ProblemsNameTheFile) {
  TlsClientSettings settings;
  settings.ca = "/nonexistent/ca.pem";
  auto made = make_tls_client_context(settings);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind(), ErrorKind::kInvalid);
  EXPECT_NE(made.error().message().find("/nonexistent/ca.pem"), std::string::npos) << made.error().message();

  settings = {};
  settings.certificate = "/nonexistent/client.pem";
  EXPECT_FALSE(make_tls_client_context(settings));
  settings.key = "/nonexistent/client.key";
  made = make_tls_client_context(settings);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("client.pem"), std::string::npos) << made.error().message();
}

TEST(TlsSettingsTest, AKeyMustFitItsCertificate) {
  const auto authority = testing::make_authority("a");
  const TemporaryFile certificate(testing::to_pem(testing::make_certificate({}, authority)));
  const TemporaryFile key(testing::key_to_pem(testing::make_certificate({}, authority)));
  TlsClientSettings settings;
  settings.certificate = certificate.path();
  settings.key = key.path();
  EXPECT_FALSE(make_tls_client_context(settings));
}

TEST(TlsSettingsTest, TheSystemsAuthoritiesAreTheDefault) {
  EXPECT_TRUE(make_tls_client_context({}));
}

}  // namespace
}  // namespace gatehouse::net
