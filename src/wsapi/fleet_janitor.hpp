// Looks for nodes without a sign of life, and makes the $disconnect calls of their connections. On the background thread, in a
// coroutine's frame.
#pragma once

#include "wsapi/fleet_link.hpp"
#include "wsapi/fleet_state.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::wsapi {

class FleetJanitor {
 public:
  FleetJanitor(FleetState& state, FleetLink& link) : state_(state), link_(link) {}

  // `stay` is this node's own.
  void use_stay(std::string stay) { own_ = std::move(stay); }
  // Until its frame is destroyed.
  net::Task<void> run();
  // The nodes that show signs of life, in order. Fails when Redis does not answer.
  net::Task<Result<std::vector<std::string>>> living();

 private:
  struct Batch;
  net::Task<Result<void>> look();
  net::Task<Result<void>> find_stays(std::vector<std::string>& alive, std::vector<std::string>& dead);
  net::Task<Result<void>> end_stay(std::string stay);
  net::Task<Result<bool>> has_claim(std::string stay);
  std::shared_ptr<Batch> read_batch(const redis::Reply& piece, std::string_view stay) const;
  void begin_telling(const std::shared_ptr<Batch>& batch);
  net::Task<Result<void>> tell_all(std::string stay, std::shared_ptr<Batch> batch);

  FleetState& state_;
  FleetLink& link_;
  std::string own_;
  std::vector<std::string> missed_;  // stays without a sign of life when it was last looked
};

}  // namespace gatehouse::wsapi
