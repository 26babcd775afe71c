#include "gatehouse/middleware/known_keys.hpp"

#include "gatehouse/http/exchange.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace gatehouse::middleware {
namespace {

plans::KeyTable table_of(const std::vector<ApiKey>& keys) {
  std::vector<plans::KeyRecord> records;
  for (const ApiKey& key : keys) {
    const auto digest = plans::parse_digest(key.sha256);
    if (!digest) throw std::invalid_argument("API key: sha256 needs 64 hexadecimal digits");
    records.push_back({*digest, key.id, key.plan, 0});
  }
  return plans::KeyTable(std::move(records));
}

}  // namespace

KnownKeys::KnownKeys(const std::vector<ApiKey>& written, std::shared_ptr<const plans::KeyRing> stored, const Clock& clock)
    : written_(table_of(written)), stored_(std::move(stored)), clock_(clock) {}

std::optional<FoundKey> KnownKeys::find(std::string_view shown, pipeline::RequestContext& context) const {
  if (shown.empty() || shown.size() > plans::KeyTable::kLongestKey) return std::nullopt;
  return find(crypto::sha256(shown), context);
}

std::optional<FoundKey> KnownKeys::find(const crypto::Sha256& digest, pipeline::RequestContext& context) const {
  if (const plans::KeyRecord* const key = written_.find(digest)) return FoundKey{key->id, key->plan};
  const plans::KeyRecord* const key = stored_ == nullptr ? nullptr : stored_->read(context.exchange.worker().index()).find(digest);
  if (key == nullptr) return std::nullopt;
  // The ring's records may go while the request is under way: what is kept of them is copied.
  FoundKey found{context.arena().copy(key->id), context.arena().copy(key->plan)};
  if (key->expires != 0) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch());
    found.expired = now.count() >= key->expires;
  }
  return found;
}

bool KeyDirectory::identify(std::string_view value, pipeline::RequestContext& context, pipeline::Identity& identity) const {
  if (value.empty() || value.size() > plans::KeyTable::kLongestKey) return false;
  const crypto::Sha256 digest = crypto::sha256(value);
  for (const auto& keys : all_) {
    const auto found = keys->find(digest, context);
    if (!found || found->expired) continue;
    identity.api_key = found->id;
    identity.plan = found->plan;
    return true;
  }
  return false;
}

}  // namespace gatehouse::middleware
