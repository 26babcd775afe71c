// What a client gets for its message: what the integration said, a frame that tells what went wrong, or nothing.
#pragma once

#include "gatehouse/pipeline/error_answers.hpp"
#include "socket_call.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::wsapi {

enum class Replied : std::uint8_t { kNothing, kSent, kRefused, kIntegrationFailed };

// After SocketCall::run(). Joins and leaves the groups that the answer names, and sends what is to be sent.
Replied reply(SocketCall& call, Connection& connection, pipeline::ErrorStyle errors);

// The groups of a list such as "lobby, room-7".
void join_groups(Connection& connection, std::string_view list);
void leave_groups(Connection& connection, std::string_view list);

}  // namespace gatehouse::wsapi
