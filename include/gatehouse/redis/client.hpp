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

#include <cstdint>
#include <memory>
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
  // `tls` is needed where settings.tls says so.
  Client(net::Worker& worker, net::Resolver& resolver, Settings settings, std::shared_ptr<const net::TlsClientContext> tls);
  ~Client() override;

  // Connects, authenticates, chooses the database. Errors: redis_unreachable, redis_timeout, redis_refused (what Redis said
  // is in the message), redis_protocol.
  net::Task<Result<void>> connect();
  // Adds a command to the next exchange.
  void append(std::span<const std::string_view> words);
  // Sends what was appended and waits for as many replies; an error reply is a reply. REQUIRES: connected.
  net::Task<Result<Replies>> exchange();
  void close();

 private:
  struct Lookup;

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
  bool send_some();
  bool receive_some(std::string& problem);

  net::Worker& worker_;
  net::Resolver& resolver_;
  const Settings settings_;
  const std::shared_ptr<const net::TlsClientContext> tls_;
  net::Waiter waiter_;
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
