// Methods that routes name, as small numbers: sets of them are words. Built with the router, then read by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::routing {

using MethodId = std::uint8_t;
inline constexpr MethodId kAnyMethod = 0;
inline constexpr MethodId kGetMethod = 1;
inline constexpr MethodId kUnknownMethod = 255;  // no route names it

class Methods {
 public:
  // A set has one bit for each id below this. More methods than that can be routed but are not listed in Allow.
  static constexpr MethodId kListed = 64;

  // While the router is built; empty is ANY. Throws std::length_error beyond 254 methods.
  MethodId add(std::string_view method);

  MethodId find(std::string_view method) const;
  // The value of Allow for a set, sorted by name; HEAD is added where GET is. Lives as long as this. Takes a lock: only a
  // refusal needs it.
  std::string_view allow(std::uint64_t set) const;

 private:
  std::vector<std::string> names_{"", "GET"};
  mutable std::mutex mutex_;
  mutable std::map<std::uint64_t, std::string> texts_;  // as many as routes combine on one path
};

}  // namespace gatehouse::routing
