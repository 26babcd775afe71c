// Watches the memory in use, and says when new requests, and then new connections, must be turned away. The looks are taken
// on the background thread, ten a second; requests read two flags. use() on the control plane only.
#pragma once

#include "gatehouse/base/memory_gauge.hpp"
#include "gatehouse/base/overload.hpp"
#include "gatehouse/middleware/overload.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace gatehouse::gateway {

// Where the two bounds are, and what is refused at present: left again only a twentieth below each bound, so that a
// process that hovers there does not flap. One thread.
class MemoryBounds {
 public:
  // All 0: no bounds.
  MemoryBounds(std::uint64_t requests, std::uint64_t connections) : requests_(requests), connections_(connections) {}
  // True when something changed.
  bool update(std::uint64_t used, Overload& overload) const;

 private:
  std::uint64_t requests_, connections_;
};

class MemoryGuard {
 public:
  explicit MemoryGuard(observe::Registry& registry);

  void use(const middleware::MemorySettings& settings, net::BackgroundWorker& background);
  std::shared_ptr<const Overload> overload() const { return overload_; }

 private:
  net::Task<void> run_watch(net::Worker& worker);
  void look();
  std::uint64_t used() const;

  const MemoryGauge gauge_;
  std::shared_ptr<Overload> overload_ = std::make_shared<Overload>();
  std::atomic<std::uint64_t> limit_{0};  // 0: nobody watches
  std::atomic<std::uint64_t> requests_{0}, connections_{0};
  std::atomic<bool> of_group_{false};
  std::atomic<std::uint64_t> used_{0};
  bool watching_ = false;
  TimePoint trimmed_{};
  std::vector<observe::Registry::Handle> metrics_;
};

}  // namespace gatehouse::gateway
