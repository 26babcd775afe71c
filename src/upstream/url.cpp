#include "gatehouse/upstream/url.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

// What may stand in the target of a request as it is (RFC 9112 section 3.2).
bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '#'; }

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  TargetSettings& target = url.target;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    target.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (!std::ranges::all_of(rest.substr(slash), is_plain)) return std::nullopt;
  url.path = slash == rest.size() ? "/" : std::string(rest.substr(slash));
  std::string_view authority = rest.substr(0, slash);
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    port = authority.substr(close + 1);
    target.host = authority.substr(1, close - 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    port = authority.substr(colon);
    target.host = authority.substr(0, colon);
  }
  target.port = target.tls ? 443 : 80;
  if (!port.empty()) {
    const auto number = parse_u64(port.substr(1));
    if (port[0] != ':' || !number || *number == 0 || *number > 65535) return std::nullopt;
    target.port = static_cast<std::uint16_t>(*number);
  }
  if (target.host.empty() || target.host.find_first_of(" \t@?#") != std::string::npos) return std::nullopt;
  target.url = std::string(text.substr(0, text.size() - rest.size() + slash));
  return url;
}

std::string host_field(const TargetSettings& target) {
  std::string host = target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
  if (target.port != (target.tls ? 443 : 80)) host += ":" + std::to_string(target.port);
  return host;
}

}  // namespace gatehouse::upstream
