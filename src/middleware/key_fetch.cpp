#include "key_fetch.hpp"

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/upstream/backend.hpp"
#include "gatehouse/upstream/http_call.hpp"
#include "gatehouse/upstream/pool.hpp"

#include <array>
#include <span>
#include <utility>

namespace gatehouse::middleware {
namespace {

using upstream::CallEnd;
using upstream::HttpField;

constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";
constexpr std::array<HttpField, 2> kFields{HttpField{"Accept", "application/json"}, HttpField{"User-Agent", "gatehouse"}};

Error failed(std::string_view reason, std::string message) {
  return {ErrorKind::kUnavailable, ErrorSource::kUpstream, reason, std::move(message), Retry::kAllowed};
}

upstream::BackendSettings backend_settings(const JwksSettings& settings, upstream::TargetSettings target) {
  upstream::BackendSettings backend;
  backend.name = "(key set)";
  backend.targets.push_back(std::move(target));
  backend.timeouts.connect = settings.timeout;
  backend.timeouts.first_byte = settings.timeout;
  backend.tls.ca = settings.ca;
  return backend;
}

bool is_loopback(const std::string& host) {
  const auto address = IpAddress::parse(host);
  return host == "localhost" || (address && address->is_loopback());
}

}  // namespace

std::string discovery_url(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + std::string(kWellKnown);
}

KeyFetch::KeyFetch(net::BackgroundWorker& background, const JwksSettings& settings, const Clock& clock)
    : background_(background), settings_(settings), clock_(clock) {}

net::Task<Result<std::string>> KeyFetch::run() {
  const TimePoint deadline = background_.worker().now() + settings_.timeout;
  if (!settings_.url.empty()) {
    net::Task<Result<std::string>> getting = get(settings_.url, deadline);
    Result<std::string> keys = co_await getting;
    co_return keys;
  }
  if (jwks_url_.empty()) {
    net::Task<Result<std::string>> discovering = get(discovery_url(settings_.issuer), deadline);
    const Result<std::string> document = co_await discovering;
    if (!document) co_return document;
    Result<std::string> url = read_discovery(*document);
    if (!url) co_return url;
    jwks_url_ = std::move(*url);
  }
  net::Task<Result<std::string>> getting = get(jwks_url_, deadline);
  Result<std::string> keys = co_await getting;
  if (!keys) jwks_url_.clear();  // it may have moved
  co_return keys;
}

// One connection for each fetch: there is one in minutes.
net::Task<Result<std::string>> KeyFetch::get(std::string url, TimePoint deadline) {
  auto parsed = upstream::parse_url(url);
  if (!parsed) co_return failed("jwks_url_invalid", "'" + url + "' is not a URL such as https://id.example.com/keys");
  const std::string path = parsed->path;
  const std::string host = upstream::host_field(parsed->target);
  auto backend = upstream::Backend::make(backend_settings(settings_, std::move(parsed->target)), clock_);
  if (!backend) co_return backend.error();
  upstream::Pool pool(background_.worker(), *backend, background_.resolver());
  upstream::HttpCall call(background_.worker(), pool, deadline, static_cast<std::size_t>(settings_.max_bytes));

  net::Task<bool> connecting = call.connect(0);
  const bool connected = co_await connecting;
  if (!connected) co_return failed("jwks_unreachable", url + ": " + call.cause());
  upstream::HttpReply reply;
  const std::span<const HttpField> fields(kFields);
  net::Task<CallEnd> exchange = call.exchange("GET", path, host, fields, {}, reply);
  const CallEnd end = co_await exchange;
  if (end != CallEnd::kAnswered) co_return failed("jwks_unreachable", url + ": " + call.cause());
  if (reply.status != 200) {
    std::string why = url + " answered with status " + std::to_string(reply.status);
    if (reply.status >= 300 && reply.status < 400) why += "; redirects are not followed, name the URL behind it";
    co_return failed("jwks_refused", std::move(why));
  }
  co_return std::move(reply.body);
}

// Another issuer's document is refused, or whoever can write one could lend its keys to this issuer.
Result<std::string> KeyFetch::read_discovery(const std::string& document) const {
  const std::string url = discovery_url(settings_.issuer);
  const auto tree = JsonTree::parse(document);
  if (!tree) return failed("jwks_discovery_invalid", url + " is not JSON: " + std::string(tree.error().what()));
  const JsonValue issuer = tree->root().find("issuer");
  if (!issuer || !issuer.is_string() || issuer.text() != settings_.issuer)
    return failed("jwks_discovery_invalid", url + " is the document of another issuer, or of none");
  const JsonValue uri = tree->root().find("jwks_uri");
  const auto parsed = uri && uri.is_string() ? upstream::parse_url(uri.text()) : std::nullopt;
  if (!parsed) return failed("jwks_discovery_invalid", url + " has no usable jwks_uri");
  if (!parsed->target.tls && settings_.issuer.starts_with("https://") && !is_loopback(parsed->target.host))
    return failed("jwks_discovery_invalid", url + ": jwks_uri is not https");
  return std::string(uri.text());
}

}  // namespace gatehouse::middleware
