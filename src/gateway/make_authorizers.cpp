#include "gateway/parts.hpp"

#include "gateway/runtime.hpp"

#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/middleware/http_authorizer.hpp"

#include <variant>

namespace gatehouse::gateway {
namespace {

struct AuthorizerMaker {
  Parts& parts;
  const std::string& name;

  middleware::AuthorizerPtr operator()(const middleware::ApiKeySettings& settings) const {
    return middleware::make_api_key(settings);
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
                                            parts.runtime.registry().workers());
  }
};

}  // namespace

void make_authorizers(const config::Settings& settings, Parts& parts) {
  for (const auto& authorizer : settings.authorizers)
    parts.authorizers[authorizer.name] = std::visit(AuthorizerMaker{parts, authorizer.name}, authorizer.kind);
}

}  // namespace gatehouse::gateway
