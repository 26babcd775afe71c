// Which API key a client shows: keys of the configuration and of a store. Immutable but for what the store brings; any worker.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/settings.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/plans/key_ring.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// Texts live in the request's arena or with the keys of the configuration.
struct FoundKey {
  std::string_view id;
  std::string_view plan;  // empty: none
  bool expired = false;
};

// The keys of one authorizer.
class KnownKeys {
 public:
  // `stored` may be null. Throws std::invalid_argument when a sha256 is none. The clock outlives it.
  KnownKeys(const std::vector<ApiKey>& written, std::shared_ptr<const plans::KeyRing> stored, const Clock& clock);

  std::optional<FoundKey> find(std::string_view shown, pipeline::RequestContext& context) const;
  std::optional<FoundKey> find(const crypto::Sha256& digest, pipeline::RequestContext& context) const;

 private:
  plans::KeyTable written_;
  std::shared_ptr<const plans::KeyRing> stored_;
  const Clock& clock_;
};

// The keys of all authorizers together: for those that learn a key's value from elsewhere, such as an authorizer's
// usageIdentifierKey.
class KeyDirectory {
 public:
  void add(std::shared_ptr<const KnownKeys> keys) { all_.push_back(std::move(keys)); }

  // Sets the identity's api_key and plan to those of the key with this value. False, and nothing is set, when there is no such key
  // or it has expired.
  bool identify(std::string_view value, pipeline::RequestContext& context, pipeline::Identity& identity) const;

 private:
  std::vector<std::shared_ptr<const KnownKeys>> all_;
};

}  // namespace gatehouse::middleware
