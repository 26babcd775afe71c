#include "gateway/parts.hpp"
#include "gateway/runtime.hpp"

#include "gatehouse/middleware/authorizers.hpp"

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
};

}  // namespace

void make_authorizers(const config::Settings& settings, Parts& parts) {
  for (const auto& authorizer : settings.authorizers)
    parts.authorizers[authorizer.name] = std::visit(AuthorizerMaker{parts, authorizer.name}, authorizer.kind);
}

}  // namespace gatehouse::gateway
