#include "gateway/worker_plane.hpp"

namespace gatehouse::gateway {

WorkerPlane::Door::Door(net::Worker& worker, RequestHandler& handler, ListenerShare share, const IpSet& trusted)
    : purpose(share.settings.purpose),
      server(worker, std::move(share.limits), handler.entrance(purpose), share.settings.http, trusted),
      listener(worker, std::move(share.socket),
               [this](net::UniqueFd connection, const Endpoint& peer) { server.accept(std::move(connection), peer); }) {}

WorkerPlane::WorkerPlane(net::Worker& worker, observe::Registry& registry, const TrailTokens& trail_tokens, const Clock& clock)
    : worker_(worker), resolver_(net::make_resolver(worker)), handler_(worker, registry, trail_tokens, clock) {}

void WorkerPlane::adopt(std::shared_ptr<const Snapshot> snapshot, std::vector<ListenerShare> shares) {
  for (const auto& pools : snapshot->backends) pools->open_on(worker_, *resolver_);
  const IpSet& trusted = snapshot->settings.trusted_proxies;
  std::erase_if(closing_, [](const auto& door) { return door->server.connections() == 0; });

  std::map<Endpoint, std::unique_ptr<Door>> wanted;
  for (const SocketPart& part : snapshot->sockets) part.api->adopt(worker_, part.routes);
  handler_.adopt(snapshot);
  for (ListenerShare& share : shares) {
    const Endpoint bound = share.bound;
    if (const auto open = doors_.find(bound); open != doors_.end() && open->second->purpose == share.settings.purpose) {
      open->second->server.update(share.settings.http, trusted);
      wanted[bound] = std::move(open->second);
      doors_.erase(open);
    } else {
      wanted[bound] = std::make_unique<Door>(worker_, handler_, std::move(share), trusted);
    }
  }
  for (auto& [bound, door] : doors_) {
    door->listener.drain();
    door->server.drain();
    closing_.push_back(std::move(door));
  }
  doors_ = std::move(wanted);
}

void WorkerPlane::drain() {
  for (auto& [bound, door] : doors_) {
    door->listener.drain();
    door->server.drain();
  }
}

}  // namespace gatehouse::gateway
