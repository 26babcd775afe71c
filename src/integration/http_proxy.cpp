// The coroutine of a proxied request: it sleeps, and wakes the transfer.
#include "gatehouse/integration/http_proxy.hpp"

#include "gatehouse/pipeline/admission.hpp"
#include "transfer.hpp"

#include <utility>

namespace gatehouse::integration {
namespace {

// RFC 9110 section 7.2: the port is left out where it is the scheme's own.
std::string authority_of(const upstream::TargetSettings& target) {
  const bool bare_ipv6 = target.host.find(':') != std::string::npos && !target.host.starts_with('[');
  std::string authority = bare_ipv6 ? "[" + target.host + "]" : target.host;
  if (target.port != (target.tls ? 443 : 80)) authority += ":" + std::to_string(target.port);
  return authority;
}

class HttpProxy final : public pipeline::Integration {
 public:
  HttpProxy(ProxySettings settings, std::shared_ptr<const upstream::BackendPools> pools,
            std::shared_ptr<const WebSocketPassage> websocket)
      : to_{std::move(settings), std::move(pools), std::move(websocket), {}, {}} {
    for (const auto& target : to_.pools->backend().settings().targets) to_.authorities.push_back(authority_of(target));
  }

  std::string_view kind() const override { return "http_proxy"; }

  net::Task<void> serve(pipeline::RequestContext& context) const override {
    net::Permit permit;
    if (const net::PermitSettings& bound = to_.pools->backend().settings().concurrency; bound.max > 0) {
      net::Permits& permits = to_.pools->backend().permits();
      bool admitted = permits.take(bound.max);
      if (!admitted && bound.queue > 0) {
        net::Task<bool> waiting = pipeline::wait_for_permit(permits, bound, context);
        admitted = co_await waiting;
      }
      if (!admitted) {
        context.upstream.backend = to_.pools->backend().settings().name;
        context.answer(pipeline::refuse_admission(context, "upstream_too_many_in_flight"));
        co_return;
      }
      permit.hold(permits);
    }
    Transfer transfer(to_, context);
    while (!transfer.advance()) co_await context.exchange.waiter();
  }

 private:
  Destination to_;
};

}  // namespace

std::shared_ptr<const pipeline::Integration> make_http_proxy(ProxySettings settings,
                                                             std::shared_ptr<const upstream::BackendPools> pools,
                                                             std::shared_ptr<const WebSocketPassage> websocket) {
  return std::make_shared<HttpProxy>(std::move(settings), std::move(pools), std::move(websocket));
}

}  // namespace gatehouse::integration
