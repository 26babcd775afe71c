#include "admin/pages.hpp"

#include <nlohmann/json.hpp>

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

Page Pages::answer(std::string_view method, std::string_view target, bool from_browser) const {
  const std::string_view path = target.substr(0, target.find('?'));
  const bool reads = method == "GET" || method == "HEAD";
  if (path == "/reload") {
    if (method != "POST") return only("POST");
    return from_browser ? message(403, "Forbidden: not from a web page") : reload();
  }
  if (path != "/healthz" && path != "/readyz" && path != "/metrics" && path != "/status") return message(404, "Not Found");
  if (!reads) return only("GET, HEAD");
  if (path == "/healthz") return {200, "text/plain; charset=utf-8", "ok\n", {}};
  if (path == "/readyz") return readiness();
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", gateway_.registry().scrape(), {}};
  return status();
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

Page Pages::reload() const {
  const Result<void> done = reload_();
  if (!done) return {422, "application/json", text_of({{"message", "nothing changed"}, {"problems", done.error().message()}}), {}};
  return status();
}

}  // namespace gatehouse::admin
