// The exchange that an integration sees of a message, a handshake or an end: what it is asked is made here, and what it answers is
// taken whole, under a bound. Lives in the coroutine of what it is about, on its worker's thread.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/net/ready_list.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::wsapi {

// What a body is taken for.
enum class Content : std::uint8_t { kJson, kText, kBinary };

class CallExchange final : public http::Exchange {
 public:
  // What came back.
  struct Answered {
    int status = 0;
    bool complete = false;
    bool too_large = false;
    std::string body;
    std::string_view type, subprotocol, join, leave;  // fields; in the arena
    bool groups_malformed = false;                    // in Amazon's form: something in join or leave is no text
    bool function_failed = false;                     // X-Amz-Function-Error: the body says how, to nobody but the log
  };

  // Of a message, or of an end. Texts are borrowed: they outlive this.
  CallExchange(net::Worker& worker, const IpAddress& client, std::string_view scheme, std::string_view path, std::string_view authority,
               std::size_t most);
  // Of a handshake: sleeps on its waiter. Goes on when its client leaves: an integration that says yes to a $connect must be told
  // the end too.
  CallExchange(http::Exchange& of, std::size_t most);

  // The body of the request and how it is called. `bytes` outlive this.
  void set_body(std::string_view bytes, Content content);
  // The fields of the request instead of the body's type. They outlive this.
  void set_fields(const http::Fields& fields) { request_.fields = fields; }
  // Instead of that body, which was seen, goes a JSON of this size that somebody else holds.
  void set_event(std::size_t bytes);
  // Counted as what the client got.
  void note_sent(std::size_t bytes) { sent_ += bytes; }

  Answered& answered() { return answered_; }

  http::BodyChunk poll_body() override;
  void consume_body(std::size_t bytes) override;
  http::Fields trailers() const override { return {}; }
  bool body_complete() const override { return body_.size() == consumed_; }
  void write(std::string_view bytes, http::More more) override;
  void finish(const http::Fields&) override { answered_.complete = true; }
  bool drained() const override { return true; }
  const http::RequestHead& request() const override { return request_; }
  const http::Peer& peer() const override { return peer_; }
  net::Worker& worker() override { return worker_; }
  Arena& arena() override { return arena_; }
  net::Waiter& waiter() override { return of_ != nullptr ? of_->waiter() : *waiter_; }
  TimePoint arrival() const override { return arrival_; }
  void set_body_limit(std::uint64_t) override {}
  std::uint64_t body_limit() const override { return std::numeric_limits<std::uint64_t>::max(); }
  void refuse_body() override { failure_ = http::Failure::kBodyRefused; }
  void inform(int, const http::Fields*) override {}
  void respond(const http::ResponseHead& head, std::string_view first, http::More more) override;
  bool responded() const override { return answered_.status != 0; }
  void abort() override { failure_ = http::Failure::kHandler; }
  http::Upgraded upgrade(const http::ResponseHead&) override { return {}; }
  http::Failure failure() const override { return failure_; }
  std::size_t send_room() const override { return 0; }
  std::uint64_t bytes_received() const override { return body_.size(); }
  std::uint64_t bytes_sent() const override { return sent_; }

 private:
  void note(http::FieldId id, std::string_view name, std::string_view value);
  void append(std::string_view& list, std::string_view value);
  void set_content(std::size_t bytes, Content content);

  net::Worker& worker_;
  http::Exchange* of_ = nullptr;
  std::optional<net::Waiter> waiter_;  // of its own
  Arena arena_;
  http::Peer peer_;
  TimePoint arrival_;
  std::size_t most_;
  http::RequestHead request_;
  std::string_view body_;
  std::size_t consumed_ = 0;
  std::uint64_t sent_ = 0;
  Answered answered_;
  http::Failure failure_ = http::Failure::kNone;
};

}  // namespace gatehouse::wsapi
