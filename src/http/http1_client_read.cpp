// The answer: heads, the body, and the judgement of both (RFC 9112 sections 6 to 9).
#include "gatehouse/base/strings.hpp"
#include "http1_client.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::http {
namespace {

// The first read of an answer: what of it is body is copied, so it stays small; what is beyond is read as views.
constexpr std::size_t kFirstRead = 32 * 1024;
// So much of a body shares the head's block.
constexpr std::size_t kKeptWithHead = 1024;
// 100 and 103 come once or twice; a backend that sends them for ever is broken.
constexpr std::uint32_t kMostInformational = 16;
constexpr int kSwitchingProtocols = 101;

}  // namespace

HeadState Http1Client::poll_head() {
  if (failure_) return HeadState::kFailed;
  if (phase_ == Phase::kBody || phase_ == Phase::kUpgraded) return HeadState::kReady;
  if (phase_ == Phase::kBegun) return HeadState::kPending;
  const std::span<char> buffer = worker_.receive_buffer();
  if (phase_ == Phase::kInformed) {
    phase_ = Phase::kHead;
    parser_.restart();
    refs_.clear();
    head_.clear();
    const std::size_t size = kept_.size();
    if (size > 0) {
      std::memcpy(buffer.data(), kept_.view().data(), size);
      kept_.clear();
      const HeadState state = parse(buffer.first(size));
      if (state != HeadState::kPending) return state;
    }
  }
  while (stream_->may_read() || writer_.broken()) {
    const net::IoResult result = stream_->read(buffer.first(kFirstRead));
    received_ += result.bytes;
    HeadState state = HeadState::kPending;
    switch (result.status) {
      case net::IoStatus::kOk: state = parse(buffer.first(result.bytes)); break;
      case net::IoStatus::kBlocked:
        if (!writer_.broken()) return HeadState::kPending;
        [[fallthrough]];
      case net::IoStatus::kFailed: broken(); return HeadState::kFailed;
      case net::IoStatus::kEnd: end_of_stream(); return HeadState::kFailed;
    }
    if (state != HeadState::kPending) return state;
  }
  return HeadState::kPending;
}

// `bytes` lie in the receive buffer, behind what head_ holds already.
HeadState Http1Client::parse(std::span<char> bytes) {
  const bool whole = head_.empty();
  if (!whole) head_.append({bytes.data(), bytes.size()});
  const std::string_view seen = whole ? std::string_view(bytes.data(), bytes.size()) : head_.view();
  switch (parser_.parse_response(seen, refs_)) {
    case ParseStatus::kIncomplete:
      if (whole) head_.append(seen);
      return HeadState::kPending;
    case ParseStatus::kMalformed: malformed(parser_.malformed().reason); return HeadState::kFailed;
    case ParseStatus::kComplete: break;
  }
  const std::size_t rest = seen.size() - parser_.head_size();
  const bool together = rest <= kKeptWithHead;
  if (whole) head_.append(together ? seen : seen.substr(0, parser_.head_size()));
  return judge_head(together ? head_.last(rest) : bytes.last(rest));
}

HeadState Http1Client::judge_head(std::span<char> rest) {
  response_ = parser_.response(head_.view().data(), refs_, method_);
  if (response_.status == kSwitchingProtocols) return take_upgrade(rest);
  if (response_.status < 200) return take_informational(rest);
  return take_final(rest);
}

HeadState Http1Client::take_informational(std::span<char> rest) {
  if (++informational_ > kMostInformational) {
    malformed("too_many_informational_responses");
    return HeadState::kFailed;
  }
  phase_ = Phase::kInformed;
  kept_.append({rest.data(), rest.size()});
  return HeadState::kInformational;
}

HeadState Http1Client::take_upgrade(std::span<char> rest) {
  if (upgrade_hash_ == 0 || hash64_nocase(response_.protocol) != upgrade_hash_) {
    fail(ErrorKind::kProtocol, "upstream_unsolicited_upgrade", "101 for a protocol that was not offered");
    return HeadState::kFailed;
  }
  phase_ = Phase::kUpgraded;
  kept_.append({rest.data(), rest.size()});
  return HeadState::kReady;
}

HeadState Http1Client::take_final(std::span<char> rest) {
  body_.restart(parser_.response_framing(method_), response_.content_length.value_or(0), head_limits());
  if (body_.ended()) {
    surplus_ = !rest.empty();
  } else if (!rest.empty()) {
    unread_ = {rest.data(), body_.decode(rest)};
    if (rest.size() > kKeptWithHead) {
      kept_.append(unread_);
      unread_ = kept_.view();
    }
    if (body_.malformed()) {
      malformed(body_.reason());
      return HeadState::kFailed;
    }
  }
  phase_ = Phase::kBody;
  return HeadState::kReady;
}

BodyChunk Http1Client::poll_body() {
  while (unread_.empty()) {
    if (failure_) return {BodyState::kFailed, {}};
    if (phase_ != Phase::kBody) return {BodyState::kPending, {}};
    if (body_.ended()) return {BodyState::kEnd, {}};
    if (!read_body()) return {failure_ ? BodyState::kFailed : BodyState::kPending, {}};
  }
  given_ = true;
  return {BodyState::kData, unread_};
}

// False when nothing can be read now, or ever.
bool Http1Client::read_body() {
  if (!stream_->may_read() && !writer_.broken()) return false;
  const std::span<char> whole = worker_.receive_buffer();
  const std::span<char> buffer = whole.first(std::min(read_limit_, whole.size()));
  const net::IoResult result = stream_->read(buffer);
  received_ += result.bytes;
  switch (result.status) {
    case net::IoStatus::kBlocked: return false;
    case net::IoStatus::kEnd: end_of_stream(); return !failure_;
    case net::IoStatus::kFailed: broken(); return false;
    case net::IoStatus::kOk: break;
  }
  unread_ = {buffer.data(), body_.decode(buffer.first(result.bytes))};
  given_ = false;
  if (!body_.malformed()) return true;
  malformed(body_.reason());
  return false;
}

// What was not taken has to outlive the receive buffer's next use.
void Http1Client::consume_body(std::size_t bytes) {
  unread_.remove_prefix(bytes);
  given_ = false;
  const std::string_view kept = kept_.view();
  const bool in_kept = !kept.empty();
  if (in_kept) {
    kept_.consume(bytes);
    if (unread_.empty()) kept_.clear();
  } else if (!unread_.empty()) {
    kept_.append(unread_);
    unread_ = kept_.view();
  }
}

bool Http1Client::body_complete() const {
  return phase_ == Phase::kBody && !failure_ && body_.ended() && (unread_.empty() || given_);
}

void Http1Client::end_of_stream() {
  if (phase_ == Phase::kBody) {
    if (!body_.end_of_stream()) fail(ErrorKind::kClosed, "upstream_body_cut", "closed within the body");
    return;
  }
  fail(ErrorKind::kClosed, "upstream_closed", received_ == 0 ? "closed without an answer" : "closed within the head");
}

void Http1Client::broken() {
  fail(ErrorKind::kReset, phase_ == Phase::kBody ? "upstream_body_cut" : "upstream_reset", stream_->last_error());
}

void Http1Client::malformed(std::string_view why) {
  fail(ErrorKind::kProtocol, "upstream_malformed_response", std::string(why));
}

void Http1Client::fail(ErrorKind kind, std::string_view reason, std::string message) {
  unread_ = {};
  failure_.emplace(kind, ErrorSource::kUpstream, reason, std::move(message));
}

}  // namespace gatehouse::http
