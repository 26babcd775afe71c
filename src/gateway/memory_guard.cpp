#include "gateway/memory_guard.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/net/task_group.hpp"

#include <malloc.h>

#include <string_view>

namespace gatehouse::gateway {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(100);
constexpr auto kBetweenTrims = std::chrono::seconds(1);

bool crossed(bool before, std::uint64_t used, std::uint64_t bound) {
  if (bound == 0) return false;
  return used >= (before ? bound - bound / 20 : bound);
}

std::uint64_t share_of(double share, std::uint64_t whole) { return static_cast<std::uint64_t>(share * static_cast<double>(whole)); }

}  // namespace

bool MemoryBounds::update(std::uint64_t used, Overload& overload) const {
  const auto set = [used](std::atomic<bool>& flag, std::uint64_t bound) {
    const bool before = flag.load(std::memory_order_relaxed);
    const bool now = crossed(before, used, bound);
    if (now != before) flag.store(now, std::memory_order_relaxed);
    return now != before;
  };
  const bool requests = set(overload.refuses_requests, requests_);
  const bool connections = set(overload.refuses_connections, connections_);
  return requests || connections;
}

MemoryGuard::MemoryGuard(observe::Registry& registry) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::function<double()> read) {
    metrics_.push_back(registry.observe(observe::Registry::Kind::kGauge, name, help, {}, std::move(read)));
  };
  gauge("gatehouse_memory_used_bytes", "Memory in use, as `memory` counts it; 0 when nobody watches.",
        [this] { return static_cast<double>(used_.load(std::memory_order_relaxed)); });
  gauge("gatehouse_memory_limit_bytes", "The limit that `memory` sets; 0: none.",
        [this] { return static_cast<double>(limit_.load(std::memory_order_relaxed)); });
  gauge("gatehouse_overload", "0: everything is taken; 1: new requests are refused; 2: new connections as well.", [this] {
    return double(overload_->refuses_requests.load(std::memory_order_relaxed)) +
           double(overload_->refuses_connections.load(std::memory_order_relaxed));
  });
}

void MemoryGuard::use(const middleware::MemorySettings& settings, net::BackgroundWorker& background) {
  using Kind = middleware::MemoryLimit::Kind;
  const bool of_group = settings.limit.kind == Kind::kShare && gauge_.group_limit() > 0;
  std::uint64_t limit = settings.limit.bytes;
  if (settings.limit.kind == Kind::kNone) limit = 0;
  if (settings.limit.kind == Kind::kShare)
    limit = share_of(settings.limit.share, of_group ? gauge_.group_limit() : gauge_.physical());
  of_group_ = of_group;
  requests_ = share_of(settings.refuse_requests, limit);
  connections_ = share_of(settings.refuse_connections, limit);
  limit_ = limit;
  if (limit == 0 || watching_) return;
  watching_ = true;
  background.spawn("memory guard", [this, &background] { return run_watch(background.worker()); });
}

net::Task<void> MemoryGuard::run_watch(net::Worker& worker) {
  while (true) {
    look();
    co_await net::sleep_for(worker, kBetweenLooks);
  }
}

std::uint64_t MemoryGuard::used() const {
  if (limit_ == 0) return 0;
  return of_group_ ? gauge_.group_use() : gauge_.process_use();
}

// What was freed stays with the allocator and counts as used: while the process is short it is handed back.
void MemoryGuard::look() {
  const std::uint64_t used_now = used();
  used_.store(used_now, std::memory_order_relaxed);
  if (MemoryBounds(requests_, connections_).update(used_now, *overload_)) {
    const bool requests = overload_->refuses_requests.load(std::memory_order_relaxed);
    const bool connections = overload_->refuses_connections.load(std::memory_order_relaxed);
    const std::string_view refused = connections ? "connections" : requests ? "requests" : "nothing";
    const auto level = requests || connections ? log::Level::kWarn : log::Level::kInfo;
    log::write(level, requests || connections ? "overloaded" : "overload_over",
               {{"refused", refused}, {"used_bytes", used_now}, {"limit_bytes", limit_.load()}});
  }
  if (!overload_->refuses_requests.load(std::memory_order_relaxed)) return;
  const TimePoint now = std::chrono::steady_clock::now();
  if (now - trimmed_ < kBetweenTrims) return;
  trimmed_ = now;
  ::malloc_trim(0);
}

}  // namespace gatehouse::gateway
