// Thousands of random route sets against a matcher that compares every route with the path, segment by segment.
#include "gatehouse/routing/router.hpp"
#include "routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

namespace gatehouse::routing {
namespace {

using pipeline::PathSegment;
using pipeline::Route;
using testing::TestRoutes;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return segments;
}

class Reference {
 public:
  explicit Reference(std::vector<const Route*> routes) : routes_(std::move(routes)) {}

  std::string find(std::string_view method, std::string_view path, std::string_view query) const {
    using Rank = std::tuple<int, std::vector<int>, int, int>;
    const Route* best = nullptr;
    Rank best_rank;
    std::set<std::string> allowed;
    for (const Route* route : routes_) {
      if (!has_path(*route, path) || !holds(*route, query)) continue;
      const int method_rank = rank_method(route->pattern.method, method);
      if (method_rank < 0) {
        allowed.insert(route->pattern.method);
        continue;
      }
      std::vector<int> kinds;
      bool greedy = false;
      for (const auto& segment : route->pattern.segments) {
        kinds.push_back(static_cast<int>(segment.kind));
        greedy = greedy || segment.kind == PathSegment::Kind::kGreedy;
      }
      const int stage = route->pattern.is_default ? 2 : greedy ? 1 : 0;
      const Rank rank{stage, kinds, method_rank, -static_cast<int>(route->pattern.query.size())};
      if (best == nullptr || rank < best_rank) std::tie(best, best_rank) = std::tuple(route, rank);
    }
    if (best != nullptr) return best->label;
    if (allowed.empty()) return "404 none of 0";
    if (allowed.contains("GET")) allowed.insert("HEAD");
    std::string text;
    for (const auto& name : allowed) text += (text.empty() ? "" : ", ") + name;
    return "405 " + text;
  }

 private:
  static bool has_path(const Route& route, std::string_view path) {
    const auto& pattern = route.pattern;
    if (pattern.is_default) return true;
    const auto segments = split(path);
    const bool trailing_slash = path.ends_with('/');
    for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
      if (i >= segments.size()) return false;
      if (pattern.segments[i].kind == PathSegment::Kind::kGreedy) return true;
      if (pattern.segments[i].kind == PathSegment::Kind::kLiteral && pattern.segments[i].text != segments[i])
        return false;
    }
    return segments.size() == pattern.segments.size() && trailing_slash == pattern.trailing_slash;
  }
  static bool holds(const Route& route, std::string_view query) {
    return std::ranges::all_of(route.pattern.query, [&](const auto& condition) {
      return query.find(condition.name) != std::string_view::npos;
    });
  }
  static int rank_method(std::string_view of_route, std::string_view wanted) {
    if (of_route == wanted) return 0;
    if (wanted == "HEAD" && of_route == "GET") return 1;
    return of_route.empty() ? 2 : -1;
  }

  std::vector<const Route*> routes_;
};

// The path that a route's template makes with the values found.
std::string substitute(const Route& route, const pipeline::PathParams& params) {
  std::string path;
  for (const auto& segment : route.pattern.segments) {
    path += '/';
    path += segment.kind == PathSegment::Kind::kLiteral ? segment.text : params.get(segment.text).value_or("(none)");
  }
  return route.pattern.trailing_slash ? path + "/" : path;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t limit) { return engine_() % limit; }
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937 engine_;
};

// Few words that share beginnings, so that paths meet.
constexpr const char* kWords[] = {"a", "b", "ab", "abc", "abd", "c%2Fd"};
constexpr const char* kMethods[] = {"GET", "POST", "ANY", "HEAD", "PUT"};

std::string random_path(Random& random, bool pattern) {
  std::string path;
  const std::size_t size = random.below(5);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t kind = pattern ? random.below(10) : 0;
    if (kind == 9) return path + "/{g+}";
    path += kind >= 6 ? "/{v" + std::to_string(i) + "}" : std::string("/") + random.pick(kWords);
  }
  return path.empty() || random.below(6) == 0 ? path + "/" : path;
}

TEST(RouterRandomTest, AgreesWithComparingEveryRoute) {
  Random random(20240611);
  std::size_t found = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> texts;
    std::set<std::string> shapes;  // no two routes that differ in nothing but their variables' names
    for (std::size_t i = random.below(14); i > 0; --i) {
      const std::string text =
          random.below(20) == 0 ? "$default" : std::string(random.pick(kMethods)) + " " + random_path(random, true);
      if (shapes.insert(text).second) texts.push_back(text);
    }
    TestRoutes routes(texts);
    for (const auto& route : routes.routes()) {
      if (random.below(8) == 0) route->pattern.query = {{"q", "*"}};
    }
    std::vector<const Route*> all;
    for (std::size_t i = 1; i < routes.routes().size(); ++i) all.push_back(routes.routes()[i].get());
    const Reference reference(all);
    for (int request = 0; request < 40; ++request) {
      const std::string path = random_path(random, false);
      const std::string method = random.pick(kMethods);
      const std::string query = random.below(2) == 0 ? "q=1" : "";
      const std::string got = routes.find({method, path, "", query});
      ASSERT_EQ(got, reference.find(method, path, query))
          << method << ' ' << path << '?' << query << " among " << ::testing::PrintToString(texts);
      const auto match = routes.match({method, path, "", query});
      if (match.kind == RouteMatch::Kind::kRoute && !match.route->pattern.is_default) {
        ASSERT_EQ(substitute(*match.route, routes.params), path) << got;
      }
      (got.starts_with("404") ? refused : found) += 1;
    }
  }
  // The comparison means something only when both happen often.
  EXPECT_GT(found, 20'000u);
  EXPECT_GT(refused, 20'000u);
}

}  // namespace
}  // namespace gatehouse::routing
