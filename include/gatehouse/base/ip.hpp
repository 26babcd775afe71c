// IP addresses, networks and sets of networks. IPv4-mapped IPv6 addresses are IPv4 addresses here. Plain values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace gatehouse {

class IpAddress {
 public:
  IpAddress() = default;
  static std::optional<IpAddress> parse(std::string_view text);
  // REQUIRES: an AF_INET or AF_INET6 address.
  static IpAddress from(const sockaddr& address);

  bool is_v4() const;
  bool is_loopback() const;
  std::string to_string() const;
  // Writes at most 46 bytes; returns the end.
  char* write(char* to) const;
  // 16 bytes in network order; IPv4 as ::ffff:a.b.c.d.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::uint64_t hash() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  std::string to_string() const;  // 127.0.0.1:80, [::1]:80
  auto operator<=>(const Endpoint&) const = default;
};

// A list of networks (10.0.0.0/8, ::1, 192.168.1.7) as merged, sorted ranges: a lookup is a binary search. Networks of IPv6 hold no
// IPv4 addresses: ::/0 is all of IPv6, 0.0.0.0/0 all of IPv4, as in nginx and Envoy.
class IpSet {
 public:
  IpSet() = default;
  // False, and unchanged, when `network` is not an address or a CIDR network.
  bool add(std::string_view network);
  bool contains(const IpAddress& address) const;
  bool empty() const { return ranges_.empty(); }
  bool operator==(const IpSet&) const = default;

 private:
  struct Range {
    IpAddress first, last;
    bool operator==(const Range&) const = default;
  };
  void insert(Range range);
  std::vector<Range> ranges_;
};

}  // namespace gatehouse
