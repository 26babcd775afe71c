#include "gateway/arrival.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/routing/path.hpp"

#include <algorithm>

namespace gatehouse::gateway {
namespace {

using http::FieldId;

constexpr std::size_t kRequestIdLimit = 128;

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdLimit && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
}

std::string_view request_id(http::Exchange& exchange) {
  if (const auto given = exchange.request().fields.get(FieldId::kXRequestId); given && is_plain_word(*given)) return *given;
  auto* made = static_cast<char*>(exchange.arena().allocate(kRequestIdSize, 1));
  write_request_id(made);
  return {made, kRequestIdSize};
}

// Cuts the last element off a comma-separated list.
std::string_view take_last(std::string_view& list) {
  const auto comma = list.rfind(',');
  const auto last = trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return last;
}

// The nearest hop that is not one of ours: from the right of X-Forwarded-For, over the fields from last to first.
IpAddress client_behind(const IpAddress& peer, const http::Fields& fields, const IpSet& trusted) {
  IpAddress client = peer;
  for (std::uint32_t i = fields.size(); i-- > 0;) {
    const http::Field field = fields[i];
    if (field.id != FieldId::kXForwardedFor) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const auto hop = IpAddress::parse(take_last(list));
      if (!hop) return client;
      client = *hop;
      if (!trusted.contains(client)) return client;
    }
  }
  return client;
}

std::string_view forwarded_host(const http::RequestHead& request) {
  auto list = request.fields.get(FieldId::kXForwardedHost);
  if (!list || list->empty()) return request.authority;
  return take_last(*list);
}

// Some proxies say ws and wss of handshakes.
std::string_view forwarded_scheme(const http::RequestHead& request) {
  auto list = request.fields.get(FieldId::kXForwardedProto);
  if (!list) return request.scheme;
  const std::string_view nearest_hop = take_last(*list);
  if (nearest_hop == "https" || nearest_hop == "wss") return "https";
  return nearest_hop == "http" || nearest_hop == "ws" ? "http" : request.scheme;
}

}  // namespace

Arrival look_at(http::Exchange& exchange, const IpSet& trusted) {
  const http::RequestHead& request = exchange.request();
  const IpAddress& peer = exchange.peer().remote.address;
  Arrival arrival{false, peer, request.scheme, request.authority, request_id(exchange), std::nullopt};
  if (!trusted.empty() && trusted.contains(peer)) {
    arrival.peer_trusted = true;
    arrival.client = client_behind(peer, request.fields, trusted);
    arrival.scheme = forwarded_scheme(request);
    arrival.host = forwarded_host(request);
  }
  if (request.path == "*") {
    arrival.path = request.path;
  } else {
    arrival.path = routing::normalise_path(request.path, exchange.arena());
  }
  return arrival;
}

}  // namespace gatehouse::gateway
