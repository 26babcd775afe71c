// The BIO, and the stream's four operations on top of it.
#include "tls_stream.hpp"

#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

namespace gatehouse::net {
namespace {

constexpr std::size_t kRecord = 16 * 1024;       // RFC 8446 section 5.1: the largest plaintext of a record
constexpr std::size_t kPerWrite = 15 * kRecord;  // fits the gather buffer with the records' overhead
constexpr std::size_t kGather = 256 * 1024;
constexpr std::size_t kReadBuffer = 64 * 1024;

struct Scratch {
  std::vector<char> gathered;
  std::unique_ptr<char[]> record{new char[kRecord]};
  Scratch() { gathered.reserve(kGather); }
};

Scratch& scratch() {
  thread_local Scratch instance;
  return instance;
}

}  // namespace

void prepare_tls_context(SSL_CTX* context) {
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBuffer);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context,
                          "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                          "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305");
}

std::string take_tls_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return {};
  const char* const reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  return "error " + std::to_string(code);
}

TlsStream::TlsStream(UniqueFd fd, SslPtr ssl, TlsRole role) : Stream(std::move(fd)), ssl_(std::move(ssl)) {
  BIO* const bio = BIO_new(bio_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  role == TlsRole::kClient ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
}

TlsStream::~TlsStream() = default;

const BIO_METHOD* TlsStream::bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gatehouse stream");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(made, &TlsStream::bio_read);
    BIO_meth_set_write(made, &TlsStream::bio_write);
    BIO_meth_set_ctrl(made, &TlsStream::bio_control);
    return made;
  }();
  return method;
}

int TlsStream::bio_read(BIO* bio, char* into, int size) {
  auto& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  while (self.may_read_) {
    const ssize_t got = ::recv(self.fd_.get(), into, static_cast<std::size_t>(size), 0);
    if (got > 0) {
      if (got < size) self.may_read_ = self.hangup_;
      return static_cast<int>(got);
    }
    if (got == 0) {
      self.ended_ = true;
      return 0;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      self.last_errno_ = errno;
      return -1;
    }
    self.may_read_ = false;
  }
  BIO_set_retry_read(bio);
  return -1;
}

int TlsStream::bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  auto& gathered = scratch().gathered;
  gathered.insert(gathered.end(), from, from + size);
  return size;
}

long TlsStream::bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<TlsStream*>(BIO_get_data(bio))->ended_ ? 1 : 0;
  return 0;
}

// Sends what was refused before and what this call gathered; the buffer of the thread is empty afterwards.
TlsStream::Flush TlsStream::flush() {
  auto& gathered = scratch().gathered;
  if (!unsent_.empty()) {
    unsent_.insert(unsent_.end(), gathered.begin(), gathered.end());
    gathered.clear();
  }
  auto& buffer = unsent_.empty() ? gathered : unsent_;
  std::size_t sent = 0;
  Flush result = Flush::kDone;
  while (sent < buffer.size()) {
    const ssize_t moved = may_write_ ? ::send(fd_.get(), buffer.data() + sent, buffer.size() - sent, MSG_NOSIGNAL) : -1;
    if (moved >= 0) {
      sent += static_cast<std::size_t>(moved);
      // A short send means a full kernel buffer.
      if (sent < buffer.size()) may_write_ = false;
      continue;
    }
    if (may_write_ && errno == EINTR) continue;
    const bool blocked = !may_write_ || errno == EAGAIN || errno == EWOULDBLOCK;
    if (!blocked) last_errno_ = errno;
    may_write_ = may_write_ && !blocked;
    result = blocked ? Flush::kBlocked : Flush::kFailed;
    break;
  }
  if (result == Flush::kBlocked && &buffer == &gathered) {
    unsent_.assign(gathered.begin() + static_cast<std::ptrdiff_t>(sent), gathered.end());
  } else if (&buffer == &unsent_) {
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
    if (unsent_.empty()) std::vector<char>().swap(unsent_);
  }
  gathered.clear();
  return result;
}

IoResult TlsStream::fail(int error, std::string text) {
  failure_ = last_errno_ = error;
  error_ = std::move(text);
  return {IoStatus::kFailed, 0, error};
}

void TlsStream::refuse(std::string_view why) { fail(EINVAL, std::string(why)); }

// REQUIRES: the thread's error queue was empty before the call that returned `returned`.
IoResult TlsStream::outcome_of(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {IoStatus::kBlocked, 0, 0};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::kEnd, 0, 0};
    case SSL_ERROR_SYSCALL: ERR_clear_error(); return fail(last_errno_ == 0 ? ECONNRESET : last_errno_, {});
    default: break;
  }
  const bool truncated = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  std::string text = take_tls_error();
  if (truncated) return fail(ECONNRESET, "the peer closed the connection without close_notify");
  const long verified = SSL_get_verify_result(ssl_.get());
  if (SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE && verified != X509_V_OK)
    text += std::string(": ") + X509_verify_cert_error_string(verified);
  return fail(EPROTO, std::move(text));
}

IoResult TlsStream::handshake() {
  if (established_) return {IoStatus::kOk, 0, 0};
  if (failure_ != 0) return {IoStatus::kFailed, 0, failure_};
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  const Flush flushed = flush();  // also the alert of a handshake that failed
  if (returned != 1) return outcome_of(returned);
  if (flushed == Flush::kFailed) return fail(last_errno_, {});
  if (flushed == Flush::kBlocked) return {IoStatus::kBlocked, 0, 0};
  established_ = true;
  buffered_ = SSL_has_pending(ssl_.get()) == 1;
  return {IoStatus::kOk, 0, 0};
}

IoResult TlsStream::read(std::span<char> into) {
  if (failure_ != 0) return {IoStatus::kFailed, 0, failure_};
  ERR_clear_error();
  std::size_t total = 0;
  IoResult last{IoStatus::kOk, 0, 0};
  while (total < into.size()) {
    std::size_t got = 0;
    const int returned = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &got);
    if (returned != 1) {
      last = outcome_of(returned);
      break;
    }
    total += got;
  }
  // Answers to key updates, alerts. If the kernel refuses them, they go with the next write.
  if (!scratch().gathered.empty() || (!unsent_.empty() && may_write_)) flush();
  // What ended the loop behind data, other than a lack of data, is reported again by the next read.
  buffered_ = last.status == IoStatus::kOk ? SSL_has_pending(ssl_.get()) == 1 : last.status != IoStatus::kBlocked;
  if (total > 0) return {IoStatus::kOk, total, 0};
  return last;
}

bool TlsStream::encrypt_record(std::span<const char> record, std::size_t& taken) {
  while (!record.empty()) {
    std::size_t written = 0;
    const int returned = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    if (returned != 1) {
      outcome_of(returned);
      return false;
    }
    taken += written;
    record = record.subspan(written);
  }
  return true;
}

// Small pieces (a head and the first of its body) share a record; large ones are encrypted where they are. Stops at
// kPerWrite, or when OpenSSL must read first.
std::size_t TlsStream::encrypt(std::span<const iovec> from, std::size_t skip, bool& blocked) {
  char* const joined = scratch().record.get();
  std::size_t filled = 0;
  std::size_t taken = 0;
  blocked = false;
  for (const iovec& piece : from) {
    std::span<const char> bytes(static_cast<const char*>(piece.iov_base), piece.iov_len);
    const std::size_t skipped = std::min(skip, bytes.size());
    skip -= skipped;
    bytes = bytes.subspan(skipped);
    while (!bytes.empty() && taken + filled < kPerWrite) {
      const bool in_place = filled == 0 && bytes.size() >= kRecord;
      const std::size_t size = std::min(kRecord - filled, bytes.size());
      if (!in_place) std::memcpy(joined + filled, bytes.data(), size);
      const std::span<const char> record(in_place ? bytes.data() : joined, in_place ? size : filled + size);
      bytes = bytes.subspan(size);
      filled = record.size();
      if (filled < kRecord) continue;
      filled = 0;
      if (!encrypt_record(record, taken)) {
        blocked = true;
        return taken;
      }
    }
  }
  if (filled > 0 && !encrypt_record({joined, filled}, taken)) blocked = true;
  return taken;
}

// Records cannot be taken back. When the kernel refuses part of them, the caller is told of one byte less than was
// encrypted: so it comes back when the descriptor is writable, and that byte is skipped then.
IoResult TlsStream::write(std::span<const iovec> from) {
  if (failure_ != 0) return {IoStatus::kFailed, 0, failure_};
  if (!unsent_.empty()) {
    const Flush flushed = flush();
    if (flushed == Flush::kFailed) return fail(last_errno_, {});
    if (flushed == Flush::kBlocked) return {IoStatus::kBlocked, 0, 0};
  }
  const bool nothing = std::all_of(from.begin(), from.end(), [](const iovec& piece) { return piece.iov_len == 0; });
  if (nothing) return {IoStatus::kOk, 0, 0};
  ERR_clear_error();
  const std::size_t repeated = std::exchange(withheld_, false) ? 1 : 0;
  bool blocked = false;
  std::size_t taken = repeated + encrypt(from, repeated, blocked);
  const Flush flushed = flush();
  if (failure_ != 0) return {IoStatus::kFailed, 0, failure_};
  if (flushed == Flush::kFailed) return fail(last_errno_, {});
  if (flushed == Flush::kBlocked && taken > 0) {
    withheld_ = true;
    --taken;
  }
  if (taken > 0) return {IoStatus::kOk, taken, 0};
  return {blocked || flushed == Flush::kBlocked ? IoStatus::kBlocked : IoStatus::kOk, 0, 0};
}

void TlsStream::shutdown_write() {
  if (failure_ != 0 || !established_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  flush();
}

}  // namespace gatehouse::net
