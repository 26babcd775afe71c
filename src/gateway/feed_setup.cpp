#include "gateway/feed_setup.hpp"

namespace gatehouse::gateway {

std::vector<wsapi::FeedSetup> feed_setup(const config::Settings& settings, const StoresByName& stores) {
  std::vector<wsapi::FeedSetup> all;
  for (const config::ApiSettings& api : settings.apis) {
    if (!api.sockets) continue;
    for (const wsapi::FeedSettings& feed : api.sockets->feeds)
      all.push_back({api.id(), stores.at(feed.store), feed, static_cast<std::size_t>(api.sockets->limits.socket.message)});
  }
  return all;
}

}  // namespace gatehouse::gateway
