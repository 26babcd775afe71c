#include "admin/pages.hpp"

#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>

namespace gatehouse::admin {
namespace {

using nlohmann::json;

// Bytes that are no UTF-8 (a file name, say) must not make dump() throw.
std::string text_of(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace) + '\n'; }

Page message(int status, std::string_view text) { return {status, "application/json", text_of({{"message", text}}), {}}; }

Page only(std::string_view allowed) {
  Page page = message(405, "Method Not Allowed");
  page.allow = allowed;
  return page;
}

}  // namespace

Page Pages::answer(std::string_view method, std::string_view target, bool from_browser, std::string_view accept) const {
  const std::string_view path = target.substr(0, target.find('?'));
  const bool reads = method == "GET" || method == "HEAD";
  if (path == "/reload") {
    if (method != "POST") return only("POST");
    return from_browser ? message(403, "Forbidden: not from a web page") : reload();
  }
  if (path == "/trace-tokens") {
    if (method != "POST") return only("POST");
    if (from_browser) return message(403, "Forbidden: not from a web page");
    return issue_trail_token(target.substr(std::min(path.size() + 1, target.size())));
  }
  if (path == "/cache/flush") {
    if (method != "POST") return only("POST");
    return from_browser ? message(403, "Forbidden: not from a web page") : flush_cache(target.substr(path.size()));
  }
  if (path != "/healthz" && path != "/readyz" && path != "/metrics" && path != "/status") return message(404, "Not Found");
  if (!reads) return only("GET, HEAD");
  if (path == "/healthz") return {200, "text/plain; charset=utf-8", "ok\n", {}};
  if (path == "/readyz") return readiness();
  if (path == "/metrics") return metrics(accept);
  return status();
}

// OpenMetrics for those that name it; what is asked for first among several does not matter, all can read both.
Page Pages::metrics(std::string_view accept) const {
  using Style = observe::Registry::Style;
  if (accept.find("application/openmetrics-text") == std::string_view::npos)
    return {200, "text/plain; version=0.0.4; charset=utf-8", gateway_.registry().scrape(), {}};
  return {200, "application/openmetrics-text; version=1.0.0; charset=utf-8", gateway_.registry().scrape(Style::kOpenMetrics), {}};
}

// ?lifetime=SECONDS
Page Pages::issue_trail_token(std::string_view query) const {
  constexpr std::uint64_t kLongest = 24 * 3600;
  std::uint64_t seconds = 600;
  if (!query.empty()) {
    constexpr std::string_view kName = "lifetime=";
    const auto given = query.starts_with(kName) ? parse_u64(query.substr(kName.size())) : std::nullopt;
    if (!given || *given == 0 || *given > kLongest)
      return message(400, "lifetime is a number of seconds from 1 to 86400, as in /trace-tokens?lifetime=600");
    seconds = *given;
  }
  const std::string token = gateway_.issue_trail_token(std::chrono::seconds(seconds));
  return {201, "application/json", text_of({{"header", "X-Gatehouse-Trace"}, {"token", token}, {"lifetime_seconds", seconds}}), {}};
}

Page Pages::readiness() const {
  const bool draining = gateway_.status().draining;
  return {draining ? 503 : 200, "text/plain; charset=utf-8", draining ? "draining\n" : "ready\n", {}};
}

Page Pages::status() const {
  const gateway::Status status = gateway_.status();
  json listeners = json::array();
  for (const Endpoint& endpoint : gateway_.endpoints()) listeners.push_back(endpoint.to_string());
  json page = {{"config_version", status.config_version},
               {"last_reload_ok", status.last_reload_ok},
               {"draining", status.draining},
               {"connections", status.connections},
               {"workers", status.workers},
               {"listeners", listeners}};
  if (!status.last_reload_ok) page["last_reload_error"] = status.last_reload_error;
  return {200, "application/json", text_of(page), {}};
}

// ?api=shop&route=GET%20%2Forders&path=%2Forders%2F: all must fit; what is not given fits.
Page Pages::flush_cache(std::string_view query) const {
  std::map<std::string, std::string, std::less<>> chosen = {{"api", ""}, {"route", ""}, {"path", ""}};
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    const std::size_t equals = std::min(one.find('='), one.size());
    const auto found = chosen.find(one.substr(0, equals));
    const auto value = percent_decode(one.substr(std::min(equals + 1, one.size())));
    if (found == chosen.end() || !value) return message(400, "the parameters of /cache/flush are api, route and path, percent-encoded");
    found->second = *value;
  }
  const std::size_t flushed = gateway_.flush_cache(chosen["api"], chosen["route"], chosen["path"]);
  return {200, "application/json", text_of({{"flushed", flushed}}), {}};
}

Page Pages::reload() const {
  const Result<void> done = reload_();
  if (!done) return {422, "application/json", text_of({{"message", "nothing changed"}, {"problems", done.error().message()}}), {}};
  return status();
}

}  // namespace gatehouse::admin
