// A byte stream over one non-blocking descriptor, plain or TLS. The connection that owns it is the reactor's handler and
// passes events on with note(); read() and write() never wait. One thread.
#pragma once

#include "gatehouse/net/unique_fd.hpp"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace gatehouse::net {

enum class IoStatus : unsigned char {
  kOk,       // `bytes` moved
  kBlocked,  // nothing now; an event will come
  kEnd,      // orderly end of what the peer sends
  kFailed,   // the connection is broken; `error` is an errno
};

struct IoResult {
  IoStatus status = IoStatus::kBlocked;
  std::size_t bytes = 0;
  int error = 0;
};

class Stream {
 public:
  explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_.get(); }

  // Remembers what the reactor reported.
  void note(std::uint32_t events);
  // False while a read would surely block: after a short read, until the next event. Saves the extra syscall.
  bool may_read() const { return may_read_ || buffered_; }
  bool may_write() const { return may_write_; }

  virtual IoResult handshake() { return {IoStatus::kOk, 0, 0}; }
  virtual IoResult read(std::span<char> into) = 0;
  // Takes as much as the kernel does: `bytes` may be less than asked for. The next write must begin with the bytes that
  // were not taken (they may have moved): a TLS record that holds them can be on its way already.
  virtual IoResult write(std::span<const iovec> from) = 0;
  // So many bytes the kernel would surely take now; 0 when it does not say. A system call.
  std::size_t send_room() const;
  // Ends what we send (TLS: close_notify), keeps reading.
  virtual void shutdown_write();
  // Why the last operation failed, for the log.
  virtual std::string last_error() const;

 protected:
  UniqueFd fd_;
  bool may_read_ = true;
  bool may_write_ = true;
  bool buffered_ = false;  // bytes wait above the descriptor
  bool hangup_ = false;    // the end or an error is there to be read, behind the data
  int last_errno_ = 0;
};

std::unique_ptr<Stream> make_plain_stream(UniqueFd fd);

}  // namespace gatehouse::net
