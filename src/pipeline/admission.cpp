#include "gatehouse/pipeline/admission.hpp"

#include "gatehouse/net/alarm.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"

#include <chrono>

namespace gatehouse::pipeline {
net::Task<bool> wait_for_permit(net::Permits& permits, const net::PermitSettings& settings, RequestContext& context) {
  http::Exchange& exchange = context.exchange;
  net::RemoteWake wake(exchange.worker(), exchange.waiter());
  net::Permits::Place place(permits, settings, wake.handle());
  if (!place.in_line()) co_return false;
  const net::Alarm patience(exchange.worker(), exchange.waiter(), exchange.worker().now() + settings.wait);
  while (!exchange.failed()) {
    const bool granted = place.accept();
    if (granted) co_return true;
    if (patience.rang()) break;
    co_await exchange.waiter();
  }
  co_return false;
}

Answer refuse_admission(RequestContext& context, std::string_view reason) {
  if (context.exchange.failed()) reason = http::to_string(context.exchange.failure());
  Answer refusal(context.arena(), 503, reason, "Service Unavailable");
  set_retry_after(refusal, context.arena(), std::chrono::seconds(1));
  return refusal;
}

}  // namespace gatehouse::pipeline
