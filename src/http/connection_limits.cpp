// Counts of open connections. The table by client is touched when a connection opens or closes, never by a request; its
// mutexes are split by address so that workers which accept at the same time seldom meet.
#include "gatehouse/http/server.hpp"

#include <array>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace gatehouse::http {
namespace {

struct AddressHash {
  std::size_t operator()(const IpAddress& address) const { return address.hash(); }
};

}  // namespace

struct ConnectionLimits::Clients {
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<IpAddress, std::uint32_t, AddressHash> open;
  };
  // The table within a shard uses the low bits.
  Shard& shard(const IpAddress& client) { return shards[(client.hash() >> 32) % shards.size()]; }

  std::array<Shard, 16> shards;
};

ConnectionLimits::ConnectionLimits(std::shared_ptr<const Overload> overload)
    : overload_(std::move(overload)), clients_(std::make_unique<Clients>()) {}

ConnectionLimits::~ConnectionLimits() = default;

ConnectionLimits::Verdict ConnectionLimits::admit(const IpAddress& client, std::uint32_t limit,
                                                  std::uint32_t per_client) {
  if (overload_ != nullptr && overload_->refuses_connections.load(std::memory_order_relaxed)) return Verdict::kOverloaded;
  if (open_.fetch_add(1, std::memory_order_relaxed) >= limit) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    return Verdict::kListenerFull;
  }
  if (per_client == 0) return Verdict::kAdmitted;
  Clients::Shard& shard = clients_->shard(client);
  {
    const std::lock_guard lock(shard.mutex);
    const auto entry = shard.open.try_emplace(client, 0).first;
    if (entry->second < per_client) {
      ++entry->second;
      return Verdict::kAdmitted;
    }
  }
  open_.fetch_sub(1, std::memory_order_relaxed);
  return Verdict::kClientFull;
}

void ConnectionLimits::release(const IpAddress& client, std::uint32_t per_client) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  if (per_client == 0) return;
  Clients::Shard& shard = clients_->shard(client);
  const std::lock_guard lock(shard.mutex);
  const auto entry = shard.open.find(client);
  if (entry != shard.open.end() && --entry->second == 0) shard.open.erase(entry);
}

}  // namespace gatehouse::http
