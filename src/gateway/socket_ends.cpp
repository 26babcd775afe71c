#include "gateway/socket_ends.hpp"

#include "gatehouse/base/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gatehouse::gateway {
namespace {

// Says so however the call ends.
class Told {
 public:
  explicit Told(std::function<void()> told) : told_(std::move(told)) {}
  ~Told() { told_(); }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

 private:
  std::function<void()> told_;
};

wsapi::Ending end_of(const wsapi::Orphan& orphan, const Clock& clock) {
  wsapi::Ending ending;
  ending.reason = "websocket_gateway_gone";
  ending.lasted = std::max(std::chrono::duration_cast<Duration>(clock.wall() - orphan.connected_at), Duration());
  return ending;
}

net::Task<void> run_tell(std::shared_ptr<wsapi::SocketApi> api, net::Worker& worker, wsapi::Orphan orphan, std::function<void()> told) {
  const Told guard(std::move(told));
  const wsapi::ConnectionFacts facts = orphan.facts();
  wsapi::Ending ending = end_of(orphan, api->clock());
  net::Task<void> telling = api->tell_end(worker, orphan.id, facts, std::move(ending));
  co_await telling;
}

}  // namespace

SocketEnds::SocketEnds(const std::vector<net::Worker*>& workers) {
  for (net::Worker* const worker : workers) desks_.push_back(std::make_unique<Desk>(*worker));
}

void SocketEnds::use(const std::vector<std::shared_ptr<wsapi::SocketApi>>& apis) {
  std::map<std::string, std::shared_ptr<wsapi::SocketApi>, std::less<>> by_name;
  for (const auto& api : apis) by_name.emplace(api->api(), api);
  const std::lock_guard lock(mutex_);
  apis_.swap(by_name);
}

void SocketEnds::tell(wsapi::Orphan orphan, std::function<void()> told) {
  std::shared_ptr<wsapi::SocketApi> api;
  {
    const std::lock_guard lock(mutex_);
    const auto found = apis_.find(orphan.api);
    if (found != apis_.end()) api = found->second;
  }
  if (!api) {
    log::warn("disconnect_not_told", {{"api", orphan.api}, {"connection_id", orphan.id.to_string()}, {"reason", "no_such_api"}});
    return told();
  }
  Desk& desk = *desks_[next_.fetch_add(1, std::memory_order_relaxed) % desks_.size()];
  desk.worker.post([&desk, api = std::move(api), orphan = std::move(orphan), told = std::move(told)]() mutable {
    desk.tasks.spawn("disconnect", run_tell(std::move(api), desk.worker, std::move(orphan), std::move(told)));
  });
}

void SocketEnds::close(const net::Worker& worker) { desks_[worker.index()]->tasks.stop(); }

}  // namespace gatehouse::gateway
