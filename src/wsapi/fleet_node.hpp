// One node of a fleet, as it lives on the background thread: its connection to Redis, its subscription, its sign of life, what
// it asks of others and answers them. Lives in the frame of run_fleet_node().
#pragma once

#include "wsapi/fleet_awaited.hpp"
#include "wsapi/fleet_calls.hpp"
#include "wsapi/fleet_janitor.hpp"
#include "wsapi/fleet_link.hpp"
#include "wsapi/fleet_message.hpp"
#include "wsapi/fleet_records.hpp"
#include "wsapi/fleet_state.hpp"

#include "gatehouse/net/task_group.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::wsapi {

class FleetNode final : private FleetLinkEvents, private redis::SubscriberEvents {
 public:
  explicit FleetNode(std::shared_ptr<FleetState> state);
  ~FleetNode();
  FleetNode(const FleetNode&) = delete;
  FleetNode& operator=(const FleetNode&) = delete;

  void start();
  // That end() is called.
  net::Task<void> wait_for_end();
  void end();
  // With the process, what is still open is left to the others. `left` is called when Redis knows, or cannot be told.
  enum class Leaving : std::uint8_t { kWithProcess, kFleetOnly };
  void leave(Leaving leaving, std::function<void()> left);

  FleetCalls& calls() { return calls_; }
  FleetRecords& records() { return records_; }
  void list(std::string api, std::string group, std::string next, std::uint32_t limit, Done<Presence> done);

 private:
  using Op = FleetMessage::Op;

  Command greeting() override;
  Greeted greeted(const redis::Reply& reply) override;
  void on_linked() override;
  void on_link_lost(const Error& error) override;
  void on_subscribed() override;
  void on_message(std::string_view channel, std::string_view payload) override;
  void on_lost(const Error& error) override;
  void reachable_or_not(const Error* error);

  void begin_stay();
  void on_dead();
  void give_sign();
  net::Task<void> run_signs();
  net::Task<void> run_rewrite();
  net::Task<void> run_expulsion(std::string_view reason);
  struct Seen {
    ConnectionId id;
    std::string record;
  };
  void visit(unsigned worker, std::uint64_t from, bool with_records, std::function<void(std::vector<Seen>)> look, Done<std::uint64_t> done);
  net::Task<void> visit_all(bool with_records, std::function<void(std::vector<Seen>)> look);
  net::Task<void> run_list(std::string api, std::string group, std::string next, std::uint32_t limit, Done<Presence> done);
  net::Task<Result<std::vector<std::string>>> nodes_to_list();
  void ask_for_page(const std::string& node, const std::string& api, const std::string& group, const std::string& next, std::uint32_t limit,
                    Done<Presence> done);

  void handle(const FleetMessage& request);
  Done<Outcome> answer_later(const FleetMessage& request);
  void answer(std::uint32_t to, FleetMessage answer);
  FleetLink::Taken say(std::uint32_t to, FleetMessage answer);

  const std::shared_ptr<FleetState> state_;
  net::Worker& worker_;
  net::Waiter ended_;
  FleetLink link_;
  FleetCalls calls_;
  FleetRecords records_;
  FleetJanitor janitor_;
  std::size_t handling_ = 0;  // requests of others that are not answered
  bool subscribed_ = false;
  bool said_unreachable_ = false;
  bool left_ = false;
  bool known_ = false;      // Redis knows this stay
  bool first_stay_ = true;
  bool rewrite_ = false;    // all connections are to be noted anew
  bool rewriting_ = false;
  net::TaskGroup tasks_;  // uses all of the above
};

// The task of the background thread.
net::Task<void> run_fleet_node(std::shared_ptr<FleetState> state);

}  // namespace gatehouse::wsapi
