#include "gateway/parts.hpp"
#include "gateway/runtime.hpp"

#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/middleware/http_authorizer.hpp"

#include <variant>

namespace gatehouse::gateway {
namespace {

using KeysByAuthorizer = std::map<std::string, std::shared_ptr<const middleware::KnownKeys>>;

struct AuthorizerMaker {
  Parts& parts;
  const std::string& name;
  const KeysByAuthorizer& keys;

  middleware::AuthorizerPtr operator()(const middleware::ApiKeySettings& settings) const {
    return middleware::make_api_key(settings, keys.at(name));
  }
  middleware::AuthorizerPtr operator()(const middleware::JwtSettings& settings) const {
    return parts.runtime.key_sets().authorizer(name, settings);
  }
  middleware::AuthorizerPtr operator()(const middleware::SigV4Settings& settings) const {
    return middleware::make_sigv4(settings, parts.runtime.clock());
  }
  middleware::AuthorizerPtr operator()(const middleware::BasicSettings& settings) const {
    return middleware::make_basic(settings, parts.runtime.blocking_pool(), parts.runtime.registry().workers());
  }
  middleware::AuthorizerPtr operator()(const middleware::HttpAuthorizerSettings& settings) const {
    return middleware::make_http_authorizer(settings, parts.backends.at(settings.backend), parts.runtime.clock(),
                                            parts.runtime.registry().workers(), parts.keys);
  }
};

// Before the authorizers: some ask what key it is that they were told of.
KeysByAuthorizer make_keys(const config::Settings& settings, Parts& parts) {
  KeysByAuthorizer keys;
  auto directory = std::make_shared<middleware::KeyDirectory>();
  for (const auto& authorizer : settings.authorizers) {
    const auto* const api_key = std::get_if<middleware::ApiKeySettings>(&authorizer.kind);
    if (api_key == nullptr) continue;
    const auto ring = parts.plans.rings.find(api_key->store);
    auto known = std::make_shared<const middleware::KnownKeys>(
        api_key->keys, ring == parts.plans.rings.end() ? nullptr : ring->second, parts.runtime.clock());
    directory->add(known);
    keys[authorizer.name] = std::move(known);
  }
  parts.keys = std::move(directory);
  return keys;
}

}  // namespace

void make_authorizers(const config::Settings& settings, Parts& parts) {
  const KeysByAuthorizer keys = make_keys(settings, parts);
  for (const auto& authorizer : settings.authorizers)
    parts.authorizers[authorizer.name] = std::visit(AuthorizerMaker{parts, authorizer.name, keys}, authorizer.kind);
}

}  // namespace gatehouse::gateway
