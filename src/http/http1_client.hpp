// One HTTP/1.1 connection to a backend and, embedded in it, the call that it carries: nothing is allocated per call but
// pooled blocks. Reads go into the worker's receive buffer; what came with the head is copied, because it has to outlive
// the turn, larger bodies pass through as views. One thread.
#pragma once

#include "gatehouse/http/client.hpp"
#include "request_writer.hpp"
#include "response_body.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::http {

class Http1Client final : public ClientConnection, private UpstreamCall, private net::IoHandler {
 public:
  Http1Client(net::Worker& worker, std::unique_ptr<net::Stream> stream, ClientLimits limits);
  ~Http1Client() override;

  // False when the system refuses to watch the descriptor.
  bool watch();

  UpstreamCall& begin(net::Waiter& waiter) override;
  bool end() override;
  void on_idle_end(OnIdleEnd callback) override { on_idle_end_ = std::move(callback); }
  std::uint32_t calls() const override { return calls_; }

 private:
  enum class Phase : std::uint8_t {
    kIdle,
    kBegun,     // nothing sent yet
    kHead,      // the answer's head is awaited
    kInformed,  // a 1xx was given out, and stays until the next poll
    kBody,      // the head was given out
    kUpgraded,
  };

  // UpstreamCall
  void send(const OutgoingRequest& head, std::string_view first, More more) override;
  void write(std::string_view bytes, More more) override;
  void finish(const Fields& trailers) override;
  bool drained() const override { return writer_.drained() || failure_.has_value(); }
  HeadState poll_head() override;
  const IncomingResponse& response() const override { return response_; }
  BodyChunk poll_body() override;
  void consume_body(std::size_t bytes) override;
  void limit_read(std::size_t bytes) override { read_limit_ = bytes; }
  Fields trailers() const override { return body_.trailers(); }
  bool body_complete() const override;
  const std::optional<Error>& failure() const override { return failure_; }
  bool closed_before_answer() const override;
  std::unique_ptr<net::Stream> take_stream(std::string& received) override;
  std::uint64_t bytes_received() const override { return received_; }
  std::uint64_t bytes_sent() const override { return writer_.bytes_sent(); }

  // IoHandler
  void on_io(std::uint32_t events) override;
  void on_idle_io();

  HeadLimits head_limits() const { return {limits_.head, limits_.head, limits_.headers}; }
  HeadState parse(std::span<char> bytes);
  HeadState judge_head(std::span<char> rest);
  HeadState take_informational(std::span<char> rest);
  HeadState take_upgrade(std::span<char> rest);
  HeadState take_final(std::span<char> rest);
  bool read_body();
  bool is_quiet();
  bool is_reusable();
  void check_writer();
  void end_of_stream();
  void broken();
  void malformed(std::string_view why);
  void fail(ErrorKind kind, std::string_view reason, std::string message);

  net::Worker& worker_;
  std::unique_ptr<net::Stream> stream_;
  net::Waiter* waiter_ = nullptr;
  OnIdleEnd on_idle_end_;
  ClientLimits limits_;

  RequestWriter writer_;
  Method method_ = Method::kOther;
  std::uint64_t upgrade_hash_ = 0;  // of the protocol that was offered

  HeadParser parser_;
  FieldRefs refs_;
  Bytes head_;
  IncomingResponse response_;
  ResponseBody body_;
  Bytes kept_;               // body bytes that outlive the turn
  std::string_view unread_;  // body bytes not consumed yet: in kept_, or in the receive buffer
  bool given_ = false;       // unread_ was given out by poll_body()
  bool surplus_ = false;     // bytes behind the answer

  std::optional<Error> failure_;
  std::uint64_t received_ = 0;
  std::size_t read_limit_ = SIZE_MAX;  // of one read of the body
  std::uint32_t calls_ = 0;
  std::uint32_t informational_ = 0;
  Phase phase_ = Phase::kIdle;
};

}  // namespace gatehouse::http
