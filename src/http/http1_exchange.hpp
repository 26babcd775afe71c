// One HTTP/1 request and its answer, with all the memory they need: taken from the host's pool when the first byte of a
// head arrives and given back when the connection is idle again. Its session owns it. One thread.
#pragma once

#include "body_patience.hpp"
#include "gatehouse/http/exchange.hpp"
#include "head_parser.hpp"
#include "http1_answer.hpp"
#include "http1_input.hpp"
#include "http1_output.hpp"
#include "http1_request_body.hpp"

#include <coroutine>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::http {

class Http1Session;
class SessionHost;

class Http1Exchange final : public Exchange {
 public:
  explicit Http1Exchange(SessionHost& host);
  ~Http1Exchange();
  Http1Exchange(const Http1Exchange&) = delete;
  Http1Exchange& operator=(const Http1Exchange&) = delete;

  // ---- Exchange
  BodyChunk poll_body() override;
  void consume_body(std::size_t bytes) override;
  Fields trailers() const override { return body_.trailers(); }
  bool body_complete() const override { return body_.complete(); }
  void write(std::string_view bytes, More more) override;
  void finish(const Fields& trailers) override;
  bool drained() const override { return !output_.blocked(); }
  const RequestHead& request() const override { return request_; }
  const Peer& peer() const override;
  net::Worker& worker() override;
  Arena& arena() override { return arena_; }
  net::Waiter& waiter() override { return *waiter_; }
  TimePoint arrival() const override { return arrival_; }
  void set_body_limit(std::uint64_t bytes) override { body_.set_limit(bytes); }
  std::uint64_t body_limit() const override { return body_.limit(); }
  void refuse_body() override { fail(Failure::kBodyRefused); }
  void inform(int status, const Fields* fields) override;
  void respond(const ResponseHead& head, std::string_view first, More more) override;
  bool responded() const override { return answer_.begun(); }
  void abort() override;
  Upgraded upgrade(const ResponseHead& head) override;
  Failure failure() const override { return failure_; }
  std::size_t send_room() const override;
  std::uint64_t bytes_received() const override { return head_bytes_ + body_.wire_bytes(); }
  std::uint64_t bytes_sent() const override;

  // ---- What the session does with it
  void attach(Http1Session& session);
  Http1Input& input() { return input_; }
  Http1Output& output() { return output_; }
  const Http1Answer& answer() const { return answer_; }
  Http1RequestBody& body() { return body_; }
  const HeadParser& parser() const { return parser_; }

  // Looks for a head at the front of the input.
  ParseStatus parse();
  // Runs the handler until it sleeps or ends. REQUIRES: parse() said kComplete.
  void start();
  bool ended() const { return ended_; }
  // Logs what the handler threw. REQUIRES: ended().
  void settle();
  // An answer of the session's own, in place of a handler's.
  void answer_refusal(int status);
  // Makes room for the next request; what was received and what must still be sent stay.
  void restart();
  // Forgets everything.
  void reset();

  void on_io(std::uint32_t events);
  // Sends what is staged. False when a remainder waits, or the connection broke.
  bool flush();
  // The earliest of its deadlines; TimePoint::max() when there is none.
  TimePoint deadline() const;
  void on_deadline(TimePoint now);
  void fail(Failure why);
  // Destroys a handler where it sleeps; its frame may look at the exchange once more.
  void cancel();

 private:
  class EndSignal;

  void on_handler_end();
  bool receive_body();
  void await_body();
  void send(std::span<const std::string_view> pieces, More more);
  void after_send(Http1Output::Status status);
  bool body_will_end(More more) const;
  HeadLimits head_limits() const;

  SessionHost& host_;
  Http1Session* session_ = nullptr;

  HeadParser parser_;
  FieldRefs refs_;
  Arena arena_;
  RequestHead request_;
  Http1Input input_;
  Http1RequestBody body_;
  BodyPatience patience_;
  Http1Output output_;
  Http1Answer answer_;
  std::optional<net::Waiter> waiter_;
  std::coroutine_handle<> end_signal_;
  net::Task<void> task_;  // destroyed before all that its frame may use

  TimePoint arrival_{};
  TimePoint send_deadline_ = TimePoint::max();
  std::uint64_t head_bytes_ = 0;
  std::uint64_t sent_before_ = 0;  // by earlier requests, out of the same output
  TimePoint turn_{};
  std::size_t body_read_ = 0;  // how much to read of the body at once
  std::uint32_t reads_in_turn_ = 0;
  Failure failure_ = Failure::kNone;
  bool expects_continue_ = false;
  bool starting_ = false;  // start() is on the stack
  bool ended_ = false;
};

}  // namespace gatehouse::http
