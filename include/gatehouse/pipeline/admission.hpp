// How a request gets one of a bounded number of permits (net/permits.hpp): at once, after a wait in line, or not at all.
#pragma once

#include "gatehouse/net/permits.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <string_view>

namespace gatehouse::pipeline {

// False when the line is full, the wait was too long or the client left. True: the caller must give() the permit back.
net::Task<bool> wait_for_permit(net::Permits& permits, const net::PermitSettings& settings, RequestContext& context);

// 503 with Retry-After; the failure of an exchange that failed meanwhile is the reason instead.
Answer refuse_admission(RequestContext& context, std::string_view reason);

}  // namespace gatehouse::pipeline
