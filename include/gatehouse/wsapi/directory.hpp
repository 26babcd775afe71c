// Where connections are found by their ids, wherever in the fleet their sockets are: the seam between those who ask
// (management calls, integrations, table streams) and those who know (this process's registry; another node's through what
// is shared). Any thread.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/http/websocket_endpoint.hpp"
#include "gatehouse/wsapi/connection_id.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

// What became of something that was asked of one connection.
enum class Outcome : std::uint8_t {
  kDone,
  kGone,      // there is none with that id in that API
  kFull,      // the client does not read: later perhaps
  kTooLarge,  // a message beyond what the API allows
  kTooMany,   // groups that it is in
  kBadName,   // of a group
  kNotThere,  // it is not in that group
  kUnknown,   // the node that knows did not answer in time
  kUnavailable,  // other nodes cannot be reached now: later perhaps
  kBusy,         // too much like it is under way here or there: later perhaps
};
inline constexpr Outcome kLastOutcome = Outcome::kBusy;

struct Description {
  ConnectionId id;
  std::chrono::system_clock::time_point connected_at, last_active;
  IpAddress source;
  std::string user_agent, subject;
  std::vector<std::string> groups;
};

// One page of a list. Ids in an order that stays while connections come and go.
struct Presence {
  std::vector<Description> connections;
  std::string next;  // ask with it for the next page; empty: that was the last
  Outcome outcome = Outcome::kDone;
};

// How a message to many was taken.
struct Delivered {
  std::uint64_t sent = 0;
  std::uint64_t full = 0;       // clients that do not read
  Outcome outcome = Outcome::kDone;
};

// Called once, on any thread, perhaps before the call that it was given to returns. Must not throw.
template <class T>
using Done = std::function<void(T)>;

class Directory {
 public:
  virtual ~Directory() = default;

  virtual void send(std::string_view api, const ConnectionId& id, http::PreparedFrame frame, Done<Outcome> done) = 0;
  virtual void close(std::string_view api, const ConnectionId& id, http::websocket::CloseCode code, std::string text, Done<Outcome> done) = 0;
  struct Described {
    Outcome outcome = Outcome::kGone;
    Description description;
  };
  virtual void describe(std::string_view api, const ConnectionId& id, Done<Described> done) = 0;

  virtual void join(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) = 0;
  virtual void leave(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) = 0;
  // To all of the API where `group` is empty. Messages to one group from one thread arrive in order.
  virtual void broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Done<Delivered> done) = 0;
  virtual void list(std::string_view api, std::string_view group, std::string_view next, std::uint32_t limit, Done<Presence> done) = 0;
};

}  // namespace gatehouse::wsapi
