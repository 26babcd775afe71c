#include "gateway/listeners.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

constexpr int kBacklog = 4096;

}  // namespace

bool Listeners::ours(std::uint16_t port) const {
  return std::ranges::any_of(open_, [port](const Open& open) { return open.bound.port == port; });
}

Result<Listeners::Plan> Listeners::plan(const std::vector<config::ListenerSettings>& settings, std::size_t workers) const {
  Plan plan;
  for (const auto& listener : settings) {
    Plan::Entry entry{listener, {}, {}, {}};
    const auto open = std::ranges::find_if(open_, [&listener](const Open& known) {
      return known.asked == listener.address && known.purpose == listener.purpose;
    });
    if (open != open_.end()) {
      entry.bound = open->bound;
      entry.limits = open->limits;
    } else {
      entry.limits = std::make_shared<http::ConnectionLimits>(overload_);
      Endpoint address = listener.address;
      // A listener that moves from 127.0.0.1 to 0.0.0.0 meets its old self, which closes only when the new one is open.
      auto use = ours(address.port) ? net::PortUse::kShared : net::PortUse::kNew;
      for (std::size_t i = 0; i < workers; ++i) {
        auto socket = net::bind_listener(address, kBacklog, use);
        if (!socket) return socket.error();
        address = net::local_endpoint(socket->get());
        entry.sockets.push_back(std::move(*socket));
        use = net::PortUse::kShared;
      }
      entry.bound = address;
    }
    plan.entries.push_back(std::move(entry));
  }
  return plan;
}

std::vector<std::vector<ListenerShare>> Listeners::commit(Plan plan) {
  open_.clear();
  for (const auto& entry : plan.entries) workers_ = std::max(workers_, entry.sockets.size());
  std::vector<std::vector<ListenerShare>> shares(workers_);
  for (auto& entry : plan.entries) {
    open_.push_back({entry.settings.address, entry.bound, entry.settings.purpose, entry.limits});
    entry.sockets.resize(workers_);
    for (std::size_t i = 0; i < workers_; ++i)
      shares[i].push_back({entry.settings, entry.bound, entry.limits, std::move(entry.sockets[i])});
  }
  return shares;
}

std::vector<Endpoint> Listeners::bound() const {
  std::vector<Endpoint> endpoints;
  for (const auto& open : open_) endpoints.push_back(open.bound);
  return endpoints;
}

}  // namespace gatehouse::gateway
