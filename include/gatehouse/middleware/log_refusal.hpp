// Requests that a session refused before there was an exchange appear in log and metrics too.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/middleware/log_format.hpp"

namespace gatehouse::middleware {

// `format` null: a line of JSON.
void log_refusal(observe::AccessLog& log, unsigned worker, const Clock& clock, const http::Refusal& refusal,
                 const LogFormat* format = nullptr);
void count_refusal(observe::Registry& registry, unsigned worker, const http::Refusal& refusal);

}  // namespace gatehouse::middleware
