// Backends and names for the tests of upstream: raw sockets that do what a test says, a resolver that answers when told.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/net/listener.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "unit/http/client_support.hpp"
#include "unit/net/support.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::upstream::testing {

using http::testing::hear_end;
using http::testing::hear_head;
using http::testing::reset;
using http::testing::say;
using net::testing::run_until;
using namespace std::chrono_literals;

// Listens; connections wait in the kernel until the test takes them.
class RawBackend {
 public:
  explicit RawBackend(std::string_view address = "127.0.0.1", std::uint16_t port = 0, int backlog = 4096);
  std::uint16_t port() const { return port_; }
  // Blocking; with a receive timeout.
  net::UniqueFd accept();
  bool has_connection() const;
  // Further connections are refused.
  void close() { listener_.reset(); }
  // From now on the kernel answers no new connection: for connects that hang.
  void stop_answering();

 private:
  net::UniqueFd listener_;
  std::uint16_t port_;
  std::vector<net::UniqueFd> fillers_;
};

// Answers requests on the worker itself, one connection after the other or many at once.
class ScriptedBackend {
 public:
  enum class Then : unsigned char { kKeep, kClose, kReset };
  struct Reaction {
    Reaction(std::string said, Then afterwards = Then::kKeep) : bytes(std::move(said)), then(afterwards) {}
    std::string bytes;  // may be empty: nothing is said
    Then then;
  };
  // Gets a request's head.
  using Script = std::function<Reaction(const std::string& head)>;
  ScriptedBackend(net::Worker& worker, Script script);
  ~ScriptedBackend();
  std::uint16_t port() const { return port_; }
  const std::vector<std::string>& heads() const { return heads_; }

 private:
  class Connection;
  net::Worker& worker_;
  Script script_;
  std::vector<std::string> heads_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Listener> listener_;
};

class FakeResolver final : public net::Resolver {
 public:
  void resolve(const std::string& host, Callback callback) override { asked.push_back({host, std::move(callback)}); }
  // To the oldest question. REQUIRES: there is one.
  void answer(const std::vector<std::string>& addresses, Duration ttl = 60s);
  void fail(ErrorKind kind = ErrorKind::kNotFound, std::string_view reason = "dns_not_found");

  struct Question {
    std::string host;
    Callback callback;
  };
  std::vector<Question> asked;

 private:
  Callback take();
};

TargetSettings target(const std::string& host, std::uint16_t port);
BackendSettings settings(const std::vector<TargetSettings>& targets);

// Runs the worker for as long as that: for what is specified to happen later.
void pass(net::Worker& worker, Duration time);

// A port of 127.0.0.1 where nobody listens.
std::uint16_t closed_port();

}  // namespace gatehouse::upstream::testing
