// The key sets that are fetched and the authorizers of tokens, as long as their settings do not change: a reload fetches nothing again
// and forgets no verified token. Control plane only.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::gateway {

class KeySets {
 public:
  KeySets(const Clock& clock, net::BackgroundWorker& background, observe::Registry& registry, unsigned workers)
      : clock_(clock), background_(background), registry_(registry), workers_(workers) {}

  middleware::AuthorizerPtr authorizer(const std::string& name, const middleware::JwtSettings& settings);

 private:
  struct Fetched;
  std::shared_ptr<middleware::RemoteKeys> keys_for(const middleware::JwtSettings& settings, const middleware::JwtIssuerSettings& issuer);

  const Clock& clock_;
  net::BackgroundWorker& background_;
  observe::Registry& registry_;
  unsigned workers_;
  std::map<std::string, std::pair<middleware::JwtSettings, std::weak_ptr<const middleware::Authorizer>>> authorizers_;
  std::vector<std::pair<middleware::JwksSettings, std::weak_ptr<Fetched>>> keys_;
};

}  // namespace gatehouse::gateway
