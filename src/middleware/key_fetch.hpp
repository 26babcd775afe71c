// Fetches a JWK Set: by OpenID Connect Discovery from the issuer, or from where it is said to be. The background worker's thread.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/upstream/url.hpp"

#include <memory>
#include <string>

namespace gatehouse::middleware {

class KeyFetch {
 public:
  KeyFetch(net::BackgroundWorker& background, const JwksSettings& settings, const Clock& clock);

  // The text of the set. The error's message names the URL; reasons: jwks_url_invalid, jwks_unreachable, jwks_refused,
  // jwks_discovery_invalid, or those of upstream::Backend.
  net::Task<Result<std::string>> run();

 private:
  net::Task<Result<std::string>> get(std::string url, TimePoint deadline);
  Result<std::string> read_discovery(const std::string& document) const;

  net::BackgroundWorker& background_;
  const JwksSettings settings_;
  const Clock& clock_;
  std::string jwks_url_;  // empty: to be discovered
};

// Where the issuer's discovery document is (OpenID Connect Discovery 1.0, section 4.1).
std::string discovery_url(std::string_view issuer);

}  // namespace gatehouse::middleware
