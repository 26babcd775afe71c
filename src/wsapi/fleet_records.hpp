// Notes this node's connections in Redis, behind what happens and in batches. What Redis has not confirmed is sent again. On
// the background thread, in a coroutine's frame.
#pragma once

#include "wsapi/fleet_link.hpp"
#include "wsapi/fleet_state.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

namespace gatehouse::wsapi {

class FleetRecords {
 public:
  // `on_dead`: the stay was ended by others.
  FleetRecords(FleetState& state, FleetLink& link, std::function<void()> on_dead)
      : state_(state), link_(link), on_dead_(std::move(on_dead)) {}

  void opened(std::string id, std::string record);
  // It was opened some time ago.
  void is_there(std::string id, std::string record) { add({std::move(id), std::move(record)}); }
  // Its $disconnect was told, or is others' business.
  void told(std::string id);
  // Sends what waits.
  void flush();
  // More than the settings allow waited for Redis and was dropped. Everything is to be written anew: begin_anew(), then
  // is_there() for all.
  bool behind() const { return behind_; }
  void begin_anew();
  // Who writes everything anew leaves room for what happens meanwhile.
  bool crowded() const { return waiting_.size() > state_.settings.notes / 4 || waiting_bytes_ > state_.settings.notes_bytes / 4; }

  // From now on in this stay; what waits is noted there. Nobody else ends what was opened since and is_fresh(); that ends with
  // forget_fresh().
  void begin_stay(const std::string& before, std::string stay);
  bool is_fresh(const std::string& id) const { return fresh_.contains(id); }
  void forget_fresh();
  const std::string& stay() const { return stay_; }

 private:
  struct Note {
    std::string id;
    std::optional<std::string> record;  // none: told
    std::size_t bytes() const { return id.size() + (record ? record->size() : 0) + sizeof(Note); }
  };
  void add(Note note);
  void fall_behind();
  void drop_all();
  std::vector<Command> take(std::size_t& notes) const;
  void on_flushed(std::size_t notes, const Result<redis::Replies>& replies);

  FleetState& state_;
  FleetLink& link_;
  std::function<void()> on_dead_;
  std::string stay_;
  std::deque<Note> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::unordered_set<std::string> fresh_;
  Command farewell_;  // to the stay before
  std::uint64_t batch_ = 0;  // its answer counts; older ones do not
  bool under_way_ = false;
  bool behind_ = false;
  bool keep_fresh_ = false;
};

}  // namespace gatehouse::wsapi
