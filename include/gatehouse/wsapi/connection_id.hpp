// The name of one connection in the fleet: which node and worker hold its socket, and enough chance that nobody guesses it.
// 28 characters that need no escaping in a path. Plain values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::wsapi {

class ConnectionId {
 public:
  static constexpr std::size_t kTextSize = 28;

  ConnectionId() = default;
  // One that nobody had before.
  static ConnectionId make(std::uint32_t node, std::uint16_t worker, std::uint32_t slot);
  // Nothing when `text` is no id of any gateway's.
  static std::optional<ConnectionId> parse(std::string_view text);

  std::uint32_t node() const;
  std::uint16_t worker() const;
  std::uint32_t slot() const;  // on that worker's shelf; used again after the connection's end, by another id
  // Writes kTextSize bytes; returns the end.
  char* write(char* to) const;
  std::string to_string() const;
  auto operator<=>(const ConnectionId&) const = default;

 private:
  std::array<std::uint8_t, 21> bytes_{};  // node 4, worker 2, slot 4, chance 11
};

}  // namespace gatehouse::wsapi
