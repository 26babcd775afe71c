// How a connection ends: at once, after lingering, with a reset, or by being handed out.
#include "http1_exchange.hpp"
#include "http1_session.hpp"
#include "session_host.hpp"

#include <sys/socket.h>

#include <utility>

namespace gatehouse::http {
namespace {

// After our side is closed, the client may go on sending for this long and this much. Closing at once would answer its
// bytes with a reset, and a reset makes its system throw our answer away (RFC 9112 section 9.6).
constexpr Duration kLingerTime = std::chrono::seconds(5);
constexpr std::uint32_t kLingerBytes = 64 * 1024 * 1024;
constexpr int kLingerReads = 4;  // in one turn

}  // namespace

// Nothing more will be served.
void Http1Session::end_connection() {
  const bool all_read = !refused_ && exchange_->body().complete() && exchange_->input().empty() && !stream_->may_read();
  if (all_read) {
    close();
    return;
  }
  host_.give_exchange(std::move(exchange_));
  start_lingering();
  linger();
}

void Http1Session::start_lingering() {
  stream_->shutdown_write();
  phase_ = Phase::kLingering;
  linger_left_ = kLingerBytes;
  set_deadline(kLingerTime);
}

void Http1Session::linger() {
  for (int reads = 0; reads < kLingerReads; ++reads) {
    if (!stream_->may_read()) return;
    const net::IoResult result = stream_->read(host_.worker().receive_buffer());
    if (result.status == net::IoStatus::kBlocked) return;
    if (result.status != net::IoStatus::kOk || result.bytes > linger_left_) {
      close();
      return;
    }
    linger_left_ -= static_cast<std::uint32_t>(result.bytes);
  }
  host_.run_next_turn(*this);
}

void Http1Session::lose(Failure why, Farewell farewell) {
  if (stream_ != nullptr) {
    if (farewell == Farewell::kReset) {
      const struct ::linger at_once{1, 0};
      ::setsockopt(stream_->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    drop_stream();
  }
  exchange_->fail(why);
}

void Http1Session::close() {
  if (stream_ != nullptr) drop_stream();
  phase_ = Phase::kClosed;
  host_.run_soon(*this);
}

void Http1Session::drop_stream() {
  host_.worker().reactor().remove(stream_->fd(), *this);
  stream_.reset();
}

std::unique_ptr<net::Stream> Http1Session::detach() {
  handed_out_ = true;
  host_.worker().reactor().remove(stream_->fd(), *this);
  return std::move(stream_);
}

std::shared_ptr<void> Http1Session::make_permit() {
  return host_.make_permit(peer_.remote.address, admission_ == Admission::kByListenerAndClient);
}

}  // namespace gatehouse::http
