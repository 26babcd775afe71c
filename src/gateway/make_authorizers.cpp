#include "gateway/parts.hpp"

#include "gatehouse/middleware/authorizers.hpp"

#include <variant>

namespace gatehouse::gateway {
namespace {

struct AuthorizerMaker {
  middleware::AuthorizerPtr operator()(const middleware::ApiKeySettings& settings) const {
    return middleware::make_api_key(settings);
  }
};

}  // namespace

void make_authorizers(const config::Settings& settings, Parts& parts) {
  for (const auto& authorizer : settings.authorizers)
    parts.authorizers[authorizer.name] = std::visit(AuthorizerMaker{}, authorizer.kind);
}

}  // namespace gatehouse::gateway
