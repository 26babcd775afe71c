// What the fleet's front, its node on the background thread, and callbacks under way hold together.
#pragma once

#include "gatehouse/net/tls.hpp"
#include "gatehouse/wsapi/fleet.hpp"
#include "wsapi/fleet_names.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace gatehouse::wsapi {

class FleetNode;

struct FleetState {
  FleetState(FleetSettings settings_, Registry& registry_, net::BackgroundWorker& background_, Fleet::TellEnd tell_end_)
      : settings(std::move(settings_)),
        names(settings.prefix, settings.redis.database),
        registry(registry_),
        background(background_),
        tell_end(std::move(tell_end_)) {}

  // Runs `work(FleetNode&)` on the background thread, or `otherwise()` there when the node has ended.
  template <class Work, class Otherwise>
  static void with_node(const std::shared_ptr<FleetState>& state, Work work, Otherwise otherwise) {
    state->background.post([state, work = std::move(work), otherwise = std::move(otherwise)]() mutable {
      if (state->node != nullptr) {
        work(*state->node);
      } else {
        otherwise();
      }
    });
  }
  template <class Work>
  static void with_node(const std::shared_ptr<FleetState>& state, Work work) {
    with_node(state, std::move(work), [] {});
  }

  const FleetSettings settings;
  const FleetNames names;
  Registry& registry;
  net::BackgroundWorker& background;
  const Fleet::TellEnd tell_end;
  std::shared_ptr<const net::TlsClientContext> tls;

  FleetNode* node = nullptr;  // of the background thread
  bool ended = false;         // of the background thread

  std::atomic<bool> reachable{false};
  std::atomic<std::uint64_t> nodes{0}, asked{0}, answered{0}, unanswered{0}, refused{0}, failures{0}, taken_over{0}, expelled{0}, behind{0}, unsaid{0};
};

}  // namespace gatehouse::wsapi
