#include "wsapi/fleet_names.hpp"

#include <utility>


namespace gatehouse::wsapi {
namespace {

// How long it is remembered that a stay was ended: longer than a node that lost its way looks for Redis.
constexpr Duration kTombstone = std::chrono::hours(24 * 7);

// Of a dead node's connections at a time; Redis may give some more.
constexpr std::string_view kAtATime = "64";

constexpr std::string_view kSignOfLife = R"(
if redis.call('EXISTS', KEYS[3]) == 1 then return 'dead' end
local process = redis.call('HGET', KEYS[1], ARGV[1])
if process and process ~= ARGV[2] then return 'taken' end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
if process then return 'known' end
if redis.call('HLEN', KEYS[1]) == 0 then redis.call('SET', KEYS[4], '1', 'PX', ARGV[4]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'new'
)";

constexpr std::string_view kEndOfSigns = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
)";

constexpr std::string_view kClaim = R"(
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('GET', KEYS[2]) == ARGV[1] then return 0 end
local owner = redis.call('GET', KEYS[3])
if owner and owner ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[4], '1', 'PX', ARGV[4])
return 1
)";

constexpr std::string_view kNote = R"(
if redis.call('EXISTS', KEYS[2]) == 1 then return 'dead' end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 'ok'
)";

std::string milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

std::string node_text(std::uint32_t node) {
  std::string text(8, '0');
  for (int i = 7; i >= 0; --i, node >>= 4) text[static_cast<std::size_t>(i)] = "0123456789abcdef"[node & 15];
  return text;
}

std::string stay_of(std::uint32_t node, std::uint64_t number) { return node_text(node) + '.' + std::to_string(number); }
std::string_view node_of(std::string_view stay) { return stay.substr(0, stay.find('.')); }

FleetNames::FleetNames(std::string_view prefix_, std::uint32_t database) : prefix(prefix_), at("@" + std::to_string(database)) {}

Command sign_of_life(const FleetNames& names, std::string_view stay, std::string_view process, Duration alive, Duration young) {
  return {"EVAL", std::string(kSignOfLife), "4", names.nodes(), names.alive(node_of(stay)), names.dead(stay), names.young(),
          std::string(stay), std::string(process), milliseconds(alive), milliseconds(young)};
}

Command end_of_signs(const FleetNames& names, std::string_view stay) {
  return {"EVAL", std::string(kEndOfSigns), "1", names.alive(node_of(stay)), std::string(stay)};
}

Command claim(const FleetNames& names, std::string_view stay, std::string_view by, Duration lease) {
  return {"EVAL", std::string(kClaim), "4", names.nodes(), names.alive(node_of(stay)), names.lease(stay), names.dead(stay),
          std::string(stay), std::string(by), milliseconds(lease), milliseconds(kTombstone)};
}

Commands one_command(Command command) {
  Commands commands;
  commands.push_back(std::move(command));
  return commands;
}

Commands known_stays(const FleetNames& names) { return {{"HKEYS", names.nodes()}}; }

Commands signs_of(const FleetNames& names, const std::vector<std::string>& stays) {
  Command command{"MGET"};
  for (const std::string& stay : stays) command.push_back(names.alive(node_of(stay)));
  return one_command(std::move(command));
}

Commands scan_connections(const FleetNames& names, std::string_view stay, const std::string& cursor) {
  return {{"HSCAN", names.connections(stay), cursor, "COUNT", std::string(kAtATime)}};
}

Commands forget_connections(const FleetNames& names, std::string_view stay) { return {{"DEL", names.connections(stay)}}; }

Commands forget_stay(const FleetNames& names, std::string_view stay) {
  return {{"DEL", names.connections(stay)}, {"HDEL", names.nodes(), std::string(stay)}, {"DEL", names.lease(stay)}};
}

Command note_connections(const FleetNames& names, std::string_view stay, const std::vector<std::string>& ids_and_records) {
  Command command{"EVAL", std::string(kNote), "2", names.connections(stay), names.dead(stay)};
  command.insert(command.end(), ids_and_records.begin(), ids_and_records.end());
  return command;
}

}  // namespace gatehouse::wsapi
