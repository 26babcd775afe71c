// What the tests of the server session share: a worker on its own thread with a Server on it, a handler that does what the
// test says, and a client that speaks raw bytes over a TCP connection. Nothing here sleeps: every wait is for an event and
// gives up after a deadline that only a failing test meets.
#pragma once

#include "gatehouse/http/server.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace gatehouse::http::testing {

inline constexpr std::chrono::seconds kPatience{20};

// Set once on one thread, awaited on another.
class Signal {
 public:
  void set();
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

struct SeenRefusal {
  int status;
  std::string reason;
  std::uint64_t received, sent;
};

class ScriptedHandler final : public Handler {
 public:
  using Script = std::function<net::Task<void>(Exchange&)>;

  void set_script(Script script) { script_ = std::move(script); }
  net::Task<void> handle(Exchange& exchange) override;
  void on_refusal(const Refusal& refusal) override;
  void on_connection_opened() override;
  void on_connection_closed() override;

  int requests() const;
  int opened() const;
  std::vector<SeenRefusal> refusals() const;
  // Waits until so many connections were closed, or refusals seen.
  bool wait_for_closed(int count);
  bool wait_for_refusals(std::size_t count);

 private:
  Script script_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int requests_ = 0;
  int opened_ = 0;
  int closed_ = 0;
  std::vector<SeenRefusal> refusals_;
};

struct Reply {
  int status = 0;
  std::string head;  // with the empty line
  std::string body;  // framing taken off
  std::string trailers;
  bool complete = false;  // as the framing says; an answer that ends with the connection is complete

  bool has(std::string_view line) const { return head.find(std::string(line) + "\r\n") != std::string::npos; }
};

enum class BodyExpected : std::uint8_t { kYes, kNo };

// kSmall: the kernels take some 100 KB in each direction before they refuse more, not megabytes.
enum class Buffers : std::uint8_t { kUsual, kSmall };

class Client {
 public:
  explicit Client(net::UniqueFd socket) : socket_(std::move(socket)) {}

  void send(std::string_view bytes);
  // `pattern` again and again, as much as the kernels take while the server does not read; the count.
  std::size_t send_until_full(std::string_view pattern, std::size_t at_most);
  // Skips nothing: an interim answer is a reply too. `kNo` for answers to HEAD.
  Reply read_reply(BodyExpected body = BodyExpected::kYes);
  std::string read(std::size_t bytes);
  // All that is left until the end of the connection.
  std::string read_to_end();
  // True when the connection ends without one more byte.
  bool at_end();
  bool was_reset() const { return reset_; }
  void end_sending();
  // Closes with a reset.
  void reset();
  void close() { socket_.reset(); }
  int fd() const { return socket_.get(); }

 private:
  bool more();

  net::UniqueFd socket_;
  std::string received_;
  bool reset_ = false;
};

net::Task<void> answer_text(Exchange& exchange, int status, std::string text);
// Really sleeps, for a turn of the worker.
net::Task<void> sleep_once(Exchange& exchange);
// Until the end or the failure of the body.
net::Task<std::string> read_body(Exchange& exchange);
net::Task<void> echo_body(Exchange& exchange);
// Until the exchange fails.
net::Task<void> sleep_until_failed(Exchange& exchange);

class SessionTest : public ::testing::Test {
 protected:
  SessionTest();
  ~SessionTest() override;

  void serve(ScriptedHandler::Script script, ServerSettings settings = {}, IpSet trusted = {});
  Client connect(Buffers buffers = Buffers::kUsual);
  // Both ends of a loopback connection: the server's non-blocking.
  static std::pair<net::UniqueFd, net::UniqueFd> tcp_pair();
  void destroy_server();

  template <class Function>
  auto on_worker(Function function) {
    using Value = std::invoke_result_t<Function>;
    std::promise<Value> promise;
    worker_->post([&] {
      if constexpr (std::is_void_v<Value>) {
        function();
        promise.set_value();
      } else {
        promise.set_value(function());
      }
    });
    return promise.get_future().get();
  }
  std::size_t connections() {
    return on_worker([this] { return server_->connections(); });
  }

  ScriptedHandler handler_;
  std::shared_ptr<ConnectionLimits> limits_ = std::make_shared<ConnectionLimits>();
  std::unique_ptr<net::Worker> worker_;
  std::unique_ptr<Server> server_;

 private:
  std::thread thread_;
};

}  // namespace gatehouse::http::testing
