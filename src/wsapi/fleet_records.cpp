#include "wsapi/fleet_records.hpp"

#include "gatehouse/base/log.hpp"

#include <utility>

namespace gatehouse::wsapi {
namespace {

constexpr std::size_t kMostInBatch = 512;
constexpr std::size_t kMostInCommand = 128;
constexpr std::size_t kMostBytesInBatch = kMiB;

}  // namespace

void FleetRecords::opened(std::string id, std::string record) {
  if (keep_fresh_) fresh_.insert(id);
  add({std::move(id), std::move(record)});
}

void FleetRecords::told(std::string id) { add({std::move(id), std::nullopt}); }

void FleetRecords::add(Note note) {
  if (behind_) return;
  waiting_bytes_ += note.bytes();
  waiting_.push_back(std::move(note));
  if (waiting_.size() > state_.settings.notes || waiting_bytes_ > state_.settings.notes_bytes) return fall_behind();
  flush();
}

void FleetRecords::drop_all() {
  waiting_.clear();
  waiting_bytes_ = 0;
  ++batch_;
  under_way_ = false;
}

void FleetRecords::fall_behind() {
  log::warn("websocket_fleet_behind", {{"notes", static_cast<std::uint64_t>(waiting_.size())},
                                       {"bytes", static_cast<std::uint64_t>(waiting_bytes_)},
                                       {"problem", "too many notes of connections wait for Redis; all are written anew when it takes them"}});
  state_.behind.fetch_add(1, std::memory_order_relaxed);
  drop_all();
  behind_ = true;
}

void FleetRecords::begin_anew() {
  drop_all();
  behind_ = false;
}

void FleetRecords::flush() {
  if (!farewell_.empty() && link_.linked()) link_.ask({std::exchange(farewell_, {})}, [](const Result<redis::Replies>&) {});
  if (under_way_ || waiting_.empty() || !link_.linked()) return;
  std::size_t notes = 0;
  std::vector<Command> commands = take(notes);
  const std::uint64_t batch = ++batch_;
  under_way_ = link_.ask(std::move(commands), [this, notes, batch](const Result<redis::Replies>& replies) {
                 if (batch == batch_) on_flushed(notes, replies);
               }) == FleetLink::Taken::kTaken;
}

// Neighbours of one kind go together, in the order in which they came.
std::vector<Command> FleetRecords::take(std::size_t& notes) const {
  std::vector<Command> commands;
  std::size_t bytes = 0;
  while (notes < waiting_.size() && notes < kMostInBatch && bytes < kMostBytesInBatch) {
    const bool opening = waiting_[notes].record.has_value();
    std::vector<std::string> words;
    for (std::size_t i = 0; i < kMostInCommand && notes < waiting_.size() && waiting_[notes].record.has_value() == opening; ++i, ++notes) {
      words.push_back(waiting_[notes].id);
      if (opening) words.push_back(*waiting_[notes].record);
      bytes += waiting_[notes].bytes();
    }
    if (opening) {
      commands.push_back(note_connections(state_.names, stay_, words));
    } else {
      words.insert(words.begin(), {"HDEL", state_.names.connections(stay_)});
      commands.push_back(std::move(words));
    }
  }
  return commands;
}

void FleetRecords::on_flushed(std::size_t notes, const Result<redis::Replies>& replies) {
  under_way_ = false;
  if (!replies) return;
  for (const redis::Reply& reply : *replies) {
    if (reply.kind == redis::Reply::Kind::kText && reply.text == "dead") return on_dead_();
    if (reply.kind == redis::Reply::Kind::kError) return;  // with the next sign of life
  }
  for (std::size_t i = 0; i < notes; ++i) {
    waiting_bytes_ -= waiting_.front().bytes();
    waiting_.pop_front();
  }
  flush();
}

// Ends that were told before are not told again, where that is not too late.
void FleetRecords::begin_stay(const std::string& before, std::string stay) {
  ++batch_;
  under_way_ = false;
  stay_ = std::move(stay);
  fresh_.clear();
  keep_fresh_ = !before.empty();
  if (before.empty()) return;
  farewell_ = {"HDEL", state_.names.connections(before)};
  for (const Note& note : waiting_) {
    if (note.record) {
      fresh_.insert(note.id);
    } else if (farewell_.size() < kMostInBatch) {
      farewell_.push_back(note.id);
    }
  }
  if (farewell_.size() == 2) farewell_.clear();
}

void FleetRecords::forget_fresh() {
  fresh_.clear();
  keep_fresh_ = false;
}

}  // namespace gatehouse::wsapi
