// An upstream call without a connection: the test says what the backend answers, and reads what it was sent. One thread.
#pragma once

#include "gatehouse/http/client.hpp"
#include "support/fake_fields.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

class FakeCall final : public http::UpstreamCall {
 public:
  // ---- What the backend does
  void inform(int status, const FieldList& list = {}) {
    auto& head = heads_.emplace_back(std::make_unique<Head>(list));
    head->response.status = status;
    head->response.fields = head->fields.fields();
  }
  void answer(int status, const FieldList& list = {}, std::optional<std::uint64_t> content_length = {}) {
    inform(status, list);
    heads_.back()->response.content_length = content_length;
    heads_.back()->final = true;
  }
  void body(std::string bytes) { chunks_.push_back(std::move(bytes)); }
  void end(const FieldList& trailers = {}) {
    trailers_.assign(trailers);
    ended_ = true;
  }
  void fail(ErrorKind kind, std::string_view reason) { error_.emplace(kind, ErrorSource::kUpstream, reason); }
  void block() { blocked_ = true; }
  void unblock() { blocked_ = false; }

  // ---- What came of it
  bool sent = false;
  std::string method, target, authority;
  FieldList fields;
  std::optional<std::uint64_t> length;
  bool has_body = false;
  std::vector<std::string> writes;  // one for send() and each write()
  std::string sent_body;
  bool ended_request = false;
  FieldList sent_trailers;
  std::size_t polls = 0;
  std::vector<std::size_t> read_limits;
  bool closed = true;  // closed_before_answer()

  // ---- UpstreamCall
  void send(const http::OutgoingRequest& head, std::string_view first, http::More more) override {
    require(!sent, "send");
    sent = true;
    method = head.method;
    target = head.target;
    authority = head.authority;
    fields = apply_edits(head.base, head.edits);
    length = head.content_length;
    has_body = head.has_body;
    write(first, more);
  }
  void write(std::string_view bytes, http::More more) override {
    require(sent && !ended_request && !blocked_, "write");
    writes.emplace_back(bytes);
    sent_body += bytes;
    ended_request = more == http::More::kNo;
  }
  void finish(const http::Fields& trailers) override {
    require(sent && !ended_request && !blocked_, "finish");
    sent_trailers = apply_edits(&trailers, nullptr);
    ended_request = true;
  }
  bool drained() const override { return !blocked_; }
  http::HeadState poll_head() override {
    if (!heads_.empty()) {
      current_ = std::move(heads_.front());
      heads_.pop_front();
    }
    if (current_ && (current_->final || !std::exchange(current_->seen, true))) {
      return current_->final ? http::HeadState::kReady : http::HeadState::kInformational;
    }
    if (!error_) return http::HeadState::kPending;
    failure_ = error_;
    return http::HeadState::kFailed;
  }
  const http::IncomingResponse& response() const override { return current_->response; }
  http::BodyChunk poll_body() override {
    ++polls;
    if (!chunks_.empty()) return {http::BodyState::kData, chunks_.front()};
    if (ended_) return {http::BodyState::kEnd, {}};
    if (!error_) return {http::BodyState::kPending, {}};
    failure_ = error_;
    return {http::BodyState::kFailed, {}};
  }
  void consume_body(std::size_t bytes) override {
    require(!chunks_.empty() && bytes == chunks_.front().size(), "consume");
    chunks_.pop_front();
  }
  void limit_read(std::size_t bytes) override { read_limits.push_back(bytes); }
  http::Fields trailers() const override { return ended_ ? trailers_.fields() : http::Fields(); }
  // As the client connection has it: true as soon as the last piece was given out.
  bool body_complete() const override { return ended_ && chunks_.size() <= 1; }
  const std::optional<Error>& failure() const override { return failure_; }
  bool closed_before_answer() const override { return closed; }
  std::unique_ptr<net::Stream> take_stream(std::string&) override { return nullptr; }
  std::uint64_t bytes_received() const override { return 0; }
  std::uint64_t bytes_sent() const override { return sent ? 1 + sent_body.size() : 0; }

 private:
  struct Head {
    explicit Head(const FieldList& list) : fields(list) {}
    FakeFields fields;
    http::IncomingResponse response;
    bool final = false;
    bool seen = false;
  };
  static void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(std::string("out of turn: ") + what);
  }

  std::deque<std::unique_ptr<Head>> heads_;
  std::unique_ptr<Head> current_;
  std::deque<std::string> chunks_;
  FakeFields trailers_;
  bool ended_ = false;
  bool blocked_ = false;
  std::optional<Error> error_, failure_;
};

}  // namespace gatehouse::testing
