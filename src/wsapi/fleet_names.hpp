// The keys and channels of a fleet in Redis, and the scripts that change several keys at once. docs/decisions/0017.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

using Command = std::vector<std::string>;

// For coroutines, whose arguments have names (g++ 12 destroys lists in braces twice there).
using Commands = std::vector<Command>;
Commands one_command(Command command);

// One stay of a node in the fleet. A node that was taken for dead and comes back begins a new one.
std::string stay_of(std::uint32_t node, std::uint64_t number);
// The node of a stay as it was written; the whole text when it is none.
std::string_view node_of(std::string_view stay);
std::string node_text(std::uint32_t node);  // 8 hexadecimal digits

struct FleetNames {
  // Channels are not the database's, so its number is in their names.
  FleetNames(std::string_view prefix, std::uint32_t database);

  std::string channel(std::string_view node) const { return prefix + "ws:to:" + std::string(node) + at; }
  std::string channel_of_all() const { return prefix + "ws:to:all" + at; }
  std::string nodes() const { return prefix + "ws:nodes"; }  // hash: stay → which process
  std::string alive(std::string_view node) const { return prefix + "ws:alive:" + std::string(node); }  // its stay; ends by itself
  std::string connections(std::string_view stay) const { return prefix + "ws:connections:" + std::string(stay); }  // hash: id → record
  std::string lease(std::string_view stay) const { return prefix + "ws:lease:" + std::string(stay); }  // who ends it
  std::string dead(std::string_view stay) const { return prefix + "ws:dead:" + std::string(stay); }
  // There while Redis knew nothing a moment ago: then a node without a sign of life may be about to come back.
  std::string young() const { return prefix + "ws:young"; }

  std::string prefix, at;
};

// A sign of life. Answers "known", "new" (Redis knew nothing of this stay), "dead" (others ended it), or "taken" (another
// process has this node's number).
Command sign_of_life(const FleetNames& names, std::string_view stay, std::string_view process, Duration alive, Duration young);
// No more signs of life, unless they are of another stay by now.
Command end_of_signs(const FleetNames& names, std::string_view stay);
// Takes a dead stay, or keeps it. Answers 1, or 0: it lives, is gone, or another node has it.
Command claim(const FleetNames& names, std::string_view stay, std::string_view by, Duration lease);
// In coroutines' words.
Commands known_stays(const FleetNames& names);
Commands signs_of(const FleetNames& names, const std::vector<std::string>& stays);
// Some connections of a stay, from `cursor` on.
Commands scan_connections(const FleetNames& names, std::string_view stay, const std::string& cursor);
Commands forget_connections(const FleetNames& names, std::string_view stay);
Commands forget_stay(const FleetNames& names, std::string_view stay);
// Notes connections, unless the stay was ended. Answers "ok" or "dead".
Command note_connections(const FleetNames& names, std::string_view stay, const std::vector<std::string>& ids_and_records);

}  // namespace gatehouse::wsapi
