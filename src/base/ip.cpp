// Addresses by inet_pton and inet_ntop; networks as merged ranges of 128-bit numbers.
#include "gatehouse/base/ip.hpp"

#include "gatehouse/base/strings.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace gatehouse {
namespace {

using Bytes = std::array<std::uint8_t, 16>;
constexpr Bytes kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

IpAddress from_bytes(const Bytes& bytes) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
  return IpAddress::from(reinterpret_cast<const sockaddr&>(address));
}

// The addresses next to those of IPv4.
constexpr Bytes kBelowV4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff};
constexpr Bytes kAboveV4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};

// False when there is none.
bool step_up(Bytes& bytes) {
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (++bytes[i] != 0) return true;
  }
  return false;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(terminated) || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (::inet_pton(AF_INET6, terminated, address.bytes_.data()) != 1) return std::nullopt;
  } else {
    address.bytes_ = kV4Prefix;
    if (::inet_pton(AF_INET, terminated, address.bytes_.data() + 12) != 1) return std::nullopt;
  }
  return address;
}

IpAddress IpAddress::from(const sockaddr& from) {
  IpAddress address;
  if (from.sa_family == AF_INET) {
    address.bytes_ = kV4Prefix;
    std::memcpy(address.bytes_.data() + 12, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
  } else {
    std::memcpy(address.bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
  }
  return address;
}

bool IpAddress::is_v4() const { return std::memcmp(bytes_.data(), kV4Prefix.data(), 12) == 0; }

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  return bytes_ == Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

char* IpAddress::write(char* to) const {
  if (!is_v4()) {
    ::inet_ntop(AF_INET6, bytes_.data(), to, INET6_ADDRSTRLEN);
    return to + std::strlen(to);
  }
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) *to++ = '.';
    to = write_u64(to, bytes_[i]);
  }
  return to;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  return {text, write(text)};
}

std::uint64_t IpAddress::hash() const { return hash64({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}); }

std::string Endpoint::to_string() const {
  const std::string host = address.to_string();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

bool IpSet::add(std::string_view network) {
  const auto slash = network.find('/');
  const std::string_view host = network.substr(0, slash);
  const auto address = IpAddress::parse(host);
  if (!address) return false;
  std::uint64_t prefix = 128;
  if (slash != std::string_view::npos) {
    const auto given = parse_u64(network.substr(slash + 1));
    const unsigned skipped = host.find(':') == std::string_view::npos ? 96 : 0;
    if (!given || *given > 128 - skipped) return false;
    prefix = *given + skipped;
  }
  Bytes first = address->bytes();
  Bytes last = first;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::uint64_t kept = std::min<std::uint64_t>(prefix > i * 8 ? prefix - i * 8 : 0, 8);
    const auto mask = static_cast<std::uint8_t>(0xff00 >> kept);
    first[i] &= mask;
    last[i] |= static_cast<std::uint8_t>(~mask);
  }
  // A network of IPv6 that has the IPv4 addresses in its middle does not mean them.
  if (first < kV4Prefix && last >= kV4Prefix) {
    insert({from_bytes(first), from_bytes(kBelowV4)});
    if (last >= kAboveV4) insert({from_bytes(kAboveV4), from_bytes(last)});
  } else {
    insert({from_bytes(first), from_bytes(last)});
  }
  return true;
}

void IpSet::insert(Range range) {
  // What overlaps or touches the new range is one run of the sorted list.
  const auto touches = [](const IpAddress& end, const IpAddress& begin) {
    Bytes after = end.bytes();
    return begin <= end || (step_up(after) && begin.bytes() <= after);
  };
  auto from = std::lower_bound(ranges_.begin(), ranges_.end(), range,
                               [&](const Range& a, const Range& b) { return !touches(a.last, b.first); });
  auto to = from;
  while (to != ranges_.end() && touches(range.last, to->first)) {
    range.first = std::min(range.first, to->first);
    range.last = std::max(range.last, to->last);
    ++to;
  }
  ranges_.insert(ranges_.erase(from, to), range);
}

bool IpSet::contains(const IpAddress& address) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                      [](const IpAddress& wanted, const Range& range) { return wanted < range.first; });
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

}  // namespace gatehouse
