// What the pieces of a head mean and whether they may stand: target, Host, framing, Connection, and the head as a whole.
#include "byte_scan.hpp"
#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "head_parser.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::http {
namespace {

// Each nominated name is looked for among all fields: without a bound, a head of 64 KiB costs millions of comparisons.
constexpr int kMaxNominations = 64;
constexpr std::string_view kRoot = "/";
constexpr std::string_view kAsterisk = "*";

bool is_token_text(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && scan::skip(text.data(), end, scan::kTokenByte) == end;
}

bool is_option(std::string_view option) {
  return iequals(option, "close") || iequals(option, "keep-alive") || iequals(option, "upgrade");
}

// "[::1]". No zone identifiers, no IPvFuture. Returns its end, nullptr when it is none.
const char* take_ip_literal(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return nullptr;
  const std::string_view address = text.substr(1, close - 1);
  const bool v6 = address.find(':') != std::string_view::npos && address.find('%') == std::string_view::npos;
  return v6 && IpAddress::parse(address) ? text.data() + close + 1 : nullptr;
}

// A registered name or an IPv4 address (RFC 3986 section 3.2.2), not empty. Returns its end, nullptr when it is none.
const char* take_name(const char* const begin, const char* const end) {
  const char* at = scan::skip(begin, end, scan::kHostByte);
  while (at != end && *at == '%') {
    if (end - at < 3 || hex_value(at[1]) < 0 || hex_value(at[2]) < 0) return nullptr;
    at = scan::skip(at + 3, end, scan::kHostByte);
  }
  return at == begin ? nullptr : at;
}

// host [":" port]. An empty port, which RFC 3986 allows and nobody sends, is refused: "a:" would be another host than "a".
bool is_authority(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* at = !text.empty() && text[0] == '[' ? take_ip_literal(text) : take_name(text.data(), end);
  if (at == nullptr) return false;
  if (at == end) return true;
  if (*at != ':' || end - at < 2 || end - at > 6) return false;
  std::uint32_t port = 0;
  while (++at != end) {
    if (*at < '0' || *at > '9') return false;
    port = port * 10 + static_cast<std::uint32_t>(*at - '0');
  }
  return port <= std::numeric_limits<std::uint16_t>::max();
}

// protocol-name ["/" protocol-version], RFC 9110 section 7.8.
bool is_protocol(std::string_view text) {
  const std::size_t slash = text.find('/');
  return is_token_text(text.substr(0, slash)) &&
         (slash == std::string_view::npos || is_token_text(text.substr(slash + 1)));
}

}  // namespace

bool HeadParser::judge_target(const char* base) {
  const char first = state_.target.size == 0 ? '\0' : base[state_.target.at];
  if (first == '/') return true;
  if (first == '*') {
    return (state_.target.size == 1 && state_.method == Method::kOptions) || fail("invalid_target");
  }
  return judge_absolute_target(base) || fail("invalid_target");
}

// http://host:port/path?query. Userinfo is no part of a host here and so is refused.
bool HeadParser::judge_absolute_target(const char* base) {
  const std::string_view target = state_.target.over(base);
  const std::size_t colon = target.find(':');
  if (colon == std::string_view::npos || target.substr(colon, 3) != "://") return false;
  const std::string_view scheme = target.substr(0, colon);
  if (!iequals(scheme, "http") && !iequals(scheme, "https")) return false;
  const std::size_t begin = colon + 3;
  const std::size_t end = std::min(target.find_first_of("/?", begin), target.size());
  if (!is_authority(target.substr(begin, end - begin))) return false;
  state_.absolute = true;
  state_.authority = {state_.target.at + static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
  return true;
}

bool HeadParser::judge_field(const char* base, const FieldRef& ref) {
  const std::string_view value(base + ref.value_at, ref.value_size);
  const bool request = state_.kind == Kind::kRequest;
  switch (ref.id) {
    case FieldId::kHost:
      if (!request) return true;
      if ((state_.present & bit(FieldId::kHost)) != 0) return fail("repeated_host");
      if (!is_authority(value)) return fail("invalid_host");
      if (!state_.absolute) state_.authority = {ref.value_at, ref.value_size};
      return true;
    case FieldId::kContentLength: return judge_content_length(value);
    case FieldId::kTransferEncoding: return judge_transfer_encoding(value);
    case FieldId::kConnection: return judge_connection(value);
    case FieldId::kExpect:
      if (!request) return true;
      if (!iequals(value, "100-continue")) return fail("unsupported_expectation", 417);
      // RFC 9110 section 10.1.1: from an HTTP/1.0 client it must be ignored.
      state_.expects_continue = state_.version == Version::kHttp11;
      return true;
    case FieldId::kUpgrade: note_upgrade(base, ref); return true;
    default: return true;
  }
}

bool HeadParser::judge_content_length(std::string_view value) {
  if ((state_.present & bit(FieldId::kTransferEncoding)) != 0) return fail("conflicting_framing");
  // RFC 9112 section 6.3 would let equal ones pass; two peers that pick different ones is how smuggling begins.
  if ((state_.present & bit(FieldId::kContentLength)) != 0) return fail("repeated_content_length");
  const std::optional<std::uint64_t> length = parse_u64(value);
  // Signed arithmetic on lengths must not overflow anywhere.
  if (!length || *length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail("invalid_content_length");
  }
  state_.content_length = *length;
  return true;
}

// RFC 9112 section 6.1. Only exactly one final `chunked` is understood, so only that is let through.
bool HeadParser::judge_transfer_encoding(std::string_view value) {
  if (state_.version == Version::kHttp10) return fail("transfer_encoding_in_http10");
  if ((state_.present & bit(FieldId::kTransferEncoding)) != 0) return fail("invalid_transfer_encoding");
  if (!iequals(value, "chunked")) return fail("invalid_transfer_encoding");
  if ((state_.present & bit(FieldId::kContentLength)) != 0) return fail("conflicting_framing");
  return true;
}

bool HeadParser::judge_connection(std::string_view value) {
  // Nearly always there is this one option.
  if (value == "keep-alive") {
    state_.says_keep_alive = true;
    return true;
  }
  std::string_view option;
  while (next_element(value, option)) {
    if (iequals(option, "keep-alive")) {
      state_.says_keep_alive = true;
    } else if (iequals(option, "close")) {
      state_.says_close = true;
    } else if (iequals(option, "upgrade")) {
      state_.says_upgrade = true;
    } else if (is_token_text(option)) {
      state_.nominates = true;
    } else {
      return fail("invalid_connection");
    }
  }
  return true;
}

// The first protocol of the list; a server may choose any or none, and one is enough.
void HeadParser::note_upgrade(const char* base, const FieldRef& ref) {
  std::string_view list(base + ref.value_at, ref.value_size);
  std::string_view protocol;
  if (state_.upgrade.size != 0 || !next_element(list, protocol) || !is_protocol(protocol)) return;
  state_.upgrade = {static_cast<std::uint32_t>(protocol.data() - base), static_cast<std::uint32_t>(protocol.size())};
}

bool HeadParser::judge_head(const char* base, FieldRefs& refs) {
  if (state_.kind == Kind::kTrailers) return true;
  const bool http11 = state_.version == Version::kHttp11;
  if (state_.kind == Kind::kRequest && http11 && (state_.present & bit(FieldId::kHost)) == 0)
    return fail("missing_host");
  if (state_.nominates && !mark_nominated(base, refs)) return false;
  state_.keep_alive = !state_.says_close && (http11 || state_.says_keep_alive);
  // RFC 9110 section 7.8: Upgrade counts only together with its Connection option, and never in HTTP/1.0.
  if (!http11 || !state_.says_upgrade) state_.upgrade = {};
  return true;
}

// Fields that Connection names are dropped (RFC 9110 section 7.6.1), but none that the gateway knows: those are hop-by-hop
// anyway or meant for every recipient ("a sender MUST NOT send a connection option" for such). Were they dropped, a client
// could have Authorization, Cookie or Origin judged by the gateway and hidden from the backend, or X-Forwarded-For of a
// trusted proxy in front removed. What the gateway adds itself is added later and cannot be named away.
bool HeadParser::mark_nominated(const char* base, FieldRefs& refs) {
  int nominations = 0;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (refs[i].id != FieldId::kConnection) continue;
    std::string_view list(base + refs[i].value_at, refs[i].value_size);
    std::string_view option;
    while (next_element(list, option)) {
      if (is_option(option)) continue;
      if (++nominations > kMaxNominations) return fail("too_many_connection_options");
      for (FieldRef& ref : refs) {
        if (ref.id == FieldId::kOther && iequals({base + ref.name_at, ref.name_size}, option))
          ref.named_by_connection = true;
      }
    }
  }
  return true;
}

RequestHead HeadParser::request(const char* base, const FieldRefs& refs) const {
  RequestHead head;
  head.method = state_.method;
  head.version = state_.version;
  head.has_body = request_framing() != Framing::kNone;
  head.method_text = state_.method_text.over(base);
  head.authority = state_.authority.over(base);
  const std::uint32_t target_end = state_.target.at + state_.target.size;
  const std::uint32_t path_at = state_.absolute ? state_.authority.at + state_.authority.size : state_.target.at;
  const std::uint32_t path_end = state_.query_at == 0 ? target_end : state_.query_at - 1;
  head.path = {base + path_at, path_end - path_at};
  if (state_.query_at != 0) head.query = {base + state_.query_at, target_end - state_.query_at};
  if (head.path.empty()) {
    // RFC 9112 section 3.2.4: OPTIONS of http://host without a path asks about the server as a whole.
    head.path = state_.method == Method::kOptions && state_.query_at == 0 ? kAsterisk : kRoot;
  }
  head.protocol = state_.upgrade.over(base);
  if ((state_.present & bit(FieldId::kContentLength)) != 0) head.content_length = state_.content_length;
  head.fields = fields(base, refs);
  return head;
}

IncomingResponse HeadParser::response(const char* base, const FieldRefs& refs, Method request_method) const {
  IncomingResponse head;
  head.status = state_.status;
  head.version = state_.version;
  head.has_body = response_framing(request_method) != Framing::kNone;
  head.reason = state_.reason.over(base);
  if (state_.status == 101) head.protocol = state_.upgrade.over(base);
  // RFC 9110 section 8.6: it means nothing in these, although some servers send it.
  const bool may_have_length = state_.status >= 200 && state_.status != 204;
  if (may_have_length && (state_.present & bit(FieldId::kContentLength)) != 0)
    head.content_length = state_.content_length;
  head.fields = fields(base, refs);
  return head;
}

Framing HeadParser::request_framing() const {
  if ((state_.present & bit(FieldId::kTransferEncoding)) != 0) return Framing::kChunked;
  return state_.content_length != 0 ? Framing::kLength : Framing::kNone;
}

// RFC 9112 section 6.3.
Framing HeadParser::response_framing(Method request_method) const {
  const bool bodiless = state_.status < 200 || state_.status == 204 || state_.status == 304;
  if (bodiless || request_method == Method::kHead) return Framing::kNone;
  if ((state_.present & bit(FieldId::kTransferEncoding)) != 0) return Framing::kChunked;
  if ((state_.present & bit(FieldId::kContentLength)) == 0) return Framing::kUntilClose;
  return state_.content_length != 0 ? Framing::kLength : Framing::kNone;
}

}  // namespace gatehouse::http
