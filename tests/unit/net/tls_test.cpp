#include "unit/net/tls_fixture.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace gatehouse::net {
namespace {

TEST_F(TlsTest, ShakesHandsAndExchangesWithATrustedName) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::string name;
    Driver stream = connect(
        trusting(), "localhost", {},
        [&](SSL* ssl) {
          const char* const sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
          name = sni == nullptr ? "" : sni;
          echo_once(ssl);
        },
        [version](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); });
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
    SSL_CTX_set_alpn_select_cb(
        context,
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size,
           void* argument) {
          static_cast<std::string*>(argument)->assign(reinterpret_cast<const char*>(in), in_size);
          *out = in + 1;
          *size = in[0];
          return SSL_TLSEXT_ERR_OK;
        },
        &offered);
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

TEST_F(TlsTest, AnEmptyNameIsRefusedAndNotTakenForAnyName) { expect_refused(trusting(), "", {}, "not a name"); }

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
  Driver stream = connect(
      settings, "localhost", {},
      [&](SSL* ssl) {
        char name[100] = {};
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)), NID_commonName, name,
                                  sizeof(name));
        subject = name;
        echo_once(ssl);
      },
      [&](SSL_CTX* context) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        SSL_CTX_load_verify_locations(context, ca.path().c_str(), nullptr);
      });
  ASSERT_EQ(stream.handshake().status, IoStatus::kOk) << stream->last_error();
  ASSERT_TRUE(stream.write_all("x"));
  EXPECT_TRUE(server->handshake_succeeded());
  EXPECT_EQ(subject, "the client");
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

TEST(TlsSettingsTest, TheSystemsAuthoritiesAreTheDefault) { EXPECT_TRUE(make_tls_client_context({})); }

}  // namespace
}  // namespace gatehouse::net
