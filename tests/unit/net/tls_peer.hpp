// A certificate authority and a blocking TLS server on a thread, by plain OpenSSL: the independent peer of the TLS
// tests.
#pragma once

#include "gatehouse/net/unique_fd.hpp"
#include "support/temporary_folder.hpp"

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace gatehouse::net::testing {

struct Certificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;
};

struct CertificateRequest {
  std::string common_name = "test";
  std::string names = "DNS:localhost,IP:127.0.0.1";  // the subjectAltName extension
  long valid_from_s = -3600;                         // relative to now
  long valid_to_s = 3600;
};

Certificate make_authority(const std::string& common_name);
Certificate make_certificate(const CertificateRequest& request, const Certificate& authority);

// A file that is removed at the end of the scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) { folder_.write("file", content); }
  std::string path() const { return folder_ / "file"; }

 private:
  TemporaryFolder folder_;
};

std::string to_pem(const Certificate& certificate);
std::string key_to_pem(const Certificate& certificate);

// One connection: handshake on a thread, then `serve` when it succeeded.
class TlsServer {
 public:
  using Serve = std::function<void(SSL*)>;
  using Prepare = std::function<void(SSL_CTX*)>;
  TlsServer(UniqueFd fd, const Certificate& certificate, Serve serve, const Prepare& prepare = {});
  ~TlsServer();
  // Waits for the end of the thread.
  bool handshake_succeeded();

 private:
  SSL_CTX* context_;
  UniqueFd fd_;
  bool succeeded_ = false;
  std::thread thread_;
};

}  // namespace gatehouse::net::testing
