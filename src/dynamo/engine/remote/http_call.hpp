// One HTTP request to one node, with a deadline over all of it. Lives in a coroutine's frame on the engine's own worker.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/net/timer_wheel.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/pool.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::dynamo {

struct HttpReply {
  int status = 0;
  std::string body;
  std::string crc32;  // x-amz-crc32, or empty
};

// How far it came: decides what may be tried again.
enum class CallEnd : unsigned char {
  kAnswered,  // whole
  kNotSent,   // no connection, or it was closed before a byte of the request had left
  kBroken,    // sent, and no whole answer
  kLate,      // the deadline passed
};

using HttpField = std::pair<std::string_view, std::string_view>;

class HttpCall : private net::Timer {
 public:
  // The largest answer that is taken.
  static constexpr std::size_t kMaxAnswer = 64 * 1024 * 1024;

  HttpCall(net::Worker& worker, upstream::Pool& pool, TimePoint deadline);
  ~HttpCall() override = default;

  // False: end() says why. Afterwards target() is known.
  net::Task<bool> connect(std::uint64_t tried);
  std::size_t target() const { return attempt_.target(); }
  bool has_target() const { return attempt_.has_target(); }
  // After connect(). `body` is borrowed until it ends.
  net::Task<CallEnd> exchange(std::string_view method, std::string_view path, std::string_view host, std::span<const HttpField> fields,
                              std::string_view body, HttpReply& reply);
  CallEnd end() const { return end_; }
  const std::string& cause() const { return cause_; }

 private:
  void on_timer() override;
  CallEnd ended(CallEnd end, std::string cause);
  void send(std::string_view method, std::string_view path, std::string_view host, std::span<const HttpField> fields,
            std::string_view body);
  net::Task<CallEnd> receive(HttpReply& reply);
  CallEnd broken();

  net::Waiter waiter_;
  TimePoint deadline_;
  bool late_ = false;
  upstream::Attempt attempt_;
  CallEnd end_ = CallEnd::kNotSent;
  std::string cause_;
};

}  // namespace gatehouse::dynamo
