// Host to the APIs on it, path to the one with the longest base path, and its tree.
#include "gatehouse/routing/router.hpp"

#include "gatehouse/base/strings.hpp"
#include "methods.hpp"
#include "route_tree.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace gatehouse::routing {
namespace {

using pipeline::PathParams;
using pipeline::Route;
using pipeline::RoutePattern;

// RFC 1035 section 2.3.4. A longer host matches no wildcard: each of its dots would cost a lookup.
constexpr std::size_t kLongestHost = 253;

struct HashText {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash64(text); }
};
struct HashHost {
  using is_transparent = void;
  std::size_t operator()(std::string_view host) const { return hash64_nocase(host); }
};
struct SameHost {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return iequals(a, b); }
};

struct Api {
  RouteTree tree;
  const Route* fallback;
};

// The APIs on one host, by base path.
class Table {
 public:
  void add(std::string base_path, Api api) {
    const auto segments = static_cast<std::size_t>(std::ranges::count(base_path, '/'));
    deepest_ = std::max(deepest_, segments);
    if (base_path.empty()) {
      root_ = std::move(api);
    } else {
      apis_.insert_or_assign(std::move(base_path), std::move(api));
    }
  }

  const Api* find(std::string_view path) const {
    const Api* best = root_ ? &*root_ : nullptr;
    std::size_t end = 0;
    for (std::size_t segment = 0; segment < deepest_ && end < path.size(); ++segment) {
      end = std::min(path.find('/', end + 1), path.size());
      if (const Api* const longer = at(path.substr(0, end))) best = longer;
    }
    return best;
  }

 private:
  const Api* at(std::string_view base_path) const {
    const auto found = apis_.find(base_path);
    return found == apis_.end() ? nullptr : &found->second;
  }

  std::unordered_map<std::string, Api, HashText, std::equal_to<>> apis_;
  std::optional<Api> root_;  // on the base path ""
  std::size_t deepest_ = 0;
};

// The host as it is compared: without port and without the dot of the root.
std::string_view bare_host(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// As it stands in patterns. An invalid one, which no configuration has, stays as it is.
std::string normal_base_path(const std::string& base_path) {
  const auto pattern = RoutePattern::parse("GET /", base_path);
  if (!pattern) return base_path;
  std::string text = pattern->to_string().substr(std::string_view("GET ").size());
  text.pop_back();
  return text;
}

}  // namespace

struct Router::Impl {
  explicit Impl(const std::vector<ApiRoutes>& apis);

  RouteMatch match(const RouteQuery& query, PathParams& params) const;
  const Api* find_api(std::string_view host, std::string_view path) const;

  using Hosts = std::unordered_map<std::string, std::shared_ptr<const Table>, HashHost, SameHost>;

  Methods methods;
  Hosts exact;                       // "api.example.com"
  Hosts wildcards;                   // ".example.com"
  std::shared_ptr<const Table> any;  // null: no API is on every host
};

Router::Impl::Impl(const std::vector<ApiRoutes>& apis) {
  // Hosts with the same APIs share a table.
  std::map<std::string, std::vector<std::size_t>> by_host;
  for (std::size_t i = 0; i < apis.size(); ++i) {
    if (apis[i].hosts.empty()) by_host["*"].push_back(i);
    for (const std::string& host : apis[i].hosts) {
      auto& on_host = by_host[to_lower(host)];
      if (on_host.empty() || on_host.back() != i) on_host.push_back(i);
    }
  }
  std::map<std::vector<std::size_t>, std::shared_ptr<const Table>> tables;
  const auto make_table = [&](const std::vector<std::size_t>& indices) {
    auto& shared = tables[indices];
    if (shared) return shared;
    std::map<std::string, std::vector<std::size_t>> by_base;
    for (const std::size_t i : indices) by_base[normal_base_path(apis[i].base_path)].push_back(i);
    auto table = std::make_shared<Table>();
    for (const auto& [base, same_base] : by_base) {
      RouteTreeBuilder builder(methods);
      for (const std::size_t i : same_base) {
        for (const Route* route : apis[i].routes) builder.add(*route, base);
      }
      table->add(base, {builder.build(), apis[same_base.front()].fallback});
    }
    shared = table;
    return shared;
  };
  for (const auto& [host, indices] : by_host) {
    if (host == "*") {
      any = make_table(indices);
    } else if (host.starts_with("*.")) {
      wildcards[host.substr(1)] = make_table(indices);
    } else {
      exact[std::string(bare_host(host))] = make_table(indices);
    }
  }
}

const Api* Router::Impl::find_api(std::string_view host, std::string_view path) const {
  if (!exact.empty() || !wildcards.empty()) {
    host = bare_host(host);
    if (const auto found = exact.find(host); found != exact.end()) {
      if (const Api* const api = found->second->find(path)) return api;
    }
    if (wildcards.empty() || host.size() > kLongestHost) host = {};
    for (std::size_t dot = host.find('.', 1); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
      const auto found = wildcards.find(host.substr(dot));
      if (found == wildcards.end()) continue;
      if (const Api* const api = found->second->find(path)) return api;
    }
  }
  return any ? any->find(path) : nullptr;
}

RouteMatch Router::Impl::match(const RouteQuery& query, PathParams& params) const {
  if (!query.path.starts_with('/')) return {};
  const Api* const api = find_api(query.host, query.path);
  if (api == nullptr) return {};
  const MethodId method = methods.find(query.method);
  Wanted wanted{query.query, query.fields, {method, kAnyMethod, kAnyMethod}, 2};
  if (query.method == "HEAD") wanted = {query.query, query.fields, {method, kGetMethod, kAnyMethod}, 3};
  const RouteTree::Found found = api->tree.find(query.path, wanted, params);
  if (found.route != nullptr) return {RouteMatch::Kind::kRoute, found.route, {}};
  if (found.allowed != 0) return {RouteMatch::Kind::kMethodNotAllowed, api->fallback, methods.allow(found.allowed)};
  return {RouteMatch::Kind::kNotFound, api->fallback, {}};
}

Router::Router(const std::vector<ApiRoutes>& apis) : impl_(std::make_unique<const Impl>(apis)) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

RouteMatch Router::match(const RouteQuery& query, PathParams& params) const { return impl_->match(query, params); }

}  // namespace gatehouse::routing
