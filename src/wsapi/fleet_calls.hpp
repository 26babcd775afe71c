// Requests to other nodes that wait for their answers, under a deadline. On the background thread, in a coroutine's frame.
#pragma once

#include "gatehouse/net/timer_wheel.hpp"
#include "wsapi/fleet_link.hpp"
#include "wsapi/fleet_message.hpp"
#include "wsapi/fleet_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace gatehouse::wsapi {

class FleetCalls final : private net::Timer {
 public:
  // The outcome, and the answer where there is one; its texts are valid during the call.
  using Answered = std::function<void(Outcome, const FleetMessage*)>;

  FleetCalls(FleetState& state, FleetLink& link) : state_(state), link_(link) {}

  // `answered` is called once, perhaps before this returns.
  void ask(const std::string& node, FleetMessage request, Answered answered);
  // Of all other nodes; `done` gets the sum.
  void ask_all(FleetMessage request, Done<Delivered> done);
  void on_answer(const FleetMessage& answer);
  // Nobody will answer any more.
  void fail_all();

 private:
  struct Waiting {
    Answered answered;     // of one node
    Done<Delivered> done;  // of all of them
    TimePoint deadline{};
    Delivered sum;
    std::uint64_t answers = 0;
    std::optional<std::uint64_t> expected;
  };
  using Table = std::map<std::uint64_t, Waiting>;

  void on_timer() override;
  void arm();
  FleetLink::Taken begin(FleetMessage& request, Waiting waiting);
  Outcome refuse(FleetLink::Taken why);
  void on_published(std::uint64_t number, const Result<redis::Replies>& replies);
  void on_published_to_all(std::uint64_t number, const Result<redis::Replies>& replies);
  void finish(Table::iterator at, Outcome outcome, const FleetMessage* answer);

  FleetState& state_;
  FleetLink& link_;
  Table waiting_;
  std::uint64_t last_number_ = 0;
};

}  // namespace gatehouse::wsapi
