// One HTTP request of the gateway's own to one target, its answer taken whole, with a deadline over all of it: for key sets,
// authorizers, nodes of a store. Lives in a coroutine's frame, on the pool's worker.
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
#include <vector>

namespace gatehouse::http {
class Exchange;
}

namespace gatehouse::upstream {

struct HttpReply {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // names as they were written

  // The first of that name, in any letter case; empty: none.
  std::string_view field(std::string_view name) const;
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
  // `max_answer`: the largest body that is taken, in bytes. `client`: the exchange on whose behalf it is, which outlives it; when that fails the
  // call is kLate at once. It sleeps on the exchange's waiter then.
  HttpCall(net::Worker& worker, Pool& pool, TimePoint deadline, std::size_t max_answer, http::Exchange* client = nullptr);
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
  bool given_up() const;
  CallEnd give_up(std::string_view why);

  net::Waiter own_;
  http::Exchange* client_;
  net::Waiter& waiter_;
  TimePoint deadline_;
  std::size_t max_answer_;
  bool late_ = false;
  Attempt attempt_;
  CallEnd end_ = CallEnd::kNotSent;
  std::string cause_;
};

}  // namespace gatehouse::upstream
