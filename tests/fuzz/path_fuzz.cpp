// Path normalisation: what comes out is in normal form, is what would be matched and forwarded, and cannot climb.
#include "fuzz/fuzz_support.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/pipeline/path_escapes.hpp"
#include "gatehouse/routing/path.hpp"
#include "gatehouse/routing/router.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;
using gatehouse::testing::require;

// One route that takes everything behind a literal, one for the rest: where the variable begins and ends is what counts.
struct Routes {
  pipeline::Route greedy{"api", "greedy", *pipeline::RoutePattern::parse("ANY /public/{p+}"), {}, {}};
  pipeline::Route rest{"api", "rest", *pipeline::RoutePattern::parse("$default"), {}, {}};
  routing::Router router{{{{}, "", {&greedy, &rest}, nullptr}}};
};

bool separates(char c) { return c == '/' || c == '\\'; }

// As a backend would read it that decodes everything first and takes backslashes for slashes.
bool climbs_when_decoded(std::string_view path) {
  const std::string decoded = percent_decode(path).value();
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (!separates(decoded[i])) continue;
    const std::size_t end = std::min(decoded.find_first_of("/\\", i + 1), decoded.size());
    const std::string_view segment = std::string_view(decoded).substr(i + 1, end - i - 1);
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Routes routes;
  const std::string path = "/" + std::string(reinterpret_cast<const char*>(data), size);
  Arena arena;
  const auto normal = routing::normalise_path(path, arena);
  if (!normal) return 0;

  require(normal->starts_with('/'), "begins with a slash");
  require(normal->size() <= 3 * path.size(), "at most three times as long");
  require(normal->find("//") == std::string_view::npos, "no empty segments");
  require(!pipeline::has_dot_segment(*normal), "no dot segments");
  require(normal->find_first_of("\\?#\" \r\n") == std::string_view::npos, "nothing that may not stand in a path");
  require(percent_decode(*normal).has_value(), "valid escapes");
  require(percent_decode(*normal)->find('\0') == std::string::npos, "no NUL");
  require(!climbs_when_decoded(*normal), "no dot segments for a backend that decodes first");

  const auto again = routing::normalise_path(*normal, arena);
  require(again && *again == *normal, "idempotent");

  pipeline::PathParams params;
  const auto match = routes.router.match({"", "GET", *normal, "", nullptr}, params);
  require(match.kind == routing::RouteMatch::Kind::kRoute, "something matches");
  const bool greedy = match.route == &routes.greedy;
  require(greedy == (normal->starts_with("/public/") && normal->size() > 8),
          "the route is the one of what is forwarded");
  if (greedy) require("/public/" + std::string(*params.get("p")) == *normal, "matched is forwarded");
  return 0;
}
