// An exchange without a connection: the test says what the client sends, and reads what it was sent. One thread.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/http/method.hpp"
#include "support/fake_fields.hpp"

#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

class FakeExchange final : public http::Exchange {
 public:
  static constexpr std::uint64_t kListenersLimit = 10'000'000;
  // `target` as in a request line; no body until body(), end_body() or fail() say so.
  explicit FakeExchange(net::Worker& worker, std::string method = "GET", std::string target = "/",
                        const FieldList& fields = {})
      : worker_(worker),
        waiter_(worker.ready()),
        method_(std::move(method)),
        target_(std::move(target)),
        fields_(fields) {
    request_.method = http::parse_method(method_);
    request_.method_text = method_;
    request_.scheme = "http";
    request_.fields = fields_.fields();
    authority_ = find_field(fields, "host").value_or("gateway.test");
    request_.authority = authority_;
    const std::string_view whole = target_;
    const auto question = whole.find('?');
    request_.path = whole.substr(0, question);
    if (question != std::string_view::npos) request_.query = whole.substr(question + 1);
    peer_.remote = {*IpAddress::parse("192.0.2.7"), 40000};
    peer_.local = {*IpAddress::parse("127.0.0.1"), 8080};
  }

  // ---- What the test arranges
  http::RequestHead& head() { return request_; }
  http::Peer& peer_facts() { return peer_; }
  // The request has a body of which these bytes are there.
  void body(std::string bytes) {
    request_.has_body = true;
    ended_ = false;
    chunks_.push_back(std::move(bytes));
  }
  void expect_body() {
    request_.has_body = true;
    ended_ = false;
  }
  void end_body(const FieldList& trailers = {}) {
    request_trailers_.assign(trailers);
    ended_ = true;
  }
  void fail(http::Failure why) {
    failure_ = why;
    waiter_.wake();
  }
  void block() { blocked_ = true; }  // the client takes nothing more
  void unblock() {
    blocked_ = false;
    waiter_.wake();
  }
  bool block_after_write = false;    // the client takes one write and then nothing
  std::size_t room = 0;              // what send_room() says
  std::optional<TimePoint> arrived;  // none: now
  std::uint64_t head_received = 0;  // counted as bytes on the wire, as are the bodies
  std::uint64_t head_sent = 0;

  // ---- What came of it
  int status = 0;
  FieldList sent_fields;
  std::optional<std::uint64_t> sent_length;
  std::string sent_body;
  std::vector<std::string> writes;  // one for respond() and each write()
  bool ended_answer = false;
  bool aborted = false;
  FieldList sent_trailers;
  std::vector<int> informed;
  std::size_t consumed = 0;
  std::optional<std::uint64_t> limited_to;
  std::optional<std::string> field(std::string_view name) const { return find_field(sent_fields, name); }

  // ---- Exchange
  http::BodyChunk poll_body() override {
    if (failure_ != http::Failure::kNone) return {http::BodyState::kFailed, {}};
    if (!chunks_.empty()) return {http::BodyState::kData, chunks_.front()};
    return {ended_ ? http::BodyState::kEnd : http::BodyState::kPending, {}};
  }
  void consume_body(std::size_t bytes) override {
    if (chunks_.empty() || bytes > chunks_.front().size()) throw std::logic_error("consumed more than there was");
    consumed += bytes;
    chunks_.front().erase(0, bytes);
    if (chunks_.front().empty()) chunks_.pop_front();
  }
  http::Fields trailers() const override { return request_trailers_.fields(); }
  bool body_complete() const override { return ended_ && chunks_.empty(); }
  void write(std::string_view bytes, http::More more) override {
    require(status != 0 && !ended_answer && !blocked_, "write");
    sent_body += bytes;
    writes.emplace_back(bytes);
    if (block_after_write) block();
    ended_answer = more == http::More::kNo;
  }
  void finish(const http::Fields& trailers) override {
    require(status != 0 && !ended_answer, "finish");
    sent_trailers = apply_edits(&trailers, nullptr);
    ended_answer = true;
  }
  bool drained() const override { return !blocked_; }
  const http::RequestHead& request() const override { return request_; }
  const http::Peer& peer() const override { return peer_; }
  net::Worker& worker() override { return worker_; }
  Arena& arena() override { return arena_; }
  net::Waiter& waiter() override { return waiter_; }
  TimePoint arrival() const override { return arrived.value_or(worker_.now()); }
  void set_body_limit(std::uint64_t bytes) override { limited_to = bytes; }
  std::uint64_t body_limit() const override { return limited_to.value_or(kListenersLimit); }
  void refuse_body() override { failure_ = http::Failure::kBodyRefused; }
  void inform(int informational, const http::Fields*) override { informed.push_back(informational); }
  void respond(const http::ResponseHead& answer, std::string_view first, http::More more) override {
    require(status == 0 && failure_ != http::Failure::kClientGone, "respond");
    status = answer.status;
    sent_fields = apply_edits(answer.base, &answer.edits);
    sent_length = answer.content_length;
    write(first, more);
  }
  bool responded() const override { return status != 0; }
  void abort() override {
    aborted = true;
    failure_ = http::Failure::kHandler;
  }
  http::Upgraded upgrade(const http::ResponseHead&) override { throw std::logic_error("no upgrades here"); }
  http::Failure failure() const override { return failure_; }
  std::size_t send_room() const override { return room; }
  std::uint64_t bytes_received() const override { return head_received + consumed; }
  std::uint64_t bytes_sent() const override { return head_sent + sent_body.size(); }

 private:
  static void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(std::string("out of turn: ") + what);
  }

  net::Worker& worker_;
  net::Waiter waiter_;
  Arena arena_;
  std::string method_, target_, authority_;
  FakeFields fields_, request_trailers_;
  http::RequestHead request_;
  http::Peer peer_;
  std::deque<std::string> chunks_;
  bool ended_ = true;
  bool blocked_ = false;
  http::Failure failure_ = http::Failure::kNone;
};

}  // namespace gatehouse::testing
