#include "checks.hpp"

#include "caller_facts.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace gatehouse::config {
namespace {

std::string line_of(const Cursor& at) { return "line " + std::to_string(at.node().at.line); }

void check_addresses(const Cursor& root, const Settings& settings) {
  std::map<Endpoint, std::string> seen;
  each_item(root, "listeners", [&](const Cursor& at, std::size_t i) {
    if (i >= settings.listeners.size() || settings.listeners[i].address.port == 0) return;
    const auto [other, is_new] = seen.emplace(settings.listeners[i].address, at.path() + " (" + line_of(at) + ")");
    if (!is_new)
      at.problem_at("address", "the address is already that of " + other->second, "give every listener its own");
  });
  if (settings.dynamodb && settings.dynamodb->address.port != 0) {
    const auto [other, is_new] = seen.emplace(settings.dynamodb->address, "dynamodb");
    if (!is_new && root.node().find("dynamodb") != nullptr)
      root.child(*root.node().find("dynamodb"))
          .problem("takes " + settings.dynamodb->address.to_string() + ", which is that of " + other->second,
                   "give one of them another port");
  }
  const auto taken = seen.find(settings.admin.address);
  if (taken == seen.end()) return;
  const Node::Entry* const admin = root.node().find("admin");
  if (admin == nullptr || admin->value->kind != Node::Kind::kMap) {
    root.problem(
        "'admin' is not given and takes " + settings.admin.address.to_string() + ", which is that of " + taken->second,
        "give one of them another port");
  } else {
    root.child(*admin).problem_at("address", "the address is already that of " + taken->second, "give it another port");
  }
}

void check_api_names(const Cursor& root, const Settings& settings) {
  std::unordered_map<std::string_view, std::size_t> seen;
  each_api(root, settings, [&](const Cursor& at, const ApiSettings& api) {
    const auto [other, is_new] = seen.emplace(api.name, api.item);
    if (other->second != api.item && !api.name.empty()) {
      const Cursor apis = root.child(*root.node().find("apis"));
      at.problem_at("name", "the API at " + line_of(apis.item(other->second)) + " has the same name", "give every API a name of its own");
    }
  });
}

void append_conditions(std::string& key, std::vector<pipeline::Condition> conditions) {
  std::sort(conditions.begin(), conditions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const auto& [name, value] : conditions) key.append(1, '\n').append(name).append(1, '\t').append(value);
  key += "\n\n";
}

// Equal for routes that take the same requests: what variables are called makes no difference.
std::string match_key(const ApiSettings& api, const RouteSettings& route) {
  using Kind = pipeline::PathSegment::Kind;
  const pipeline::RoutePattern& pattern = route.pattern;
  std::string key = pattern.is_default ? "$default " + api.base_path : pattern.method;
  for (const auto& segment : pattern.segments) {
    key += segment.kind == Kind::kLiteral ? '/' + segment.text : segment.kind == Kind::kVariable ? "/{}" : "/{+}";
  }
  if (pattern.trailing_slash) key += '/';
  append_conditions(key, pattern.headers);
  append_conditions(key, pattern.query);
  return key;
}

void check_routes(const Cursor& root, const Settings& settings) {
  struct Taken {
    const ApiSettings* api;
    const RouteSettings* route;
  };
  std::unordered_map<std::string, Taken> seen;
  each_api(root, settings, [&](const Cursor& at, const ApiSettings& api) {
    std::set<std::string> hosts(api.hosts.begin(), api.hosts.end());
    if (hosts.empty()) hosts.insert("");
    each_item(at, "routes", [&](const Cursor& route_at, std::size_t j) {
      if (j >= api.routes.size() || api.routes[j].match.empty()) return;
      const RouteSettings& route = api.routes[j];
      if (route.socket && route.socket->kind != wsapi::RouteKind::kConnect) return;
      const std::string key = match_key(api, route);
      const Taken* other = nullptr;
      for (const std::string& host : hosts) {
        const auto [first, is_new] = seen.emplace(host + ' ' + key, Taken{&api, &route});
        if (!is_new) other = &first->second;
      }
      if (other == nullptr) return;
      if (other->api->item == api.item && other->route->position == route.position) {
        at.problem_at("stages", "the stages " + in_quotes(other->api->stage) + " and " + in_quotes(api.stage) + " have the same base path on the same host",
                      "give each a 'base_path' or 'hosts' of its own");
        return;
      }
      const bool staged = other->api->stage != pipeline::kDefaultStage || api.stage != pipeline::kDefaultStage;
      const std::string where = staged ? ", of " + other->api->id() + " and " + api.id() : std::string();
      route_at.problem_at("match", "takes the same requests as the route at " + other->route->position + where,
                          "take one out, or tell them apart by 'when'");
    });
  });
}

// Tables behind a route that asks nobody who they are would be open to everybody.
void check_open_tables(const Cursor& root, const Settings& settings) {
  const bool loopback = std::ranges::all_of(settings.listeners, [](const ListenerSettings& listener) {
    return listener.address.address.is_loopback();
  });
  if (loopback) return;
  each_api(root, settings, [&](const Cursor& at, const ApiSettings& api) {
    each_item(at, "routes", [&](const Cursor& route_at, std::size_t j) {
      if (j >= api.routes.size()) return;
      const RouteSettings& route = api.routes[j];
      const auto* const tables = std::get_if<integration::DynamodbSettings>(&route.integration);
      if (tables == nullptr || !tables->protocol.access_keys.empty() || caller_facts(settings, api, route).asked) return;
      route_at.problem_at("dynamodb", "nobody is asked who they are here, and everybody could change every table",
                          "name an authorizer in 'auth', or give access_keys");
    });
  });
}

}  // namespace

void complain_of_throttle(const Cursor& at, const ScopedSettings& scoped, middleware::ThrottleKey key, std::string_view what, std::string_view fix) {
  if (!scoped.throttle) return;
  each_item(at, "throttle", [&](const Cursor& rule, std::size_t i) {
    if (i < scoped.throttle->size() && (*scoped.throttle)[i].per == key) rule.problem_at("per", what, fix);
  });
}

void check_whole(const Cursor& root, const Settings& settings) {
  root.reader().backends.check(root.reader().problems);
  root.reader().authorizers.check(root.reader().problems);
  root.reader().stores.check(root.reader().problems);
  root.reader().tables.check(root.reader().problems);
  root.reader().usage_plans.check(root.reader().problems);
  check_addresses(root, settings);
  check_api_names(root, settings);
  check_routes(root, settings);
  check_open_tables(root, settings);
  check_claims(root, settings);
}

}  // namespace gatehouse::config
