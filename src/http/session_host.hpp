// What the sessions of one server share on their worker: settings, the handler, pooled request state, the Date of this
// second, and the place where a session continues outside of its own callbacks. Owns the sessions. One thread.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/http/server.hpp"
#include "gatehouse/http/settings.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace gatehouse::http {

class Http1Exchange;
class Http1Session;

class SessionHost {
 public:
  SessionHost(net::Worker& worker, std::shared_ptr<ConnectionLimits> limits, Handler& handler, ServerSettings settings,
              IpSet trusted_proxies);
  ~SessionHost();  // destroys every session, requests in progress included
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  net::Worker& worker() { return worker_; }
  Handler& handler() { return handler_; }
  const ServerSettings& settings() const { return settings_; }
  bool draining() const { return draining_; }
  std::size_t sessions() const { return count_; }

  void update(ServerSettings settings, IpSet trusted_proxies);
  void drain();

  // Counts `connection` against the limits and starts its session, or refuses it.
  void accept(net::UniqueFd connection, const Endpoint& peer);
  // Once for every connection that was admitted.
  void release(const IpAddress& client, bool counted_by_client);
  // Counts the connection of `client` until it is let go: for connections that outlive their session.
  std::shared_ptr<void> make_permit(const IpAddress& client, bool counted_by_client);

  void link(Http1Session& session);
  void unlink(Http1Session& session);
  // Calls session.go_on(), and deletes it when that says it is over: later in this turn, with nothing of it on the stack.
  void run_soon(Http1Session& session);
  // The same after other connections had their turn.
  void run_next_turn(Http1Session& session);

  std::unique_ptr<Http1Exchange> take_exchange();
  void give_exchange(std::unique_ptr<Http1Exchange> exchange);

  // Whether an answer may wait for the others of this turn: all but the turn's first. Counts it.
  bool answers_gather();

  // The value of the Date field, as of this turn.
  std::string_view date();

 private:
  struct Queue {
    Http1Session* first = nullptr;
    Http1Session* last = nullptr;
  };
  void push(Queue& queue, Http1Session& session);
  net::Task<void> run_queue();
  void end_turn();
  void refuse(net::UniqueFd connection, const Peer& peer, ConnectionLimits::Verdict verdict);

  net::Worker& worker_;
  std::shared_ptr<ConnectionLimits> limits_;
  Handler& handler_;
  ServerSettings settings_;
  IpSet trusted_proxies_;

  Http1Session* sessions_ = nullptr;
  std::size_t count_ = 0;
  std::size_t refused_ = 0;  // of them, sessions that only bring a refusal to its client
  bool draining_ = false;

  net::Waiter soon_;
  Queue queue_;
  Queue next_turn_;
  bool turn_posted_ = false;
  net::Task<void> runner_;

  TimePoint answer_turn_{};
  bool answered_in_turn_ = false;

  std::vector<std::unique_ptr<Http1Exchange>> spare_exchanges_;
  std::array<char, 29> date_{};
  TimePoint date_until_{};
  // What was posted to the worker finds out by it that the host is gone.
  std::shared_ptr<SessionHost*> self_;
};

}  // namespace gatehouse::http
