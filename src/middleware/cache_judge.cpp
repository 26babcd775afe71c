// What a request gets: what was kept, fresh or stale; a place among those who wait; or the way to the backend.
#include "cache_step.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::middleware {

using http::FieldId;
using http::Method;
using pipeline::Answer;
using pipeline::RequestContext;

// `last`: how the fetch ended that this request waited for.
CacheVerdict CacheStep::judge(RequestContext& context, const CacheKey& key, const net::RemoteWake::Handle* waiter, CacheFlight::State last) const {
  const CacheWishes wishes = wishes_of(context);
  if (wishes.anew && !wishes.heard && settings_.refusal == CacheInvalidationRefusal::kForbid)
    return {CacheVerdict::Kind::kAnswer, {}, {}, Answer(context.arena(), 403, "cache_invalidation_forbidden", "Forbidden")};
  const TimePoint time = now();
  auto found = parts_.cache->find(key, [&context](const std::vector<std::string>& names) { return print_of(context, names); }, time);
  if (found.entry) {
    const CacheEntry& entry = *found.entry;
    const Duration left = entry.fresh - entry.age(time);
    // Whoever waited for a fetch has what came of it.
    const bool just_fetched = last == CacheFlight::State::kKept && left > Duration(0);
    if (left > Duration(0) && !entry.revalidate_always && (wishes.allow(entry, time) || just_fetched)) {
      context.cache.status = context.arena().concat(
          {last == CacheFlight::State::kKept ? "gatehouse; fwd=uri-miss; collapsed; ttl=" : "gatehouse; hit; ttl=",
           whole_seconds(context.arena(), left)});
      count(context, CacheResult::kHit);
      return {CacheVerdict::Kind::kServe, found.entry, {}, {}};
    }
  }
  return judge_stale(context, key, wishes, found, waiter, last);
}

CacheVerdict CacheStep::judge_stale(RequestContext& context, const CacheKey& key, const CacheWishes& wishes, ResponseCache::Found& found,
                               const net::RemoteWake::Handle* waiter, CacheFlight::State last) const {
  if (found.entry) {
    const CacheEntry& entry = *found.entry;
    const TimePoint time = now();
    const Duration late = entry.age(time) - entry.fresh;
    const bool insists = wishes.heard && (wishes.anew || wishes.control.max_age || wishes.control.min_fresh);
    const bool may = late >= Duration(0) && !entry.revalidate_always && !entry.must_revalidate && !insists;
    const bool while_revalidating = may && late <= entry.stale_while_revalidate;
    const bool asked_for = may && wishes.control.max_stale && late <= *wishes.control.max_stale;
    const bool on_error = may && last == CacheFlight::State::kFailed && late <= entry.stale_if_error;
    if (while_revalidating || asked_for || on_error) {
      const std::shared_ptr<const CacheEntry> kept = found.entry;
      if (while_revalidating) begin_refresh(context, key, found);
      context.cache.status = context.arena().concat({"gatehouse; hit; ttl=", whole_seconds(context.arena(), -std::chrono::floor<std::chrono::seconds>(late))});
      count(context, on_error ? CacheResult::kStaleOnError : CacheResult::kStale);
      return {CacheVerdict::Kind::kServe, kept, {}, {}};
    }
  }
  if (wishes.control.only_if_cached)
    return {CacheVerdict::Kind::kAnswer, {}, {}, Answer(context.arena(), 504, "cache_only_if_cached", "Gateway Timeout")};
  // What is never fresh is nothing to wait for.
  const bool never_fresh = found.entry && (found.entry->revalidate_always || found.entry->fresh <= found.entry->initial_age);
  const bool alone = never_fresh || context.request().method == Method::kHead || wishes.control.no_store || settings_.wait == Duration(0) ||
                     found.pass || last == CacheFlight::State::kNotKept || last == CacheFlight::State::kFailed;
  if (alone) {
    const bool keeps = context.request().method == Method::kGet && !wishes.control.no_store && last != CacheFlight::State::kNotKept;
    // What could not be kept the last time is not asked for in full on behalf of a client that may have it.
    const bool conditional = context.request().fields.has(FieldId::kIfNoneMatch) || context.request().fields.has(FieldId::kIfModifiedSince);
    if (keeps && !(found.pass && conditional)) return go(context, key, found, nullptr);
    context.cache.status = found.entry ? "gatehouse; fwd=stale" : "gatehouse; fwd=uri-miss";
    count(context, CacheResult::kMiss);
    return {};
  }
  auto joined = parts_.cache->join(key, found.print, waiter);
  if (joined.flight && !joined.leads) return {CacheVerdict::Kind::kWait, {}, std::move(joined.flight), {}};
  return go(context, key, found, std::move(joined.flight));
}

// On to the backend, to keep what comes. Its answer must be everybody's: the client's own conditions are ours to judge.
CacheVerdict CacheStep::go(RequestContext& context, const CacheKey& key, ResponseCache::Found& found, std::shared_ptr<CacheFlight> flight) const {
  auto visit = std::make_unique<CacheVisit>(parts_.cache, key, context.path);
  visit->requested = now();
  visit->flight = std::move(flight);
  http::FieldEdits& edits = context.request_edits;
  edits.remove(FieldId::kIfNoneMatch);
  edits.remove(FieldId::kIfModifiedSince);
  if (found.entry) {
    const CacheEntry& entry = *found.entry;
    visit->why = entry.fresh > entry.age(visit->requested) && !entry.revalidate_always ? "request" : "stale";
    visit->validates = !entry.etag.empty() || !entry.last_modified.empty();
    if (!entry.etag.empty()) edits.set(FieldId::kIfNoneMatch, context.arena().copy(entry.etag));
    if (!entry.last_modified.empty()) edits.set(FieldId::kIfModifiedSince, context.arena().copy(entry.last_modified));
    visit->stale = std::move(found.entry);
  } else if (found.other_variants) {
    visit->why = "vary-miss";
  }
  context.cache.visit = std::move(visit);
  return {};
}

// One of those who get the old answer has the new one fetched when it is served.
void CacheStep::begin_refresh(RequestContext& context, const CacheKey& key, ResponseCache::Found& found) const {
  if (context.request().method != Method::kGet) return;
  auto joined = parts_.cache->join(key, found.print, nullptr);
  if (!joined.leads) return;
  go(context, key, found, std::move(joined.flight));
  context.cache.refresh = true;
}

}  // namespace gatehouse::middleware
