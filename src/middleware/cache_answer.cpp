// The way out: the backend's answer is kept, makes an old one fresh, or gives way to it.
#include "cache_step.hpp"
#include "freshness.hpp"
#include "kept_answer.hpp"

#include "gatehouse/pipeline/answer_fields.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::middleware {

using http::Method;
using pipeline::RequestContext;

namespace {

// So long nobody waits for an answer that could not be kept the last time.
constexpr Duration kPassTime = std::chrono::seconds(10);

bool is_backend_failure(int status) { return status == 500 || (status >= 502 && status <= 504); }

}  // namespace

void CacheStep::say(RequestContext& context, const CacheVisit& visit, int status, std::string_view more) const {
  const std::string_view forwarded = status == 0 ? "" : context.arena().concat({"; fwd-status=", pipeline::decimal(context.arena(), static_cast<std::uint64_t>(status))});
  context.cache.status = context.arena().concat({"gatehouse; fwd=", visit.why, forwarded, more});
}

void CacheStep::on_response(RequestContext& context, http::ResponseHead& head) const {
  if (context.cache.visit && !context.cache.refresh) {
    std::unique_ptr<CacheVisit> visit(static_cast<CacheVisit*>(context.cache.visit.release()));
    if (visit->validates && head.status == 304 && confirms(head, *visit->stale)) {
      refresh_entry(context, head, std::move(visit));
    } else if (is_backend_failure(head.status)) {
      const CacheEntry* const stale = visit->stale.get();
      const TimePoint time = now();
      say(context, *visit, head.status, {});
      visit->land(CacheFlight::State::kFailed);
      if (stale && !stale->must_revalidate && !stale->revalidate_always && stale->age(time) - stale->fresh <= stale->stale_if_error) {
        count(context, CacheResult::kStaleOnError);
        substitute(context, head, visit->stale);
      } else {
        count(context, CacheResult::kMiss);
      }
    } else {
      count(context, CacheResult::kMiss);
      keep_answer(context, head, std::move(visit));
    }
  }
  if (!context.cache.status.empty()) head.edits.append("Cache-Status", context.cache.status);
}

void CacheStep::refresh_entry(RequestContext& context, http::ResponseHead& head, std::unique_ptr<CacheVisit> visit) const {
  const CacheEntry& old = *visit->stale;
  const WallTime wall = parts_.clock.wall();
  auto entry = std::make_shared<CacheEntry>();
  entry->scope = old.scope;
  entry->key = old.key;
  entry->path = old.path;
  entry->hash = old.hash;
  entry->uri = old.uri;
  entry->vary = old.vary;
  entry->print = old.print;
  entry->status = old.status;
  entry->body = old.body;
  entry->flushes = visit->flushes;
  entry->requested = visit->requested;
  entry->received = now();
  keep_updated_fields(old, head, wall, *entry);
  const ReadAnswer answer = read_entry(*entry, context.arena());
  const Lifetime lifetime = lifetime_of(answer.facts, settings_, wall, entry->received - entry->requested);
  keep_lifetime(lifetime, *entry);
  if (refusal_to_keep(answer.facts, settings_, lifetime, answer.has_validator).empty()) {
    parts_.cache->keep(entry);
  } else {
    parts_.cache->drop(old);
  }
  say(context, *visit, 304, {});
  count(context, CacheResult::kRevalidated);
  visit->land(CacheFlight::State::kKept);
  substitute(context, head, std::move(entry));
}

void CacheStep::substitute(RequestContext& context, http::ResponseHead& head, std::shared_ptr<const CacheEntry> entry) const {
  const bool unchanged = client_has(context.request().fields, *entry);
  become(head, *entry, context, unchanged, now());
  context.keep(entry);
  context.add_filter(make_substitute(std::move(entry), unchanged || context.request().method == Method::kHead));
}

void CacheStep::keep_answer(RequestContext& context, http::ResponseHead& head, std::unique_ptr<CacheVisit> visit) const {
  const WallTime wall = parts_.clock.wall();
  const TimePoint time = now();
  ReadAnswer answer = read_answer(head);
  const Lifetime lifetime = lifetime_of(answer.facts, settings_, wall, time - visit->requested);
  std::string_view refusal = refusal_to_keep(answer.facts, settings_, lifetime, answer.has_validator);
  if (refusal.empty() && head.content_length && *head.content_length > settings_.max_item) refusal = "size";

  auto entry = std::make_shared<CacheEntry>();
  entry->status = head.status;
  keep_fields(head, wall, *entry);
  const bool unchanged = client_has(context.request().fields, *entry);
  say(context, *visit, head.status, refusal.empty() ? std::string_view("; stored") : context.arena().concat({"; detail=", refusal}));
  // What there was is superseded by an answer that speaks for the resource.
  if (!refusal.empty() && visit->stale && head.status < 500) parts_.cache->drop(*visit->stale);
  if (!refusal.empty()) {
    parts_.cache->pass(visit->cache_key(), time + kPassTime);
    visit->land(CacheFlight::State::kNotKept);
    if (!unchanged) return;
  }
  const TimePoint pass_until = time + kPassTime;
  if (unchanged) {
    head.status = 304;
    head.content_length.reset();
  }
  if (!refusal.empty()) {
    context.add_filter(make_substitute(std::move(entry), true));
    return;
  }
  entry->scope = parts_.scope;
  entry->key = visit->key;
  entry->hash = visit->hash;
  entry->uri = visit->uri;
  entry->path = visit->path;
  entry->vary = std::move(answer.vary);
  entry->print = print_of(context, entry->vary);
  entry->flushes = visit->flushes;
  entry->requested = visit->requested;
  entry->received = time;
  keep_lifetime(lifetime, *entry);
  context.add_filter(make_keeper(std::move(visit), std::move(entry), settings_.max_item, pass_until, unchanged));
}

}  // namespace gatehouse::middleware
