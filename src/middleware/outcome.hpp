// How a request ended, as log and metrics tell it. Plain values.
#pragma once

#include "gatehouse/http/exchange.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <algorithm>
#include <string_view>

namespace gatehouse::middleware {

// nginx's number for a client that closed before it was answered: log readers know it.
inline constexpr int kClientClosed = 499;

struct Outcome {
  int status;  // 0: ended without an answer, and not by the client
  std::string_view reason;
};

// What the response cache did: "hit; ttl=42". Empty: there is none on this route.
inline std::string_view cache_outcome(const pipeline::RequestContext& context) {
  constexpr std::string_view kUs = "gatehouse; ";  // RFC 9211 begins with who says it
  return context.cache.status.substr(std::min(context.cache.status.size(), kUs.size()));
}

inline Outcome outcome_of(const pipeline::RequestContext& context) {
  Outcome outcome{context.status, context.reason};
  const http::Failure failure = context.exchange.failure();
  if (failure == http::Failure::kNone) return outcome;
  const bool left = failure == http::Failure::kClientGone || failure == http::Failure::kBodyIncomplete;
  if (outcome.status == 0 && left) outcome.status = kClientClosed;
  if (outcome.reason == "ok") outcome.reason = context.failure_reason();
  return outcome;
}

}  // namespace gatehouse::middleware
