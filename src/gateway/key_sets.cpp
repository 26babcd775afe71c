#include "gateway/key_sets.hpp"

#include <utility>

namespace gatehouse::gateway {

using middleware::JwksSettings;
using middleware::RemoteKeys;
using observe::Registry;

// A key set and its metrics.
struct KeySets::Fetched {
  Fetched(const JwksSettings& settings, const Clock& clock, net::BackgroundWorker& background, Registry& registry)
      : keys(settings, clock, background) {
    const std::string source = settings.url.empty() ? settings.issuer : settings.url;
    const auto counters = keys.counters();
    const auto observe = [&](Registry::Kind kind, std::string_view name, std::string_view help, observe::Labels labels,
                             std::function<double()> read) {
      metrics.push_back(registry.observe(kind, name, help, std::move(labels), std::move(read)));
    };
    constexpr std::string_view kFetches = "gatehouse_jwt_key_fetches_total";
    constexpr std::string_view kFetchesHelp = "Fetches of key sets that tokens are verified with.";
    observe(Registry::Kind::kCounter, kFetches, kFetchesHelp, {{"source", source}, {"outcome", "ok"}},
            [counters] { return static_cast<double>(counters->fetched.load(std::memory_order_relaxed)); });
    observe(Registry::Kind::kCounter, kFetches, kFetchesHelp, {{"source", source}, {"outcome", "failed"}},
            [counters] { return static_cast<double>(counters->failed.load(std::memory_order_relaxed)); });
    observe(Registry::Kind::kGauge, "gatehouse_jwt_keys_age_seconds", "Since the key set was last fetched; -1: never.",
            {{"source", source}}, [counters, &clock] {
              const std::int64_t last = counters->last_good_ns.load(std::memory_order_relaxed);
              return last == 0 ? -1 : static_cast<double>(clock.now().time_since_epoch().count() - last) / 1e9;
            });
  }

  RemoteKeys keys;
  std::vector<Registry::Handle> metrics;
};

middleware::AuthorizerPtr KeySets::authorizer(const std::string& name, const middleware::JwtSettings& settings) {
  auto& [known_settings, known] = authorizers_[name];
  if (auto authorizer = known.lock(); authorizer && known_settings == settings) return authorizer;
  middleware::KeysOfIssuers keys;
  for (const auto& issuer : settings.issuers) keys.push_back(middleware::needs_remote_keys(issuer) ? keys_for(settings, issuer) : nullptr);
  auto authorizer = middleware::make_jwt(settings, name, keys, clock_, workers_);
  known_settings = settings;
  known = authorizer;
  return authorizer;
}

std::shared_ptr<RemoteKeys> KeySets::keys_for(const middleware::JwtSettings& settings, const middleware::JwtIssuerSettings& issuer) {
  JwksSettings wanted = settings.fetch;
  wanted.url = issuer.jwks_url;
  wanted.issuer = issuer.jwks_url.empty() ? issuer.issuer : std::string();
  std::erase_if(keys_, [](const auto& entry) { return entry.second.expired(); });
  std::shared_ptr<Fetched> fetched;
  for (const auto& [of, known] : keys_)
    if (of == wanted) fetched = known.lock();
  if (!fetched) {
    fetched = std::make_shared<Fetched>(wanted, clock_, background_, registry_);
    keys_.emplace_back(wanted, fetched);
  }
  return {fetched, &fetched->keys};
}

}  // namespace gatehouse::gateway
