// What an integration is told of a connection in Amazon's words: the proxy events CONNECT, MESSAGE and DISCONNECT, and the frames
// that clients get when something went wrong. Pure functions.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integrations.html
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/http/fields.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::wsapi {

// Of one event, for its requestContext. Borrowed for the call.
struct EventFacts {
  std::string_view route_key;
  std::string_view api, stage, domain_name;  // the domain may have a port, which is left out
  std::string_view connection_id, request_id, message_id;
  std::string_view source_ip, user_agent;
  std::chrono::system_clock::time_point connected_at, now;
  const pipeline::Identity* identity = nullptr;  // null or without a method: no authorizer
};

// With headers, multiValueHeaders and the query's parameters, less what is between client and gateway alone.
std::string connect_event(const EventFacts& facts, const http::Fields& headers, std::string_view query);
// `payload` is UTF-8 unless it is binary, which becomes base64.
std::string message_event(const EventFacts& facts, std::string_view payload, bool binary);
std::string disconnect_event(const EventFacts& facts, std::uint16_t code, std::string_view reason);

// {"message":"Forbidden","connectionId":"…","requestId":"…"}. `reason` and `detail` are members more; empty: left out, as Amazon
// leaves them out.
std::string_view error_frame(Arena& arena, std::string_view message, std::string_view connection_id, std::string_view request_id,
                             std::string_view reason = {}, std::string_view detail = {});

}  // namespace gatehouse::wsapi
