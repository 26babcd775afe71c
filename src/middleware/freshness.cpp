#include "freshness.hpp"

#include "gatehouse/http/validators.hpp"

#include <algorithm>

namespace gatehouse::middleware {
namespace {

using std::chrono::seconds;

// Kept for `ttl` when nothing is said.
bool is_kept_by_default(int status) {
  return status == 200 || status == 203 || status == 204 || status == 300 || status == 301 || status == 308;
}

// Kept when the answer says for how long. Others say something about one client, or about one moment.
bool may_be_kept(int status) {
  return is_kept_by_default(status) || status == 302 || status == 303 || status == 307 || status == 404 || status == 405 ||
         status == 410 || status == 414 || status == 501;
}

std::optional<Duration> explicit_lifetime(const AnswerFacts& answer, WallTime received) {
  if (answer.control.s_maxage) return *answer.control.s_maxage;
  if (answer.control.max_age) return *answer.control.max_age;
  if (!answer.expires) return std::nullopt;
  // "0" and what else is no date lie in the past (section 5.3).
  const auto expires = http::parse_http_date(*answer.expires);
  if (!expires) return Duration(0);
  const auto date = answer.date ? http::parse_http_date(*answer.date) : std::nullopt;
  const seconds left(*expires - date.value_or(std::chrono::system_clock::to_time_t(received)));
  return std::clamp(left, seconds(0), CacheControl::kForever);
}

Duration initial_age(const AnswerFacts& answer, WallTime received, Duration took) {
  Duration apparent{};
  if (const auto date = answer.date ? http::parse_http_date(*answer.date) : std::nullopt) {
    const seconds behind(std::chrono::system_clock::to_time_t(received) - *date);
    apparent = std::clamp(behind, seconds(0), CacheControl::kForever);
  }
  const Duration said = answer.age ? parse_delta_seconds(*answer.age).value_or(seconds(0)) : seconds(0);
  return std::max(apparent, said + std::max(took, Duration(0)));
}

}  // namespace

Lifetime lifetime_of(const AnswerFacts& answer, const CacheSettings& settings, WallTime received, Duration took) {
  Lifetime lifetime;
  lifetime.stale_while_revalidate = settings.stale_while_revalidate;
  lifetime.stale_if_error = settings.stale_if_error;
  if (settings.freshness == CacheFreshness::kTtl) {
    // From now on, however old it was when it came.
    if (is_kept_by_default(answer.status)) lifetime.fresh = settings.ttl;
    return lifetime;
  }
  lifetime.initial_age = initial_age(answer, received, took);
  if (const auto said = explicit_lifetime(answer, received)) {
    lifetime.fresh = *said;
    lifetime.explicit_freshness = true;
  } else if (is_kept_by_default(answer.status) && settings.ttl > Duration(0)) {
    // Nothing is known of when it will change, so that its age counts for nothing.
    lifetime.fresh = lifetime.initial_age + settings.ttl;
  }
  const CacheControl& control = answer.control;
  if (control.stale_while_revalidate) lifetime.stale_while_revalidate = *control.stale_while_revalidate;
  if (control.stale_if_error) lifetime.stale_if_error = *control.stale_if_error;
  lifetime.revalidate_always = control.no_cache;
  // s-maxage means proxy-revalidate too (section 5.2.2.10).
  if (control.must_revalidate || control.proxy_revalidate || control.s_maxage || control.no_cache) {
    lifetime.must_revalidate = true;
    lifetime.stale_while_revalidate = lifetime.stale_if_error = Duration(0);
  }
  return lifetime;
}

std::string_view refusal_to_keep(const AnswerFacts& answer, const CacheSettings& settings, const Lifetime& lifetime,
                                 bool has_validator) {
  if (answer.control.no_store) return "no-store";
  if (answer.control.is_private && settings.credentials != CacheCredentials::kPerIdentity) return "private";
  if (!may_be_kept(answer.status)) return "status";
  if (answer.sets_cookie && !settings.set_cookie) return "set-cookie";
  if (answer.varies_by_all) return "vary";
  const bool fresh = lifetime.fresh > lifetime.initial_age && !lifetime.revalidate_always;
  if (fresh) return {};
  // Stale from the start: worth keeping when it can be asked about, and somebody said how long.
  const bool said = lifetime.explicit_freshness || lifetime.revalidate_always;
  if (has_validator && said && is_kept_by_default(answer.status)) return {};
  return lifetime.explicit_freshness && lifetime.stale_while_revalidate > Duration(0) ? std::string_view() : "no-freshness";
}

}  // namespace gatehouse::middleware
