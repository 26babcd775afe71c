#include "cache_control.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::middleware {
namespace {

using Seconds = std::chrono::seconds;

// The next "name", "name=value" or `name="value, with commas"`, which is cut off.
struct Directive {
  std::string_view name;
  std::optional<std::string_view> value;
};

Directive take_directive(std::string_view& list) {
  std::size_t end = 0;
  bool quoted = false;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (quoted && list[end] == '\\') {
      ++end;
    } else if (list[end] == '"') {
      quoted = !quoted;
    }
  }
  const std::string_view one = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  const std::size_t equals = one.find('=');
  if (equals == std::string_view::npos) return {one, std::nullopt};
  std::string_view value = trim(one.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return {trim(one.substr(0, equals)), value};
}

void shorten(std::optional<Seconds>& lifetime, const Directive& directive) {
  const Seconds read = parse_delta_seconds(directive.value.value_or("")).value_or(Seconds(0));
  lifetime = lifetime ? std::min(*lifetime, read) : read;
}

}  // namespace

std::optional<Seconds> parse_delta_seconds(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto number = parse_u64(text);
  if (!number || *number > static_cast<std::uint64_t>(CacheControl::kForever.count())) return CacheControl::kForever;
  return Seconds(static_cast<std::int64_t>(*number));
}

void CacheControl::add(std::string_view value) {
  while (!value.empty()) {
    const Directive directive = take_directive(value);
    const auto is = [&](std::string_view name) { return iequals(directive.name, name); };
    if (is("max-age")) {
      shorten(max_age, directive);
    } else if (is("s-maxage")) {
      shorten(s_maxage, directive);
    } else if (is("min-fresh")) {
      shorten(min_fresh, directive);
    } else if (is("max-stale")) {
      max_stale = directive.value ? parse_delta_seconds(*directive.value).value_or(Seconds(0)) : kForever;
    } else if (is("stale-while-revalidate")) {
      shorten(stale_while_revalidate, directive);
    } else if (is("stale-if-error")) {
      shorten(stale_if_error, directive);
    } else if (is("no-store")) {
      no_store = true;
    } else if (is("no-cache")) {
      no_cache = true;
    } else if (is("private")) {
      is_private = true;
    } else if (is("public")) {
      is_public = true;
    } else if (is("must-revalidate")) {
      must_revalidate = true;
    } else if (is("proxy-revalidate")) {
      proxy_revalidate = true;
    } else if (is("only-if-cached")) {
      only_if_cached = true;
    }
  }
}

CacheControl cache_control_of(const http::Fields& fields) {
  CacheControl control;
  if (!fields.has(http::FieldId::kCacheControl)) return control;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (field.id == http::FieldId::kCacheControl) control.add(field.value);
  }
  return control;
}

}  // namespace gatehouse::middleware
