// What a connection has to send: heads are appended here and leave together with the body bytes behind them in one write;
// what the kernel refuses stays as one remainder. One thread.
#pragma once

#include "gatehouse/net/stream.hpp"
#include "serializer.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::http {

class Http1Output {
 public:
  enum class Status : std::uint8_t {
    kSent,     // all is with the kernel
    kBlocked,  // a remainder waits until the socket is writable
    kFailed    // the connection broke
  };
  static constexpr std::size_t kMaxPieces = 3;

  // Bytes that have to leave before anything that is sent later.
  Bytes& staged() { return staged_; }
  void stage(std::span<const std::string_view> pieces);
  // Sends what is staged and then `pieces` (at most kMaxPieces), which are borrowed for the call.
  Status send(net::Stream& stream, std::span<const std::string_view> pieces = {});

  bool blocked() const { return blocked_; }
  bool empty() const { return staged_.empty(); }
  std::size_t size() const { return staged_.size(); }
  // Bytes that went to the kernel since clear().
  std::uint64_t sent() const { return sent_; }
  void clear();

 private:
  // `taken` bytes of what is staged and of `pieces` have gone; the rest becomes what is staged.
  void keep_rest(std::span<const std::string_view> pieces, std::size_t taken);

  Bytes staged_;
  std::uint64_t sent_ = 0;
  bool blocked_ = false;
};

}  // namespace gatehouse::http
