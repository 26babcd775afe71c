#include "gatehouse/crypto/claims.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <cmath>

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kMostPathBytes = 1024;

Error bad_path(std::string_view text, std::string_view why) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "jwt_claim_path",
          "claim path \"" + std::string(text) + "\": " + std::string(why)};
}

// Takes ['name'] or [3] from the front of `rest`; what it says, or nothing.
std::optional<std::variant<std::string, std::uint32_t>> take_bracketed(std::string_view& rest) {
  if (rest.starts_with("['")) {
    std::string name;
    for (std::size_t i = 2; i < rest.size(); ++i) {
      if (rest[i] != '\'') {
        name += rest[i];
      } else if (rest.substr(i + 1).starts_with('\'')) {
        name += rest[i++];
      } else if (rest.substr(i + 1).starts_with(']')) {
        rest.remove_prefix(i + 2);
        return name;
      } else {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }
  const std::size_t close = rest.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  const auto index = parse_u64(rest.substr(1, close - 1));
  if (!index || *index > kMostPathBytes * 1024) return std::nullopt;
  rest.remove_prefix(close + 1);
  return static_cast<std::uint32_t>(*index);
}

bool grants(JsonValue claim, std::span<const std::string> any_of) {
  if (!claim) return false;
  const auto is_wanted = [any_of](std::string_view scope) { return std::ranges::find(any_of, scope) != any_of.end(); };
  if (claim.is_array())
    return std::ranges::any_of(claim, [&](JsonValue scope) { return scope.is_string() && is_wanted(scope.text()); });
  if (!claim.is_string()) return false;
  std::string_view rest = claim.text();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end != 0 && is_wanted(rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

}  // namespace

Result<ClaimPath> ClaimPath::parse(std::string_view text) {
  if (text.empty() || text.size() > kMostPathBytes) return bad_path(text.substr(0, 64), "empty, or too long");
  ClaimPath path;
  path.text_ = text;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.front() == '[') {
      auto step = take_bracketed(rest);
      if (!step) return bad_path(text, "brackets hold an index, or a name in single quotes");
      path.steps_.push_back(std::move(*step));
      continue;
    }
    if (!path.steps_.empty()) {
      if (rest.front() != '.') return bad_path(text, "a dot or a bracket is missing behind ]");
      rest.remove_prefix(1);
    }
    const bool is_url = path.steps_.empty() && rest.substr(0, rest.find('[')).find("://") != std::string_view::npos;
    const std::size_t end = std::min(rest.find_first_of(is_url ? "[" : ".["), rest.size());
    if (end == 0) return bad_path(text, "a name is missing");
    path.steps_.emplace_back(std::string(rest.substr(0, end)));
    rest.remove_prefix(end);
  }
  return path;
}

JsonValue ClaimPath::find_in(JsonValue value) const {
  for (const Step& step : steps_) {
    if (!value) return value;
    if (const auto* name = std::get_if<std::string>(&step)) {
      value = value.find(*name);
    } else {
      value = value.at(*std::get_if<std::uint32_t>(&step));
    }
  }
  return value;
}

std::optional<std::string_view> Claims::text(const ClaimPath& path, Arena& arena) const {
  const JsonValue value = find(path);
  if (!value) return std::nullopt;
  if (!value.is_array() && !value.is_object()) return value.text();
  std::string written;
  value.append_to(written);
  return arena.copy(written);
}

std::optional<Claims::WallTime> Claims::expires_at() const {
  const JsonValue exp = find("exp");
  if (!exp || !exp.is_number()) return std::nullopt;
  using Seconds = std::chrono::duration<double>;
  const Seconds since_epoch(exp.number());
  if (since_epoch >= Seconds(WallTime::max().time_since_epoch())) return WallTime::max();
  if (since_epoch <= Seconds(WallTime::min().time_since_epoch())) return WallTime::min();
  return WallTime(std::chrono::duration_cast<WallTime::duration>(since_epoch));
}

bool Claims::has_scope(std::span<const std::string> any_of, std::span<const ClaimPath> more) const {
  return grants(scope_, any_of) || grants(scp_, any_of) ||
         std::ranges::any_of(more, [&](const ClaimPath& path) { return grants(find(path), any_of); });
}

}  // namespace gatehouse::crypto
