// The fixture of the TLS tests: a client stream of ours on a worker against a plain OpenSSL server on a thread.
#pragma once

#include "gatehouse/net/tls.hpp"
#include "unit/net/support.hpp"
#include "unit/net/tls_peer.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::net {

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
           }) &&
           text.empty();
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
    server = std::make_unique<TlsServer>(std::move(far), testing::make_certificate(request, authority),
                                         std::move(serve), prepare);
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

inline void echo_once(SSL* ssl) {
  char buffer[1000];
  const int got = SSL_read(ssl, buffer, sizeof(buffer));
  if (got > 0) SSL_write(ssl, buffer, got);
  SSL_shutdown(ssl);
}

}  // namespace gatehouse::net
