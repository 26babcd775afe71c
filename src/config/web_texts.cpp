#include "web_texts.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/claims.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// A DNS name (with '_', which service discovery uses) or an IPv4 address.
bool is_dns_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-' || c == '_'; }))
      return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

struct Authority {
  std::string_view host;  // without brackets
  std::string_view port;  // digits, or empty
  bool good = false;
};

// host, host:port, [v6], [v6]:port
Authority split_authority(std::string_view text) {
  Authority out;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return out;
    out.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    out.good = out.host.find(':') != std::string_view::npos && IpAddress::parse(out.host).has_value();
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    text.remove_prefix(colon);
    out.good = is_dns_name(out.host);
  }
  if (text.empty()) return out;
  out.port = text.substr(1);
  const auto port = parse_u64(out.port);
  out.good = out.good && text.front() == ':' && port && *port >= 1 && *port <= 65535;
  return out;
}

struct Scheme {
  std::string_view prefix;
  std::uint16_t port;
};
constexpr Scheme kSchemes[] = {{"http://", 80}, {"https://", 443}};

// What stands in a target and belongs elsewhere.
bool refuse_surplus(std::string_view text, std::string_view authority, std::string_view surplus, Complaint& complaint) {
  const std::string bare(text.substr(0, text.size() - surplus.size()));
  if (authority.find('@') != std::string_view::npos) {
    complaint = {"a target has no user name or password",
                 "send them by request: {set_header: {authorization: ...}} of the route"};
  } else if (surplus == "/") {
    complaint = {"a target has no path", "write " + bare};
  } else if (surplus.starts_with('/')) {
    complaint = {"a target has no path, found " + in_quotes(surplus),
                 "write " + bare + " here and the path as path: of the route"};
  } else if (surplus.starts_with('?')) {
    complaint = {"a target has no query, found " + in_quotes(surplus), "write " + bare};
  } else if (surplus.starts_with('#')) {
    complaint = {"a target has no fragment, found " + in_quotes(surplus), "write " + bare};
  } else {
    return false;
  }
  return true;
}

bool parse_target(std::string_view text, upstream::TargetSettings& value, Complaint& complaint) {
  const auto* scheme = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                    [&](const Scheme& known) { return text.starts_with(known.prefix); });
  if (scheme == std::end(kSchemes)) {
    if (text.find("://") == std::string_view::npos && split_authority(text).good)
      complaint.fix = "write http://" + std::string(text);
    return false;
  }
  const std::string_view rest = text.substr(scheme->prefix.size());
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (refuse_surplus(text, authority, rest.substr(end), complaint)) return false;
  const Authority parts = split_authority(authority);
  if (!parts.good) return false;
  value.url = text;
  value.host = to_lower(parts.host);
  value.port = parts.port.empty() ? scheme->port : static_cast<std::uint16_t>(parse_u64(parts.port).value_or(0));
  value.tls = scheme->port == 443;
  return true;
}

bool parse_host_name(std::string_view text, std::string& value, Complaint& complaint) {
  const std::string_view name = text.starts_with("*.") ? text.substr(2) : text;
  if (!is_dns_name(name)) {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && is_dns_name(text.substr(0, colon))) complaint.fix = "leave the port out";
    if (text == "*") complaint.fix = "leave 'hosts' out: then every host is meant";
    return false;
  }
  value = to_lower(text);
  return true;
}

bool parse_server_name(std::string_view text, std::string& value, Complaint&) {
  if (!is_dns_name(text) && !IpAddress::parse(text)) return false;
  value = to_lower(text);
  return true;
}

bool parse_fixed_host(std::string_view text, HostChoice& value, Complaint&) {
  if (!split_authority(text).good) return false;
  value = {upstream::HostHeader::kFixed, std::string(text)};
  return true;
}

bool is_path_text(std::string_view text, std::string_view forbidden) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [forbidden](char c) {
           return c > 0x20 && c < 0x7f && c != '\\' && forbidden.find(c) == std::string_view::npos;
         });
}

bool parse_base_path(std::string_view text, std::string& value, Complaint& complaint) {
  if (text == "/") {
    value.clear();
    return true;
  }
  if (!is_path_text(text, "?#{}") || text.find("//") != std::string_view::npos) {
    std::string rooted = "/" + std::string(text);
    if (!text.starts_with('/') && is_path_text(rooted, "?#{}")) {
      if (rooted.ends_with('/')) rooted.pop_back();
      complaint.fix = "write " + rooted;
    }
    return false;
  }
  if (text.ends_with('/')) {
    complaint.fix = "write " + std::string(text.substr(0, text.size() - 1));
    return false;
  }
  value = text;
  return true;
}

bool parse_url_path(std::string_view text, std::string& value, Complaint&) {
  if (!is_path_text(text, "#")) return false;
  value = text;
  return true;
}

bool parse_method(std::string_view text, std::string& value, Complaint& complaint) {
  const auto is_upper = [](char c) { return !(c >= 'a' && c <= 'z'); };
  if (!is_token(text)) return false;
  if (!std::all_of(text.begin(), text.end(), is_upper)) {
    std::string upper(text);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    complaint.fix = "write " + upper;
    return false;
  }
  value = text;
  return true;
}

bool parse_field_name(std::string_view text, std::string& value, Complaint& complaint) {
  if (!is_token(text)) {
    if (text.ends_with(':') && is_token(text.substr(0, text.size() - 1))) complaint.fix = "leave the colon out";
    return false;
  }
  value = text;
  return true;
}

bool parse_field_name_no_star(std::string_view text, std::string& value, Complaint& complaint) {
  return text != "*" && parse_field_name(text, value, complaint);
}

bool parse_condition_field(std::string_view text, std::string& value, Complaint& complaint) {
  if (!parse_field_name_no_star(text, value, complaint)) return false;
  value = to_lower(value);
  return true;
}

// The form of RFC 6454 section 6.2; a wildcard stands for a host or its front labels.
bool parse_origin(std::string_view text, std::string& value, Complaint& complaint) {
  const auto scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (text != "*" && text != "null") {
    if (scheme_end == std::string_view::npos ||
        !std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; }) ||
        scheme.empty()) {
      if (is_dns_name(text)) complaint.fix = "write https://" + std::string(text);
      return false;
    }
    std::string_view host = text.substr(scheme_end + 3);
    if (const auto slash = host.find('/');
        slash != std::string_view::npos && split_authority(host.substr(0, slash)).good) {
      complaint.message = "an origin has no path, found " + in_quotes(text);
      complaint.fix = "write " + std::string(text.substr(0, scheme_end + 3 + slash));
      return false;
    }
    if (host.starts_with("*.")) host.remove_prefix(2);
    if (host != "*" && !split_authority(host).good) return false;
  }
  value = to_lower(text);
  return true;
}

bool parse_hash_of(std::string_view text, upstream::BalanceSettings& value, Complaint&) {
  const auto named = [&](std::string_view prefix, upstream::HashSource source) {
    if (!text.starts_with(prefix) || !is_token(text.substr(prefix.size()))) return false;
    value = {upstream::Balance::kHash, source, std::string(text.substr(prefix.size()))};
    return true;
  };
  if (text == "$client_ip") {
    value = {upstream::Balance::kHash, upstream::HashSource::kClientIp, ""};
    return true;
  }
  return named("$header.", upstream::HashSource::kHeader) || named("$cookie.", upstream::HashSource::kCookie);
}

bool parse_throttle_value(std::string_view text, ThrottlePer& value, Complaint& complaint) {
  constexpr std::string_view kClaims = "$claims.";
  if (text.starts_with(kClaims)) {
    const auto path = crypto::ClaimPath::parse(text.substr(kClaims.size()));
    if (path) value = {middleware::ThrottleKey::kClaim, {}, path->text()};
    if (!path) complaint.message = path.error().message();
    return path.has_value();
  }
  constexpr std::string_view kPrefix = "$header.";
  if (!text.starts_with(kPrefix) || !is_token(text.substr(kPrefix.size()))) return false;
  value = {middleware::ThrottleKey::kHeader, to_lower(text.substr(kPrefix.size()))};
  return true;
}

bool parse_relative_file(std::string_view text, std::string& value, Complaint& complaint) {
  if (text.starts_with('/')) complaint.fix = "leave out the slash in front: it is relative to root";
  if (text.empty() || text.starts_with('/') || ("/" + std::string(text) + "/").find("/../") != std::string::npos)
    return false;
  return kLine.parse(text, value, complaint);
}

bool parse_query_name(std::string_view text, std::string& value, Complaint& complaint) {
  return !text.empty() && kLine.parse(text, value, complaint);
}

template <class T>
std::string print_nothing(const T&) {
  return {};
}

constexpr std::string_view kTokenPattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";

}  // namespace

constexpr Text<upstream::TargetSettings> kTargetUrl{
    "url",
    "a URL of scheme, host and port such as http://orders-1:8000",
    "^https?://[^/?#@]+$",
    {"http://orders-1:8000", "https://api.example.com", "http://[::1]:8000"},
    parse_target,
    print_nothing};
constexpr Text<std::string> kHostName{"host",
                                      "a host name such as api.example.com or \"*.example.com\"",
                                      "^(\\*\\.)?[A-Za-z0-9._-]+$",
                                      {"api.example.com", "*.example.com"},
                                      parse_host_name,
                                      print_text};
constexpr Text<std::string> kServerName{"server_name",        "a host name or an IP address such as orders.internal",
                                        "^[A-Za-z0-9._:-]+$", {"orders.internal"},
                                        parse_server_name,    print_text};
constexpr Text<HostChoice> kFixedHost{"host_header",    "a host name such as orders.internal, perhaps with a port",
                                      "^[^/?#@ ]+$",    {"orders.internal", "orders.internal:8000"},
                                      parse_fixed_host, print_nothing};
constexpr Text<std::string> kBasePath{"base_path",     "a path such as /v1, without a slash at its end",
                                      "^/[^?#{} ]*$",  {"/v1", "/api/v2"},
                                      parse_base_path, print_text};
constexpr Text<std::string> kUrlPath{
    "url_path", "a path such as /healthz", "^/[^# ]*$", {"/healthz", "/health?full=1"}, parse_url_path, print_text};
constexpr Text<std::string> kMethod{
    "method",  "a method such as GET, or \"*\"", "^[A-Z0-9!#$%&'*+.^_`|~-]+$", {"GET", "POST", "*"}, parse_method,
    print_text};
constexpr Text<std::string> kFieldName{"header_name",
                                       "the name of a header such as x-request-source",
                                       kTokenPattern,
                                       {"x-request-source"},
                                       parse_field_name_no_star,
                                       print_text};
constexpr Text<std::string> kFieldNameOrAny{
    "header_name_or_any", "the name of a header such as authorization, or \"*\"",
    kTokenPattern,        {"authorization", "*"},
    parse_field_name,     print_text};
constexpr Text<std::string> kConditionField{"header_name",         "the name of a header such as x-request-source",
                                            kTokenPattern,         {"x-request-source"},
                                            parse_condition_field, print_text};
constexpr Text<std::string> kOrigin{"origin",
                                    "an origin such as https://shop.example.com, \"https://*.example.com\" or \"*\"",
                                    "^(\\*|null|[A-Za-z][A-Za-z0-9+.-]*://[^/?#@ ]+)$",
                                    {"https://shop.example.com", "https://*.example.com", "*"},
                                    parse_origin,
                                    print_text};
constexpr Text<upstream::BalanceSettings> kHashOf{"hash_source",
                                                  "$header.NAME, $cookie.NAME or $client_ip",
                                                  "^\\$(header\\..+|cookie\\..+|client_ip)$",
                                                  {"$header.x-user", "$cookie.session", "$client_ip"},
                                                  parse_hash_of,
                                                  print_nothing};
constexpr Text<ThrottlePer> kThrottleValue{"request_value",
                                           "a header such as $header.x-tenant, or a claim such as $claims.sub",
                                           "^\\$(header|claims)\\..+$",
                                           {"$header.x-tenant", "$claims.sub"},
                                           parse_throttle_value,
                                           print_nothing};
constexpr Text<std::string> kRelativeFile{
    "file_name",         "the name of a file inside of the root folder, such as index.html",
    "^[^/].*$",          {"index.html"},
    parse_relative_file, print_text};
constexpr Text<std::string> kQueryName{
    "query_name", "the name of a query parameter such as debug", "^.+$", {"debug"}, parse_query_name, print_text, true};

namespace {

pipeline::ValueTemplate::PathValues path_values(Template::Use use) {
  using PathValues = pipeline::ValueTemplate::PathValues;
  switch (use) {
    case Template::Use::kPath: return PathValues::kEncoded;
    case Template::Use::kErrorField:
    case Template::Use::kErrorText: return PathValues::kErrorText;
    case Template::Use::kErrorJson: return PathValues::kErrorJson;
    case Template::Use::kFieldValue:
    case Template::Use::kBody: break;
  }
  return PathValues::kDecoded;
}

}  // namespace

std::string Template::expected() const {
  return use == Use::kPath ? "a path such as /internal/orders/{id}" : "a text such as \"user $header.x-user|nobody\"";
}

bool Template::read(const Cursor& at, Value& value) const {
  const auto text = at.text(expected(), use == Use::kPath ? Dollars::kPath : Dollars::kTemplate);
  if (!text) return false;
  std::string line;
  Complaint complaint;
  if ((use == Use::kFieldValue || use == Use::kErrorField) && !kLine.parse(*text, line, complaint)) {
    at.wrong(expected(), *text, std::move(complaint));
    return false;
  }
  auto parsed = pipeline::ValueTemplate::parse(*text, at.reader().path_variables, path_values(use), use == Use::kPath, body);
  if (!parsed) {
    at.wrong(expected(), *text, {parsed.error().message(), ""});
    return false;
  }
  value = std::move(*parsed);
  return true;
}

Shape Template::shape(Model& model) const {
  if (use == Use::kPath) {
    model.add_text({"path_template",
                    "a path with variables such as /internal/orders/{id}",
                    "^[/$].*$",
                    {"/internal/orders/{id}", "/{proxy}"},
                    false});
    return {Shape::Kind::kText, "path_template", 0, 0, {}, {}};
  }
  model.add_text(
      {"template",
       "a text with variables such as $path.id, $query.page|1, $header.x-user, $context.request_id, $uuid, $ulid, $now",
       "",
       {"$header.x-user|nobody", "gatehouse"},
       true});
  return {Shape::Kind::kText, "template", 0, 0, {}, {}};
}

}  // namespace gatehouse::config
