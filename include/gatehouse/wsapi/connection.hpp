// One socket of a WebSocket API, from its 101 to the end of its $disconnect: what is known of it, its messages one after the
// other, and what is sent to it. On its worker's thread; other threads reach it through the registry.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/http/websocket_endpoint.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/wsapi/connection_id.hpp"
#include "gatehouse/wsapi/connection_limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {
class Claims;
}

namespace gatehouse::wsapi {

class Connection;
class Shelf;
struct Group;

// What is known since the handshake. Texts given to Registry::open() are copied; those of Connection::facts() live as long as
// the connection.
struct ConnectionFacts {
  IpAddress source;
  std::chrono::system_clock::time_point connected_at;
  bool secure = false;  // https or wss, as the gateway or a trusted proxy saw it
  std::string_view user_agent;
  std::string_view domain_name;  // as the client asked for it, with port
  std::string_view subprotocol;  // agreed on; may be empty
  std::string_view request_id;   // the handshake's
  std::string_view route;        // label of the route that accepted it, for the log
  // Who it is: pipeline::Identity as $connect left it.
  std::string_view method, subject, api_key, plan;
  std::shared_ptr<const crypto::Claims> claims = {};

  std::string_view scheme() const { return secure ? "https" : "http"; }
};

// A message from the client.
struct Message {
  std::string payload;
  bool binary = false;
  std::chrono::system_clock::time_point arrived;
};

// How a connection ended.
struct Ending {
  std::uint16_t code = 1006;  // as http::WebSocketEnd has it
  std::string_view reason;    // stable code for log and metrics: "websocket_closed", "websocket_idle_timeout"
  std::string text;           // what the first Close frame said
  bool by_client = false;
  http::WebSocketEndpoint::Counts counts;
  Duration lasted{};
};

// What a WebSocket API does with its connections. One per API, for as long as the API has connections, over reloads: what it
// does with a message is up to the configuration of the moment. Used by all workers.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual std::string_view api() const = 0;  // and its stage: "chat", "chat/dev"
  // The connection's next message waits until this ends. What it throws ends the connection with 1011.
  virtual net::Task<void> on_message(std::shared_ptr<Connection> connection, Message message) = 0;
  // After the last message: the $disconnect. Exactly once for each connection that was opened, as long as the worker runs.
  virtual net::Task<void> on_closed(std::shared_ptr<Connection> connection, Ending ending) = 0;
};

class Connection final : private http::WebSocketEvents {
 public:
  enum class Sent : std::uint8_t {
    kSent,
    kFull,      // the client does not read: nothing of it was taken
    kGone,      // closing or closed
    kTooLarge,  // more than limits().socket.message
  };
  enum class Joined : std::uint8_t { kJoined, kAlready, kTooMany, kBadName, kGone };

  // Made by Registry::open() only.
  Connection(Shelf& shelf, const ConnectionId& id, std::uint32_t serial, http::Upgraded upgraded, const ConnectionFacts& facts,
             std::shared_ptr<const ConnectionLimits> limits, std::shared_ptr<MessageSink> sink);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const ConnectionId& id() const { return id_; }
  ConnectionFacts facts() const;
  const ConnectionLimits& limits() const { return *limits_; }
  MessageSink& sink() const { return *sink_; }
  net::Worker& worker() const { return endpoint_.worker(); }
  bool open() const { return endpoint_.open(); }
  std::chrono::system_clock::time_point last_active() const;  // a byte came or went
  const http::WebSocketEndpoint::Counts& counts() const { return endpoint_.counts(); }

  // REQUIRES: a text message is UTF-8.
  Sent send(std::string_view payload, bool binary);
  Sent send(const http::PreparedFrame& frame);
  // `text` goes to the client, `reason` (static) to Ending.
  void close(http::websocket::CloseCode code, std::string_view text, std::string_view reason);

  // Groups are the API's; a name is 1 to 128 visible ASCII characters without '/'. The connection leaves all when it ends.
  Joined join(std::string_view group);
  bool leave(std::string_view group);  // false: was not in it
  std::vector<std::string> groups() const;

 private:
  friend class Shelf;
  struct Queue;
  struct Membership {
    Group* group;
    std::uint32_t place;  // among the group's members
  };

  void on_message(std::string_view payload, bool binary) override;
  void on_read() override { run(); }
  void on_end(const http::WebSocketEnd& end) noexcept override;
  void run();
  net::Task<void> run_queue();
  net::Task<void> handle_next();
  net::Task<void> tell_end();
  std::chrono::system_clock::time_point wall(TimePoint time) const;

  Shelf& shelf_;
  ConnectionId id_;
  bool running_ = false;   // the task has not ended
  bool starting_ = false;  // nor been suspended
  bool over_ = false;      // and never will there be another
  bool secure_;
  std::uint32_t serial_;   // no other connection of the shelf has it
  IpAddress source_;
  std::chrono::system_clock::time_point connected_at_;
  std::unique_ptr<char[]> texts_;  // of the facts
  std::shared_ptr<const crypto::Claims> claims_;
  std::shared_ptr<const ConnectionLimits> limits_;
  std::shared_ptr<MessageSink> sink_;
  std::unique_ptr<Queue> queue_;                     // while there is something to do
  std::unique_ptr<std::vector<Membership>> groups_;  // while it is in one
  net::Task<void> task_;
  http::WebSocketEndpoint endpoint_;
};

bool is_group_name(std::string_view name);

}  // namespace gatehouse::wsapi
