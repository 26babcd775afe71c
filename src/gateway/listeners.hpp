// Which addresses are listened on, over all workers: binds new ones before anything changes, so that a reload that cannot
// have its port fails whole. Control plane only.
#pragma once

#include "gateway/worker_plane.hpp"

#include "gatehouse/base/error.hpp"
#include "gatehouse/config/settings.hpp"

#include <memory>
#include <vector>

namespace gatehouse::gateway {

class Listeners {
 public:
  // While `overload` says so, none of them takes connections.
  explicit Listeners(std::shared_ptr<const Overload> overload = nullptr) : overload_(std::move(overload)) {}

  // What it would be; the sockets of new listeners are bound already.
  struct Plan {
    struct Entry {
      config::ListenerSettings settings;
      Endpoint bound;
      std::shared_ptr<http::ConnectionLimits> limits;
      std::vector<net::UniqueFd> sockets;  // one a worker; empty when it is open already
    };
    std::vector<Entry> entries;
  };
  Result<Plan> plan(const std::vector<config::ListenerSettings>& settings, std::size_t workers) const;
  // Makes it so; the shares of each worker.
  std::vector<std::vector<ListenerShare>> commit(Plan plan);

  std::vector<Endpoint> bound() const;

 private:
  struct Open {
    Endpoint asked, bound;
    config::ListenerPurpose purpose;
    std::shared_ptr<http::ConnectionLimits> limits;
  };
  bool ours(std::uint16_t port) const;

  std::shared_ptr<const Overload> overload_;
  std::vector<Open> open_;
  std::size_t workers_ = 0;
};

}  // namespace gatehouse::gateway
