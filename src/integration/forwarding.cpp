#include "forwarding.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/path_escapes.hpp"

#include <algorithm>

namespace gatehouse::integration {
namespace {

using http::bit;
using http::FieldId;
using pipeline::RequestContext;

constexpr std::uint64_t kRebuilt = bit(FieldId::kXForwardedFor) | bit(FieldId::kXForwardedProto) |
                                   bit(FieldId::kXForwardedHost) | bit(FieldId::kXForwardedPort) |
                                   bit(FieldId::kForwarded) | bit(FieldId::kXRequestId);
constexpr std::uint64_t kTrustedOnly = bit(FieldId::kXForwardedPrefix) | bit(FieldId::kXRealIp);
constexpr std::string_view kOurPrefix = "x-gatehouse-";
constexpr std::size_t kAddressSize = 46;  // what IpAddress::write() needs

std::string_view via(http::Version received) {
  switch (received) {
    case http::Version::kHttp10: return "1.0 gatehouse";
    case http::Version::kHttp11: return "1.1 gatehouse";
    case http::Version::kHttp2: return "2 gatehouse";
  }
  return "1.1 gatehouse";
}

std::string_view write_address(const IpAddress& address, Arena& arena) {
  char* const to = static_cast<char*>(arena.allocate(kAddressSize, 1));
  return {to, static_cast<std::size_t>(address.write(to) - to)};
}

// The known fields that the route itself set, appended to or removed.
std::uint64_t decided_by_route(const http::FieldEdits& edits) {
  std::uint64_t decided = edits.removed_known();
  for (const auto* added = edits.added(); added != nullptr; added = added->next) decided |= bit(added->id);
  return decided;
}

bool is_ours(std::string_view name) {
  if (name.size() < kOurPrefix.size()) return false;
  return std::ranges::equal(name.substr(0, kOurPrefix.size()), kOurPrefix,
                            [](char a, char b) { return (a == '_' ? '-' : to_lower(a)) == b; });
}

void remove_ours(RequestContext& context) {
  const http::Fields& fields = context.request().fields;
  if (!fields.has(FieldId::kOther)) return;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (field.id == FieldId::kOther && is_ours(field.name)) context.request_edits.remove(field.name);
  }
}

// The values of all fields with that id as one list, or an empty text.
std::string_view joined(const http::Fields& fields, FieldId id, Arena& arena) {
  std::string_view list;
  if (!fields.has(id)) return list;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (field.id != id || field.value.empty()) continue;
    list = list.empty() ? field.value : arena.concat({list, ", ", field.value});
  }
  return list;
}

std::string_view port_of(std::string_view host, std::string_view scheme) {
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  if (has_port && colon + 1 < host.size()) return host.substr(colon + 1);
  return scheme == "https" ? "443" : "80";
}

// A node identifier (RFC 7239 section 6): IPv6 in brackets, and quoted for their sake.
std::string_view forwarded_node(const IpAddress& address, std::string_view text, Arena& arena) {
  return address.is_v4() ? text : arena.concat({"\"[", text, "]\""});
}

// ";host=…", quoted where a token cannot hold it; nothing for what even a quoted string could not.
std::string_view forwarded_host(std::string_view host, Arena& arena) {
  if (host.empty() || host.find_first_of("\"\\") != std::string_view::npos) return {};
  const bool token = host.find_first_of(":[]") == std::string_view::npos;
  return token ? arena.concat({";host=", host}) : arena.concat({";host=\"", host, "\""});
}

// The hops between the client and us, each field built on what a trusted peer said.
class Hops {
 public:
  explicit Hops(RequestContext& context)
      : context_(context), arena_(context.arena()), peer_(context.exchange.peer().remote.address) {
    peer_text_ = write_address(peer_, arena_);
  }

  std::string_view x_forwarded_for() {
    if (!context_.peer_trusted) return peer_text_;
    std::string_view before = joined(context_.request().fields, FieldId::kXForwardedFor, arena_);
    if (before.empty()) before = client_behind_peer();
    return before.empty() ? peer_text_ : arena_.concat({before, ", ", peer_text_});
  }

  std::string_view forwarded() {
    const std::string_view node = forwarded_node(peer_, peer_text_, arena_);
    const std::string_view host = forwarded_host(context_.host, arena_);
    const std::string_view proto = context_.scheme;
    if (context_.peer_trusted) {
      const std::string_view before = joined(context_.request().fields, FieldId::kForwarded, arena_);
      if (!before.empty()) return arena_.concat({before, ", for=", node});
      if (const auto client = client_behind_peer(); !client.empty()) {
        const std::string_view first = forwarded_node(context_.client, client, arena_);
        return arena_.concat({"for=", first, host, ";proto=", proto, ", for=", node});
      }
    }
    return arena_.concat({"for=", node, host, ";proto=", proto});
  }

  std::string_view x_forwarded_port() {
    if (context_.peer_trusted) {
      if (const auto given = context_.request().fields.get(FieldId::kXForwardedPort)) return *given;
    }
    return port_of(context_.host, context_.scheme);
  }

 private:
  // What a trusted peer told by the other of the two fields.
  std::string_view client_behind_peer() {
    return context_.client == peer_ ? std::string_view() : write_address(context_.client, arena_);
  }

  RequestContext& context_;
  Arena& arena_;
  const IpAddress& peer_;
  std::string_view peer_text_;
};

}  // namespace

void edit_request(RequestContext& context) {
  http::FieldEdits& edits = context.request_edits;
  const std::uint64_t decided = decided_by_route(edits);
  const auto add = [&](FieldId id, std::string_view value) {
    if ((decided & bit(id)) == 0 && !value.empty()) edits.append(id, value);
  };
  edits.remove_all(kRebuilt | bit(FieldId::kExpect) | (context.peer_trusted ? 0 : kTrustedOnly));
  remove_ours(context);

  Hops hops(context);
  add(FieldId::kXForwardedFor, hops.x_forwarded_for());
  add(FieldId::kXForwardedProto, context.scheme);
  add(FieldId::kXForwardedHost, context.host);
  add(FieldId::kXForwardedPort, hops.x_forwarded_port());
  add(FieldId::kForwarded, hops.forwarded());
  add(FieldId::kVia, via(context.request().version));
  add(FieldId::kXRequestId, context.request_id);
}

std::optional<std::string_view> forwarded_target(RequestContext& context,
                                                 const std::optional<pipeline::ValueTemplate>& path) {
  const std::string_view query = context.request().query;
  std::string_view target = context.path;
  if (path) {
    target = path->evaluate(context);
    if (!path->is_literal() && pipeline::has_dot_segment(target)) return std::nullopt;
  }
  if (query.data() == nullptr) return target;
  // Path and query as they came stand side by side.
  if (query.data() == target.data() + target.size() + 1)
    return std::string_view(target.data(), target.size() + 1 + query.size());
  return context.arena().concat({target, "?", query});
}

void edit_response(const http::IncomingResponse& response, http::ResponseHead& head) {
  head.status = response.status;
  head.reason = response.reason;
  head.base = &response.fields;
  head.content_length = response.content_length;
  head.edits.append(FieldId::kVia, via(response.version));
}

}  // namespace gatehouse::integration
