// Everything of the gateway that lives on one worker: its listeners with their servers, its resolver, its request handler.
// Made before the worker runs; afterwards on its thread alone, unless a method says otherwise.
#pragma once

#include "gateway/request_handler.hpp"
#include "gateway/snapshot.hpp"

#include "gatehouse/http/server.hpp"
#include "gatehouse/net/listener.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/worker.hpp"

#include <map>
#include <memory>
#include <vector>

namespace gatehouse::gateway {

// A listener's share for one worker: a socket to take over, or none when the worker already listens there.
struct ListenerShare {
  config::ListenerSettings settings;
  Endpoint bound;
  std::shared_ptr<http::ConnectionLimits> limits;
  net::UniqueFd socket;
};

class WorkerPlane {
 public:
  WorkerPlane(net::Worker& worker, observe::Registry& registry, const TrailTokens& trail_tokens, const Clock& clock);

  // Opens the backends' pools, swaps the snapshot, then opens, updates and closes listeners so that they are `shares`.
  void adopt(std::shared_ptr<const Snapshot> snapshot, std::vector<ListenerShare> shares);
  // No new connections; idle ones close; the others after their answer.
  void drain();

  const RequestHandler& handler() const { return handler_; }  // its any-thread methods

 private:
  struct Door {
    Door(net::Worker& worker, RequestHandler& handler, ListenerShare share, const IpSet& trusted);
    config::ListenerPurpose purpose;
    http::Server server;
    net::Listener listener;
  };

  net::Worker& worker_;
  std::unique_ptr<net::Resolver> resolver_;
  RequestHandler handler_;
  std::map<Endpoint, std::unique_ptr<Door>> doors_;        // by the address they are bound to
  std::vector<std::unique_ptr<Door>> closing_;             // of listeners that a reload removed: until their last answer
};

}  // namespace gatehouse::gateway
