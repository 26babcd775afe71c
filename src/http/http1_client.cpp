// The connection's life: registration, calls beginning and ending, events, what is sent.
#include "http1_client.hpp"

#include "gatehouse/base/strings.hpp"

#include <sys/epoll.h>

#include <array>
#include <utility>

namespace gatehouse::http {
namespace {

constexpr std::uint32_t kReadEvents = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
// A response with more fields than this gives its table back instead of keeping it for the next one.
constexpr std::size_t kKeptFields = 64;

}  // namespace

std::unique_ptr<ClientConnection> make_http1_client(net::Worker& worker, std::unique_ptr<net::Stream> stream,
                                                    ClientLimits limits) {
  auto client = std::make_unique<Http1Client>(worker, std::move(stream), limits);
  if (!client->watch()) return nullptr;
  return client;
}

Http1Client::Http1Client(net::Worker& worker, std::unique_ptr<net::Stream> stream, ClientLimits limits)
    : worker_(worker), stream_(std::move(stream)), limits_(limits), writer_(*stream_), parser_(head_limits()) {}

Http1Client::~Http1Client() {
  if (stream_ != nullptr) worker_.reactor().remove(stream_->fd(), *this);
}

bool Http1Client::watch() { return worker_.reactor().add(stream_->fd(), *this); }

UpstreamCall& Http1Client::begin(net::Waiter& waiter) {
  waiter_ = &waiter;
  phase_ = Phase::kBegun;
  ++calls_;
  return *this;
}

bool Http1Client::end() {
  const bool reusable = is_reusable();
  waiter_ = nullptr;
  phase_ = Phase::kIdle;
  writer_.restart();
  upgrade_hash_ = 0;
  parser_.restart();
  refs_.clear();
  if (refs_.capacity() > kKeptFields) FieldRefs().swap(refs_);
  head_.clear();
  kept_.clear();
  unread_ = {};
  response_ = {};
  given_ = surplus_ = false;
  failure_.reset();
  received_ = 0;
  informational_ = 0;
  read_limit_ = SIZE_MAX;
  return reusable;
}

bool Http1Client::is_reusable() {
  if (phase_ == Phase::kBegun) return !failure_ && is_quiet();
  if (phase_ != Phase::kBody || failure_ || surplus_ || body_.surplus() || !body_.ended()) return false;
  return parser_.keep_alive() && writer_.complete() && is_quiet();
}

// True when nothing is there to be read. Reads only when an event came since the last read found nothing.
bool Http1Client::is_quiet() {
  std::array<char, 256> bytes;
  return !stream_->may_read() || stream_->read(bytes).status == net::IoStatus::kBlocked;
}

bool Http1Client::closed_before_answer() const {
  if (writer_.bytes_sent() == 0) return true;
  if (calls_ < 2 || received_ > 0 || !failure_) return false;
  return failure_->kind() == ErrorKind::kClosed || failure_->kind() == ErrorKind::kReset;
}

void Http1Client::on_io(std::uint32_t events) {
  stream_->note(events);
  if (phase_ == Phase::kIdle) return on_idle_io();
  if (phase_ == Phase::kBegun && (events & kReadEvents) != 0 && !failure_ && !is_quiet()) {
    fail(ErrorKind::kClosed, "upstream_closed", "the idle connection ended");
  }
  const bool was_drained = writer_.drained();
  writer_.flush();
  check_writer();
  const bool moved = was_drained != writer_.drained() || (events & kReadEvents) != 0;
  if (moved) waiter_->wake();
}

// The backend closed the connection, or spoke out of turn (RFC 9112 section 9.2: an answer without a request). TLS tickets
// and the like are read away here.
void Http1Client::on_idle_io() {
  if (is_quiet()) return;
  const OnIdleEnd callback = std::exchange(on_idle_end_, nullptr);
  if (callback) callback(*this);  // may have destroyed this object
}

void Http1Client::send(const OutgoingRequest& head, std::string_view first, More more) {
  if (failure_) return;
  method_ = parse_method(head.method);
  upgrade_hash_ = head.upgrade.empty() ? 0 : hash64_nocase(head.upgrade);
  phase_ = Phase::kHead;
  writer_.send(head, first, more);
  check_writer();
}

void Http1Client::write(std::string_view bytes, More more) {
  if (failure_) return;
  writer_.write(bytes, more);
  check_writer();
}

void Http1Client::finish(const Fields& trailers) {
  if (failure_) return;
  writer_.finish(trailers);
  check_writer();
}

// A connection that takes nothing more is no failure yet: the backend may have answered before it closed. The waiter is
// woken so that the answer, or the error behind it, is read.
void Http1Client::check_writer() {
  if (writer_.short_of_length() && !failure_) {
    fail(ErrorKind::kInvalid, "request_body_incomplete", "the body is shorter than its Content-Length");
  }
  if (writer_.broken()) waiter_->wake();
}

std::unique_ptr<net::Stream> Http1Client::take_stream(std::string& received) {
  worker_.reactor().remove(stream_->fd(), *this);
  received.append(kept_.view());
  return std::move(stream_);
}

}  // namespace gatehouse::http
