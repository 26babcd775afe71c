// Host, method, path, conditions to a route: compiled once, then a lookup allocates nothing. Immutable, shared by workers.
#pragma once

#include "gatehouse/http/head.hpp"
#include "gatehouse/pipeline/path_params.hpp"
#include "gatehouse/pipeline/route.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::routing {

// The routes of one API on its hosts. `fallback` answers what its base path covers and no route matches (404, 405).
struct ApiRoutes {
  std::vector<std::string> hosts;  // lower case, "api.example.com" or "*.example.com"; empty: every host
  std::string base_path;           // "" or "/v1"
  std::vector<const pipeline::Route*> routes;  // patterns include the base path
  const pipeline::Route* fallback;
};

struct RouteMatch {
  enum class Kind : unsigned char { kRoute, kNotFound, kMethodNotAllowed };
  Kind kind = Kind::kNotFound;
  // kRoute: the route. Otherwise the fallback of the API whose host and base path match, or null.
  const pipeline::Route* route = nullptr;
  // kMethodNotAllowed: the value of Allow, alive as long as the router.
  std::string_view allow;
};

struct RouteQuery {
  std::string_view host;  // lower case or not, with or without port
  std::string_view method;
  std::string_view path;  // normalised
  std::string_view query;
  const http::Fields* fields;
};

class Router {
 public:
  explicit Router(const std::vector<ApiRoutes>& apis);
  ~Router();
  Router(Router&&) noexcept;

  // Most specific wins, whatever the order in the file: exact host, then longest wildcard, then any; the longest base path;
  // a full match before a greedy one, before $default; a literal segment before a variable; a route with the method before
  // ANY; with more conditions before fewer. A route without the method, or whose conditions do not hold, is as if it were
  // not there: the next best is taken. HEAD finds GET's route when it has none of its own. Variables take one segment,
  // greedy ones the rest, at least one character each; "/orders/" is not "/orders", but the root "/" of an API on a base
  // path is the base path with and without a slash. `params` gets the variables of the route found.
  RouteMatch match(const RouteQuery& query, pipeline::PathParams& params) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gatehouse::routing
