// One connection to Redis: several commands go out together and their replies come back together, under a deadline. RESP2,
// which every version speaks. After any failure it is closed, and connect() begins anew. One thread; lives in the frame of
// a coroutine of its worker.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/net/reactor.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/tls.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/redis/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::redis {

struct Reply {
  enum class Kind : std::uint8_t { kNil, kInteger, kText, kError, kList };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  // of kText and kError
  std::vector<Reply> items;
};
using Replies = std::vector<Reply>;

class ReplyReader;

class Client final : private net::IoHandler, private net::Timer {
 public:
  static constexpr std::size_t kLargestReply = 1 << 20;

  // `tls` is needed where settings.tls says so. A reply beyond `largest_reply` bytes ends the connection.
  Client(net::Worker& worker, net::Resolver& resolver, Settings settings, std::shared_ptr<const net::TlsClientContext> tls,
         std::size_t largest_reply = kLargestReply);
  ~Client() override;

  // Connects, authenticates, chooses the database. Errors: redis_unreachable, redis_timeout, redis_refused (what Redis said
  // is in the message), redis_protocol.
  net::Task<Result<void>> connect();
  // Adds a command to the next exchange.
  void append(std::span<const std::string_view> words);
  // Sends what was appended and waits for as many replies; an error reply is a reply. REQUIRES: connected.
  net::Task<Result<Replies>> exchange();
  // For a connection on which Redis speaks unasked: sends what was appended and waits for the next reply, whatever it answers.
  // Nothing when none has come by `until`; the connection holds. REQUIRES: connected.
  net::Task<Result<std::optional<Reply>>> next(TimePoint until);
  // For who has nothing to ask at the moment: `waiter` is woken when something happens to the connection, and look() says
  // whether it still holds. `waiter` outlives the connection.
  void wake_too(net::Waiter& waiter) { idle_ = &waiter; }
  Result<void> look();
  void close();

 private:
  struct Lookup;
  enum class Progress : std::uint8_t { kReceived, kWaiting, kBroken };

  void on_io(std::uint32_t events) override;
  void on_timer() override;
  net::Task<Result<std::vector<IpAddress>>> look_up();
  net::Task<Result<void>> open(IpAddress address);
  net::Task<Result<void>> shake_hands();
  net::Task<Result<void>> enter();
  void start_clock();
  Error failed(std::string_view what, int error);
  Error late(std::string_view what);
  Error fail(Error error);
  Error broke();
  Error no_redis(std::string problem);
  Progress move_some();

  net::Worker& worker_;
  net::Resolver& resolver_;
  const Settings settings_;
  const std::shared_ptr<const net::TlsClientContext> tls_;
  const std::size_t largest_reply_;
  net::Waiter waiter_;
  net::Waiter* idle_ = nullptr;
  std::shared_ptr<Lookup> lookup_;
  net::UniqueFd fd_;  // while it connects
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<ReplyReader> reader_;
  std::string out_;
  std::size_t sent_ = 0;
  std::size_t appended_ = 0;
  std::uint32_t events_ = 0;
  bool late_ = false;
};

}  // namespace gatehouse::redis
