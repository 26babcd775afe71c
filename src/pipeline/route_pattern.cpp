// Parsing of "METHOD /path/{template}": whatever is wrong is said with the way to write it.
#include "gatehouse/pipeline/route_pattern.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/path_escapes.hpp"
#include "gatehouse/pipeline/path_params.hpp"

#include <algorithm>
#include <string>

namespace gatehouse::pipeline {
namespace {

static_assert(RoutePattern::kMaxVariables == PathParams::kMax);

constexpr std::string_view kDefault = "$default";
using Kind = PathSegment::Kind;

Error wrong(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "bad_route_pattern", std::move(message)};
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool is_method(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Result<PathSegment> parse_variable(std::string_view text) {
  std::string_view name = text.substr(1, text.size() - 2);
  Kind kind = Kind::kVariable;
  if (name.ends_with('+')) {
    kind = Kind::kGreedy;
    name.remove_suffix(1);
  }
  if (!is_name(name)) {
    return wrong("bad variable " + quoted(text) +
                 ": a name is letters, digits, '_' and '-', as in {id}, or {proxy+} for the rest of the path");
  }
  return PathSegment{kind, std::string(name)};
}

Result<PathSegment> parse_segment(std::string_view text) {
  if (text.starts_with('{') && text.ends_with('}') && text.find('}') == text.size() - 1) return parse_variable(text);
  if (text.find_first_of("{}") != std::string_view::npos) {
    return wrong("a variable is a whole segment, so " + quoted(text) +
                 " cannot be one: write it like {id}, between slashes");
  }
  if (text.empty()) return wrong("two slashes in a row: write one, requests are matched with one");
  std::string literal(text.size() * 3, '\0');
  const char* const end = normalise_segment(text, literal.data());
  if (end == nullptr)
    return wrong("bad segment " + quoted(text) + ": an escape is %XX, and neither %00 nor a backslash may be there");
  literal.resize(static_cast<std::size_t>(end - literal.data()));
  if (is_dot_segment(literal)) {
    return wrong("bad segment " + quoted(text) +
                 ": dot segments are resolved before a request is matched, so leave them out");
  }
  return PathSegment{Kind::kLiteral, std::move(literal)};
}

Result<void> check_variable(const std::vector<PathSegment>& before, const PathSegment& next) {
  if (!before.empty() && before.back().kind == Kind::kGreedy) {
    return wrong("{" + before.back().text + "+} takes the rest of the path: nothing may follow it");
  }
  if (next.kind == Kind::kLiteral) return {};
  std::size_t variables = 1;
  for (const PathSegment& segment : before) {
    if (segment.kind == Kind::kLiteral) continue;
    ++variables;
    if (segment.text == next.text) return wrong("two variables are called {" + next.text + "}: give each its own name");
  }
  if (variables > RoutePattern::kMaxVariables) {
    return wrong("more than " + std::to_string(RoutePattern::kMaxVariables) + " variables in one path");
  }
  return {};
}

// Appends the segments of `path`, which begins with '/'. Its last slash is a segment's end only when something follows.
Result<void> parse_path(std::string_view path, RoutePattern& to) {
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    auto segment = parse_segment(path.substr(0, slash));
    if (!segment) return segment.error();
    if (auto fits = check_variable(to.segments, *segment); !fits) return fits.error();
    to.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) {
      to.trailing_slash = false;
      return {};
    }
    path.remove_prefix(slash + 1);
  }
  to.trailing_slash = true;
  if (!to.segments.empty() && to.segments.back().kind == Kind::kGreedy) {
    return wrong("{" + to.segments.back().text + "+} takes the rest of the path: leave out the slash behind it");
  }
  return {};
}

Result<void> parse_base(std::string_view base, RoutePattern& to) {
  while (base.ends_with('/')) base.remove_suffix(1);
  if (base.empty()) return {};
  if (!base.starts_with('/')) return wrong("the base path " + quoted(base) + " must begin with '/'");
  if (base.find_first_of("{}?# ") != std::string_view::npos) {
    return wrong("the base path " + quoted(base) + " must be plain text: no variables, no query, no spaces");
  }
  return parse_path(base, to);
}

Result<std::string_view> check_path(std::string_view path) {
  if (!path.starts_with('/')) return wrong("the path " + quoted(path) + " must begin with '/'");
  if (path.find('?') != std::string_view::npos) {
    return wrong("a route matches the path, " + quoted(path) + " has a query: conditions on the query stand beside it");
  }
  if (path.find('#') != std::string_view::npos)
    return wrong("a path has no fragment: leave out the '#' in " + quoted(path));
  if (path.find_first_of(" \t") != std::string_view::npos)
    return wrong("the path " + quoted(path) + " has a space: write %20");
  return path;
}

Result<std::string_view> check_method(std::string_view method) {
  if (is_method(method)) return method;
  std::string upper(method);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
  if (is_method(upper)) return wrong("methods are case-sensitive: write " + quoted(upper) + " for " + quoted(method));
  return wrong(quoted(method) + " is no method: write one like GET, or ANY for every method");
}

}  // namespace

Result<RoutePattern> RoutePattern::parse(std::string_view text, std::string_view base_path) {
  RoutePattern pattern;
  if (auto base = parse_base(base_path, pattern); !base) return base.error();
  text = trim(text);
  if (text == kDefault) {
    pattern.segments.clear();
    pattern.is_default = true;
    return pattern;
  }
  if (text.empty()) return wrong("no route: write one like \"GET /orders/{id}\", or \"$default\"");
  if (text.starts_with('$')) return wrong(quoted(text) + " is no route: did you mean \"$default\"?");

  const std::size_t space = text.find_first_of(" \t");
  if (space == std::string_view::npos) {
    if (text.starts_with('/')) {
      return wrong("no method before the path: write \"GET " + std::string(text) + "\", or ANY for every method");
    }
    return wrong("no path behind " + quoted(text) + ": write a route like \"GET /orders/{id}\"");
  }
  const auto method = check_method(text.substr(0, space));
  if (!method) return method.error();
  const auto path = check_path(trim(text.substr(space)));
  if (!path) return path.error();
  if (*method != "ANY") pattern.method = *method;
  if (auto parsed = parse_path(*path, pattern); !parsed) return parsed.error();
  return pattern;
}

std::string RoutePattern::to_string() const {
  if (is_default) return std::string(kDefault);
  std::string text = method.empty() ? "ANY" : method;
  text += ' ';
  for (const PathSegment& segment : segments) {
    text += '/';
    if (segment.kind != Kind::kLiteral) text += '{';
    text += segment.text;
    if (segment.kind == Kind::kGreedy) text += '+';
    if (segment.kind != Kind::kLiteral) text += '}';
  }
  if (trailing_slash) text += '/';
  return text;
}

std::vector<std::string> RoutePattern::variables() const {
  std::vector<std::string> names;
  for (const PathSegment& segment : segments) {
    if (segment.kind != Kind::kLiteral) names.push_back(segment.text);
  }
  return names;
}

}  // namespace gatehouse::pipeline
