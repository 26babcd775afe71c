// What a node of a fleet keeps of each of its connections where the others find it: enough to make the connection's
// $disconnect call when the node is gone. JSON. Pure functions.
#pragma once

#include "gatehouse/wsapi/connection.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::wsapi {

// A connection without its node.
struct Orphan {
  ConnectionId id;
  std::string api;
  std::chrono::system_clock::time_point connected_at;
  IpAddress source;
  bool secure = false;
  std::string user_agent, domain_name, subprotocol, request_id, route, method, subject, api_key, plan;
  std::shared_ptr<const crypto::Claims> claims;

  ConnectionFacts facts() const;  // as long as this lives
};

// Ending::reason of a connection whose $disconnect other nodes make: this one was taken for dead.
inline constexpr std::string_view kTakenOver = "websocket_taken_over";

// Claims beyond this are left out.
inline constexpr std::size_t kLargestRecordedClaims = 16 * 1024;

std::string write_record(std::string_view api, const ConnectionFacts& facts);
// Nothing: it is no such record.
std::optional<Orphan> read_record(const ConnectionId& id, std::string_view record);

}  // namespace gatehouse::wsapi
