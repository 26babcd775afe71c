// A TLS stream over the descriptor, client or server by its role. OpenSSL talks to a BIO of our own: reading receives
// straight into the record buffer and costs no syscall when the last receive was short; writing gathers records in a
// buffer of the thread, which leaves in one send per call. One thread.
#pragma once

#include "gatehouse/net/stream.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::net {

enum class TlsRole : unsigned char { kClient, kServer };

struct SslDeleter {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslDeleter>;

// What every context of ours needs: modes, buffers, protocol versions and ciphers.
void prepare_tls_context(SSL_CTX* context);
// The newest entry of the thread's OpenSSL error queue as text; the queue is empty afterwards.
std::string take_tls_error();

class TlsStream final : public Stream {
 public:
  // REQUIRES: `ssl` is made from a prepared context and has no BIO.
  TlsStream(UniqueFd fd, SslPtr ssl, TlsRole role);
  ~TlsStream() override;

  IoResult handshake() override;
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> from) override;
  void shutdown_write() override;
  std::string last_error() const override { return error_.empty() ? Stream::last_error() : error_; }

  // Every operation fails from now on: for a peer name that cannot be verified.
  void refuse(std::string_view why);

 private:
  static int bio_read(BIO* bio, char* into, int size);
  static int bio_write(BIO* bio, const char* from, int size);
  static long bio_control(BIO* bio, int command, long number, void* pointer);
  static const BIO_METHOD* bio_method();

  enum class Flush : unsigned char { kDone, kBlocked, kFailed };
  Flush flush();
  IoResult outcome_of(int returned);
  IoResult fail(int error, std::string text);
  std::size_t encrypt(std::span<const iovec> from, std::size_t skip, bool& blocked);
  bool encrypt_record(std::span<const char> record, std::size_t& taken);

  SslPtr ssl_;
  std::vector<char> unsent_;  // records that the kernel refused
  std::string error_;
  int failure_ = 0;  // an errno, once the connection is broken
  bool established_ = false;
  bool ended_ = false;     // the descriptor's end was read
  bool withheld_ = false;  // one byte that was encrypted and not reported as written: see write()
};

}  // namespace gatehouse::net
