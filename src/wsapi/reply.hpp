// What a client gets for its message: what the integration said, a frame that tells what went wrong, or nothing.
#pragma once

#include "gatehouse/pipeline/error_answers.hpp"
#include "socket_call.hpp"

#include <cstdint>

namespace gatehouse::wsapi {

enum class Replied : std::uint8_t { kNothing, kSent, kRefused, kIntegrationFailed };

// After SocketCall::run(). Joins and leaves the groups that the answer names, and sends what is to be sent.
Replied reply(SocketCall& call, Connection& connection, pipeline::ErrorStyle errors);

}  // namespace gatehouse::wsapi
