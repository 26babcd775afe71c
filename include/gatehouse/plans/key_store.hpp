// The table gatehouse.keys of a store: what is known of each key, never the key itself.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::plans {

struct StoredKey {
  std::string id;
  std::string sha256;
  std::string plan;  // empty: none
  std::string name;  // for people
  std::int64_t created = 0;  // all in seconds since 1970; 0: not
  std::int64_t expires = 0;
  std::int64_t revoked = 0;
};

// 32 random bytes as base64url behind "gk_", which programs that look for leaked secrets can tell by.
std::string make_key();
// Letters, digits, '-' and '_', at most 64: what the configuration takes as an id.
bool is_key_id(std::string_view id);

// On `worker`'s thread, which is a background one; both outlive it.
class KeyStore {
 public:
  static constexpr std::size_t kMostKeys = 100'000;  // that are in use
  // A revoked key is remembered that long: nobody else gets its id meanwhile.
  static constexpr std::int64_t kRemembered = std::int64_t{400} * 24 * 60 * 60;

  static dynamo::TableSettings table(std::string store);

  KeyStore(std::shared_ptr<dynamo::Engine> engine, net::Worker& worker) : engine_(std::move(engine)), worker_(&worker) {}

  // All, revoked ones too, sorted by id.
  net::Task<Result<std::vector<StoredKey>>> list() const;
  // "key_exists" when there is one with that id.
  net::Task<Result<void>> add(StoredKey key) const;
  // "key_unknown" when there is no key with that id that is not revoked.
  net::Task<Result<void>> revoke(std::string id, std::int64_t now) const;

 private:
  std::shared_ptr<dynamo::Engine> engine_;
  net::Worker* worker_;
};

}  // namespace gatehouse::plans
