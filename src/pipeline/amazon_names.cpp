#include "amazon_names.hpp"

#include <array>
#include <utility>

namespace gatehouse::pipeline {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html and
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
constexpr std::array kContext = {
    Pair{"requestId", "request_id"},      Pair{"extendedRequestId", "request_id"},
    Pair{"identity.sourceIp", "client_ip"}, Pair{"http.sourceIp", "client_ip"},
    Pair{"httpMethod", "method"},         Pair{"http.method", "method"},
    Pair{"domainName", "host"},           Pair{"http.path", "path"},
    Pair{"routeKey", "route"},            Pair{"resourcePath", "route"},
    Pair{"apiId", "api"},                 Pair{"authorizer.principalId", "identity"},
    Pair{"connectionId", "connection_id"}, Pair{"eventType", "event"},
    Pair{"messageId", "message_id"},      Pair{"connectedAt", "connected_at"},
    Pair{"disconnectStatusCode", "disconnect_code"}, Pair{"disconnectReason", "disconnect_reason"},
};

constexpr std::array kRequest = {
    Pair{"header.", "header"},
    Pair{"querystring.", "query"},
    Pair{"path.", "path"},
};

bool goes_on(std::string_view text, std::size_t at) { return at < text.size() && text[at] != '.'; }

}  // namespace

std::optional<AmazonName> amazon_name(std::string_view variable, std::string_view dotted) {
  if (variable == "request") {
    for (const auto& [prefix, ours] : kRequest) {
      if (!dotted.starts_with(prefix)) continue;
      const std::string_view name = dotted.substr(prefix.size());
      const std::string_view first = name.substr(0, name.find('.'));
      return AmazonName{ours, first, prefix.size() + first.size()};
    }
    if (dotted == "body") return AmazonName{"body", {}, 4};
    if (dotted.starts_with("body.")) return AmazonName{"body", dotted.substr(5), dotted.size()};
    if (dotted.starts_with("path") && !goes_on(dotted, 4)) return AmazonName{"context", "path", 4};
    return std::nullopt;
  }
  if (variable != "context") return std::nullopt;
  for (const std::string_view prefix : {"authorizer.jwt.claims.", "authorizer.claims."}) {
    if (dotted.starts_with(prefix) && dotted.size() > prefix.size()) return AmazonName{"claims", dotted.substr(prefix.size()), dotted.size()};
  }
  for (const auto& [amazons, ours] : kContext) {
    if (dotted.starts_with(amazons) && !goes_on(dotted, amazons.size())) return AmazonName{"context", ours, amazons.size()};
  }
  constexpr std::string_view kAuthorizer = "authorizer.";
  if (dotted.starts_with(kAuthorizer) && dotted.size() > kAuthorizer.size())
    return AmazonName{"claims", dotted.substr(kAuthorizer.size()), dotted.size()};
  return std::nullopt;
}

}  // namespace gatehouse::pipeline
