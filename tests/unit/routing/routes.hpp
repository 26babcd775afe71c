// Routers from texts. The routes live here, the router looks at them.
#pragma once

#include "gatehouse/routing/router.hpp"
#include "support/fake_fields.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

class TestRoutes {
 public:
  struct Api {
    std::vector<std::string> routes;
    std::vector<std::string> hosts;
    std::string base_path;
  };

  TestRoutes() = default;
  explicit TestRoutes(const std::vector<std::string>& routes) { add_api({routes, {}, {}}); }

  // The name of an API is its number, from 0; the label of its fallback is "none of" and that.
  void add_api(const Api& api) {
    const std::string name = std::to_string(apis_.size());
    routing::ApiRoutes compiled{api.hosts, api.base_path, {}, own({name, "none of " + name, {}, {}, {}})};
    for (const std::string& text : api.routes) {
      auto pattern = pipeline::RoutePattern::parse(text, api.base_path);
      if (!pattern) throw std::invalid_argument(text + ": " + pattern.error().message());
      compiled.routes.push_back(own({name, text, std::move(*pattern), {}, {}}));
    }
    apis_.push_back(std::move(compiled));
    router_.reset();
  }
  pipeline::Route& route(std::string_view label) {
    for (const auto& route : routes_) {
      if (route->label == label) return *route;
    }
    throw std::invalid_argument(std::string(label));
  }

  const routing::Router& router() {
    if (!router_) router_.emplace(apis_);
    return *router_;
  }

  struct Request {
    std::string method;
    std::string path;
    std::string host = {};
    std::string query = {};
    FieldList fields = {};
  };
  // The values in `params` are views over the last request.
  routing::RouteMatch match(const Request& request) {
    request_ = request;
    fields_.assign(request_.fields);
    params = {};
    return router().match({request_.host, request_.method, request_.path, request_.query, &fields_.fields()}, params);
  }
  // "label", "404 label of the fallback", "405 allow".
  std::string find(const Request& request) {
    const auto match = this->match(request);
    const std::string label = match.route ? match.route->label : "nothing";
    switch (match.kind) {
      case routing::RouteMatch::Kind::kRoute: return label;
      case routing::RouteMatch::Kind::kNotFound: return "404 " + label;
      case routing::RouteMatch::Kind::kMethodNotAllowed: return "405 " + std::string(match.allow);
    }
    return "?";
  }
  std::string get(const std::string& path) { return find({"GET", path}); }

  const std::vector<std::unique_ptr<pipeline::Route>>& routes() const { return routes_; }
  pipeline::PathParams params;

 private:
  const pipeline::Route* own(pipeline::Route route) {
    return routes_.emplace_back(std::make_unique<pipeline::Route>(std::move(route))).get();
  }

  std::vector<std::unique_ptr<pipeline::Route>> routes_;
  std::vector<routing::ApiRoutes> apis_;
  std::optional<routing::Router> router_;
  Request request_;
  FakeFields fields_;
};

}  // namespace gatehouse::testing
