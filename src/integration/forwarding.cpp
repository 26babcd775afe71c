#include "forwarding.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/path_escapes.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::integration {
namespace {

using http::bit;
using http::FieldId;
using pipeline::RequestContext;

constexpr std::uint64_t kRebuilt = bit(FieldId::kXForwardedFor) | bit(FieldId::kXForwardedProto) |
                                   bit(FieldId::kXForwardedHost) | bit(FieldId::kXForwardedPort) |
                                   bit(FieldId::kForwarded) | bit(FieldId::kXRequestId) | bit(FieldId::kXGatehouseTrace);
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

// What stands in a host, as far as RFC 7239 minds: one pass over it instead of several searches, for every request.
constexpr std::uint8_t kColon = 1;        // perhaps a port
constexpr std::uint8_t kNotToken = 2;     // must be quoted
constexpr std::uint8_t kNotQuotable = 4;  // would have to be escaped, which backends get wrong
constexpr std::array<std::uint8_t, 256> kHostBytes = [] {
  std::array<std::uint8_t, 256> bytes{};
  bytes.fill(kNotToken);
  for (unsigned c = '0'; c <= '9'; ++c) bytes[c] = 0;
  for (unsigned c = 'a'; c <= 'z'; ++c) bytes[c] = bytes[c - 'a' + 'A'] = 0;
  for (const char c : std::string_view("-._~!#$%&'*+^`|")) bytes[static_cast<unsigned char>(c)] = 0;
  for (unsigned c = 0; c < 0x20; ++c) bytes[c] = kNotQuotable;
  bytes['"'] = bytes['\\'] = bytes[0x7f] = kNotQuotable;
  bytes[':'] = kColon | kNotToken;
  return bytes;
}();

std::uint8_t look_at_host(std::string_view host) {
  std::uint8_t found = 0;
  for (const char c : host) found |= kHostBytes[static_cast<unsigned char>(c)];
  return found;
}

std::string_view port_of(std::string_view host, std::uint8_t found, std::string_view scheme) {
  if ((found & kColon) != 0) {
    const std::size_t colon = host.rfind(':');
    const bool inside_brackets = host.find(']', colon) != std::string_view::npos;
    if (!inside_brackets && colon + 1 < host.size()) return host.substr(colon + 1);
  }
  return scheme.size() == 5 ? "443" : "80";
}

// Texts put behind each other in one piece of the arena.
class Writer {
 public:
  Writer(Arena& arena, std::size_t room) : begin_(static_cast<char*>(arena.allocate(room, 1))), end_(begin_) {}
  Writer& put(std::string_view text) {
    if (!text.empty()) std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
    return *this;
  }
  std::string_view text() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

 private:
  char* begin_;
  char* end_;
};

// The hops between the client and us, each field built on what a trusted peer said.
class Hops {
 public:
  explicit Hops(RequestContext& context)
      : context_(context),
        arena_(context.arena()),
        peer_(context.exchange.peer().remote.address),
        peer_text_(write_address(peer_, arena_)),
        host_bytes_(look_at_host(context.host)) {}

  std::string_view x_forwarded_for() {
    if (!context_.peer_trusted) return peer_text_;
    std::string_view before = joined(context_.request().fields, FieldId::kXForwardedFor, arena_);
    if (before.empty()) before = client_behind_peer();
    return before.empty() ? peer_text_ : arena_.concat({before, ", ", peer_text_});
  }

  std::string_view forwarded() {
    if (!context_.peer_trusted) return element(peer_, peer_text_, {});
    const std::string_view before = joined(context_.request().fields, FieldId::kForwarded, arena_);
    if (!before.empty()) return arena_.concat({before, last_hop()});
    const std::string_view client = client_behind_peer();
    return client.empty() ? element(peer_, peer_text_, {}) : element(context_.client, client, last_hop());
  }

  std::string_view x_forwarded_port() {
    if (context_.peer_trusted) {
      if (const auto given = context_.request().fields.get(FieldId::kXForwardedPort)) return *given;
    }
    return port_of(context_.host, host_bytes_, context_.scheme);
  }

 private:
  // "for=192.0.2.7;host=api.example.com;proto=https", and what follows. An IPv6 address stands in brackets and quotes
  // (RFC 7239 section 6), a host with a port in quotes.
  std::string_view element(const IpAddress& address, std::string_view text, std::string_view rest) {
    const std::string_view host = context_.host;
    Writer to(arena_, 48 + text.size() + host.size() + context_.scheme.size() + rest.size());
    to.put("for=");
    put_node(to, address, text);
    if (!host.empty() && (host_bytes_ & kNotQuotable) == 0) {
      const std::string_view quote = (host_bytes_ & kNotToken) != 0 ? "\"" : "";
      to.put(";host=").put(quote).put(host).put(quote);
    }
    return to.put(";proto=").put(context_.scheme).put(rest).text();
  }

  // ", for=192.0.2.7"
  std::string_view last_hop() {
    Writer to(arena_, 16 + peer_text_.size());
    to.put(", for=");
    put_node(to, peer_, peer_text_);
    return to.text();
  }

  static void put_node(Writer& to, const IpAddress& address, std::string_view text) {
    if (address.is_v4()) {
      to.put(text);
    } else {
      to.put("\"[").put(text).put("]\"");
    }
  }

  // What a trusted peer told by the other of the two fields.
  std::string_view client_behind_peer() {
    return context_.client == peer_ ? std::string_view() : write_address(context_.client, arena_);
  }

  RequestContext& context_;
  Arena& arena_;
  const IpAddress& peer_;
  std::string_view peer_text_;
  std::uint8_t host_bytes_;
};

}  // namespace

void edit_request(RequestContext& context) {
  http::FieldEdits& edits = context.request_edits;
  const std::uint64_t decided = decided_by_route(edits);
  const auto add = [&](FieldId id, std::string_view value) {
    if ((decided & bit(id)) == 0 && !value.empty()) edits.append_valid(id, value);
  };
  edits.remove_all(kRebuilt | bit(FieldId::kExpect) | (context.peer_trusted ? 0 : kTrustedOnly));
  remove_ours(context);

  // All made of literals and of what the parser let through.
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
  const std::string_view query = context.query;
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
  head.edits.append_valid(FieldId::kVia, via(response.version));
}

}  // namespace gatehouse::integration
