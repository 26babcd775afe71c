// The connection: its phases and deadlines. How it ends is in http1_session_end.cpp.
#include "http1_session.hpp"

#include "http1_exchange.hpp"
#include "session_host.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace gatehouse::http {
namespace {

constexpr std::uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// The first read of a request takes a body of 64 KB along; more would only have to be copied when the handler must wait.
constexpr std::size_t kFirstRead = 80 * 1024;
// The next ones, for the rest of a head.
constexpr std::size_t kHeadRead = 4 * 1024;

// Requests of one connection that are started in one turn; the answers of a batch leave together.
constexpr std::uint16_t kRequestsPerTurn = 32;

// When the server drains: what was just accepted gets this long to say what it wants.
constexpr Duration kDrainGrace = std::chrono::seconds(1);

}  // namespace

// An idle connection costs this, its stream and nothing else.
static_assert(sizeof(Http1Session) <= 256);

Http1Session::Http1Session(SessionHost& host, std::unique_ptr<net::Stream> stream, const Peer& peer,
                           Admission admission)
    : host_(host), stream_(std::move(stream)), admission_(admission), peer_(peer) {
  host_.link(*this);
}

Http1Session::~Http1Session() {
  if (exchange_ != nullptr) {
    exchange_->cancel();
    host_.give_exchange(std::move(exchange_));
  }
  if (stream_ != nullptr) host_.worker().reactor().remove(stream_->fd(), *this);
  host_.unlink(*this);
  if (admission_ == Admission::kRefused) return;
  if (!handed_out_) host_.release(peer_.remote.address, admission_ == Admission::kByListenerAndClient);
  host_.handler().on_connection_closed();
}

bool Http1Session::open() {
  if (!host_.worker().reactor().add(stream_->fd(), *this)) {
    stream_.reset();
    return false;
  }
  set_deadline(host_.settings().timeouts.head);
  return true;
}

bool Http1Session::open_to_refuse(std::string_view text) {
  const iovec all{const_cast<char*>(text.data()), text.size()};
  stream_->write({&all, 1});
  if (!open()) return false;
  start_lingering();
  return true;
}

void Http1Session::drain() {
  if (phase_ != Phase::kIdle) return;
  if (!served_) {
    set_deadline(kDrainGrace);
  } else if (read_head()) {
    serve();
  } else if (phase_ == Phase::kIdle) {
    close();
  }
}

void Http1Session::on_io(std::uint32_t events) {
  stream_->note(events);
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kHead:
      // A queued session has yielded: the rest waits in the kernel until its turn.
      if ((events & kReadable) != 0 && !queued_ && read_head()) serve();
      break;
    case Phase::kRequest: exchange_->on_io(events); break;
    case Phase::kFlushing:
      exchange_->on_io(events);
      if (stream_ == nullptr) {
        close();
      } else if (exchange_->drained()) {
        on_flushed();
      }
      break;
    case Phase::kDraining:
      if ((events & kReadable) != 0 && drain_body()) serve();
      break;
    case Phase::kLingering:
      if ((events & kReadable) != 0 && !queued_) linger();
      break;
    case Phase::kClosed: break;
  }
}

Http1Session::Next Http1Session::go_on() {
  switch (phase_) {
    case Phase::kHead: serve(); break;
    case Phase::kRequest:
      if (!exchange_->ended()) {
        exchange_->waiter().wake();
      } else if (finish_request()) {
        serve();
      }
      break;
    case Phase::kLingering: linger(); break;
    case Phase::kClosed: return Next::kDelete;
    default: break;
  }
  return Next::kStay;
}

void Http1Session::wake_by(TimePoint deadline) {
  if (!armed() || this->deadline() > deadline) host_.worker().timers().arm(*this, deadline);
}

void Http1Session::set_deadline(Duration from_now) {
  deadline_ = host_.worker().now() + from_now;
  wake_by(deadline_);
}

// Fires at the earliest deadline that was ever set since it last fired; most have moved on since then.
void Http1Session::on_timer() {
  const TimePoint now = host_.worker().now();
  TimePoint next = deadline_;
  if (phase_ == Phase::kRequest || phase_ == Phase::kFlushing) {
    exchange_->on_deadline(now);
    if (phase_ == Phase::kFlushing && stream_ == nullptr) close();
    next = exchange_->deadline();
  } else if (deadline_ <= now) {
    expire();
    return;
  }
  if (phase_ != Phase::kClosed && next != TimePoint::max()) wake_by(next);
}

void Http1Session::expire() {
  if (phase_ == Phase::kHead && exchange_->parser().started()) {
    refuse(408, "head_timeout");
  } else {
    close();
  }
}

// Puts more of a head into the input. False when nothing came, or the connection ended.
bool Http1Session::read_head() {
  const bool shared = exchange_ == nullptr || exchange_->input().empty();
  std::span<char> buffer;
  if (shared) buffer = host_.worker().receive_buffer().first(kFirstRead);
  const net::IoResult result = shared ? stream_->read(buffer) : exchange_->input().receive(*stream_, kHeadRead);
  if (result.status == net::IoStatus::kBlocked) return false;
  if (result.status != net::IoStatus::kOk) {
    if (exchange_ != nullptr && exchange_->parser().started()) report_refusal(0, "head_incomplete");
    close();
    return false;
  }
  if (exchange_ == nullptr) {
    exchange_ = host_.take_exchange();
    exchange_->attach(*this);
    deadline_ = TimePoint::max();
    phase_ = Phase::kHead;
  }
  if (shared) exchange_->input().borrow({buffer.data(), result.bytes}, host_.worker());
  return true;
}

// Starts one request after the other, as long as they are there and answered at once.
void Http1Session::serve() {
  while (phase_ == Phase::kHead) {
    if (!has_turn()) return;
    const ParseStatus status = exchange_->parse();
    if (status == ParseStatus::kMalformed) {
      refuse(exchange_->parser().malformed().status, exchange_->parser().malformed().reason);
      return;
    }
    if (status == ParseStatus::kIncomplete) {
      if (!await_head()) return;
      continue;
    }
    phase_ = Phase::kRequest;
    deadline_ = TimePoint::max();
    served_ = true;
    ++requests_in_turn_;
    exchange_->start();
    if (!exchange_->ended()) {
      exchange_->input().keep();
      if (exchange_->drained()) exchange_->flush();
      return;
    }
    if (!finish_request()) return;
  }
}

// False when others must have theirs first.
bool Http1Session::has_turn() {
  if (turn_ != host_.worker().now()) {
    turn_ = host_.worker().now();
    requests_in_turn_ = 0;
  }
  if (requests_in_turn_ < kRequestsPerTurn) return true;
  exchange_->input().keep();
  if (send_rest()) host_.run_next_turn(*this);
  return false;
}

// The head is not complete yet. True when more of it came.
bool Http1Session::await_head() {
  Http1Input& input = exchange_->input();
  if (!send_rest()) return false;
  if (stream_->may_read()) {
    if (read_head()) return true;
    if (phase_ == Phase::kClosed) return false;
  }
  if (input.empty()) {
    park();
    return false;
  }
  input.keep();
  input.fit();
  deadline_ = exchange_->arrival() + host_.settings().timeouts.head;
  wake_by(deadline_);
  return false;
}

// Sends what was gathered. False when the connection must wait for that, or broke.
bool Http1Session::send_rest() {
  if (exchange_->flush()) return true;
  if (stream_ == nullptr) {
    close();
  } else {
    exchange_->input().keep();
    phase_ = Phase::kFlushing;
  }
  return false;
}

void Http1Session::on_flushed() {
  phase_ = Phase::kHead;
  if (!exchange_->responded() || after_answer()) serve();
}

void Http1Session::report_refusal(int status, std::string_view reason) {
  host_.handler().on_refusal(
      {status, reason, peer_, exchange_->input().size(), exchange_->bytes_sent(), exchange_->arrival()});
}

void Http1Session::refuse(int status, std::string_view reason) {
  refused_ = true;
  exchange_->answer_refusal(status);
  report_refusal(status, reason);
  after_answer();
}

// The handler has ended. True when the connection may look for its next request.
bool Http1Session::finish_request() {
  exchange_->settle();
  if (stream_ != nullptr && exchange_->answer().complete()) return after_answer();
  if (stream_ != nullptr) exchange_->abort();
  close();
  return false;
}

// The answer is complete, though not all of it may have left.
bool Http1Session::after_answer() {
  if (stream_ == nullptr) {
    close();
    return false;
  }
  if (!exchange_->drained()) {
    exchange_->input().keep();
    phase_ = Phase::kFlushing;
    return false;
  }
  if (!exchange_->answer().keep_alive()) {
    if (send_rest()) end_connection();
    return false;
  }
  if (!exchange_->body().complete()) return drain_body();
  if (exchange_->input().empty() && !stream_->may_read()) {
    if (!exchange_->output().empty()) {
      // The answer leaves with those to other clients, when this session goes on later in this turn.
      exchange_->restart();
      phase_ = Phase::kHead;
      host_.run_soon(*this);
      return false;
    }
    park();
    return false;
  }
  exchange_->restart();
  phase_ = Phase::kHead;
  return true;
}

// Reads the rest of a body that nobody wanted. True when the connection may look for its next request.
bool Http1Session::drain_body() {
  if (!send_rest()) return false;
  Http1RequestBody& body = exchange_->body();
  Http1Input& input = exchange_->input();
  while (body.discard(input) && !body.complete() && body.rest_is_small()) {
    if (!stream_->may_read()) {
      if (phase_ != Phase::kDraining) set_deadline(host_.settings().timeouts.body);
      phase_ = Phase::kDraining;
      return false;
    }
    const auto result = input.receive(*stream_, body.wanted(input, kFirstRead));
    if (result.status == net::IoStatus::kEnd || result.status == net::IoStatus::kFailed) {
      close();
      return false;
    }
  }
  if (!body.complete()) {
    end_connection();
    return false;
  }
  exchange_->restart();
  phase_ = Phase::kHead;
  return true;
}

void Http1Session::park() {
  host_.give_exchange(std::move(exchange_));
  phase_ = Phase::kIdle;
  if (host_.draining()) {
    close();
  } else {
    set_deadline(host_.settings().timeouts.idle);
  }
}

}  // namespace gatehouse::http
