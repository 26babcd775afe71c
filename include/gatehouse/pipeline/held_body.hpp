// The whole body of a request before it goes on, for steps that must know it: a signature over it, a schema for it.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <cstdint>

namespace gatehouse::pipeline {

enum class HeldBody : std::uint8_t {
  kWhole,     // RequestContext::held_body() is it, and whoever takes the body later is given it from its beginning
  kTooLarge,  // more than the limit: answer 413. Nothing of it may be forwarded
  kFailed,    // the exchange says why (a limit of its own, malformed, stalled, the client is gone)
};

// Reads the body to its end unless a step before has. A length beyond `limit` is kTooLarge unread, so that a client which
// waits for 100 (Continue) never sends it. Sleeps on the exchange's waiter; the listener's deadlines for bodies hold.
net::Task<HeldBody> read_held_body(RequestContext& context, std::uint64_t limit);

}  // namespace gatehouse::pipeline
