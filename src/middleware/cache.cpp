// The step of the response cache: what a request gets, what is done with the backend's answer.
#include "gatehouse/middleware/cache.hpp"

#include "cache_control.hpp"
#include "cache_key.hpp"
#include "cache_visit.hpp"
#include "freshness.hpp"
#include "kept_answer.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/timer_wheel.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using http::Method;
using http::More;
using pipeline::Answer;
using pipeline::Decision;
using pipeline::RequestContext;
using std::chrono::seconds;

// What leaves in one write, and what may have to be kept of it for a client that stops reading.
constexpr std::size_t kPiece = 64 * 1024;
// So long nobody waits for an answer that could not be kept the last time.
constexpr Duration kPassTime = seconds(10);
constexpr int kRounds = 8;

enum class Result : std::uint8_t { kHit, kStale, kRevalidated, kStaleOnError, kMiss, kBypass, kCount };
constexpr std::array<std::string_view, static_cast<std::size_t>(Result::kCount)> kResults = {
    "hit", "stale", "revalidated", "stale_on_error", "miss", "bypass"};

class Alarm final : private net::Timer {
 public:
  Alarm(net::Worker& worker, net::Waiter& waiter, Duration after) : waiter_(waiter) { worker.timers().arm(*this, worker.now() + after); }
  bool rang() const { return !armed(); }

 private:
  void on_timer() override { waiter_.wake(); }
  net::Waiter& waiter_;
};

// What is done with a request.
struct Verdict {
  enum class Kind : std::uint8_t { kGo, kServe, kWait, kAnswer };
  Kind kind = Kind::kGo;
  std::shared_ptr<const CacheEntry> entry;  // of kServe
  std::shared_ptr<CacheFlight> flight;      // of kWait
  std::optional<Answer> answer;
};

// What the client asks of a cache, and whether it is heard.
struct Wishes {
  CacheControl control;
  bool heard = true;
  bool anew = false;

  bool allow(const CacheEntry& entry, TimePoint now) const {
    if (!heard) return true;
    const Duration age = entry.age(now);
    return !anew && (!control.max_age || age <= *control.max_age) && (!control.min_fresh || entry.fresh - age >= *control.min_fresh);
  }
};

class CacheStep final : public pipeline::Middleware {
 public:
  CacheStep(CacheSettings settings, CacheParts parts) : settings_(std::move(settings)), parts_(std::move(parts)) {
    for (std::size_t i = 0; i < kResults.size(); ++i) {
      counters_[i] = &parts_.registry.counter("gatehouse_cache_requests_total", "Requests on routes with a cache, by what it did.",
                                              {{"api", parts_.scope->api}, {"result", std::string(kResults[i])}});
    }
  }

  std::string_view name() const override { return "cache"; }
  Decision on_request(RequestContext& context) const override;
  net::Task<std::optional<Answer>> wait(RequestContext& context) const override;
  void on_response(RequestContext& context, http::ResponseHead& head) const override;

 private:
  std::string_view reason_to_pass(RequestContext& context) const;
  Wishes wishes_of(RequestContext& context) const;
  Verdict judge(RequestContext& context, const CacheKey& key, const net::RemoteWake::Handle* waiter, CacheFlight::State last) const;
  Verdict judge_stale(RequestContext& context, const CacheKey& key, const Wishes& wishes, ResponseCache::Found& found,
                      const net::RemoteWake::Handle* waiter, CacheFlight::State last) const;
  Verdict go(RequestContext& context, const CacheKey& key, ResponseCache::Found& found, std::shared_ptr<CacheFlight> flight) const;
  void begin_refresh(RequestContext& context, const CacheKey& key, ResponseCache::Found& found) const;
  bool whole_at_once(RequestContext& context, const CacheEntry& entry) const;
  std::size_t serve(RequestContext& context, const std::shared_ptr<const CacheEntry>& entry) const;
  net::Task<void> serve_rest(RequestContext& context, std::shared_ptr<const CacheEntry> entry, std::size_t sent) const;

  void refresh_entry(RequestContext& context, http::ResponseHead& head, std::unique_ptr<CacheVisit> visit) const;
  void keep_answer(RequestContext& context, http::ResponseHead& head, std::unique_ptr<CacheVisit> visit) const;
  void substitute(RequestContext& context, http::ResponseHead& head, std::shared_ptr<const CacheEntry> entry) const;
  void say(RequestContext& context, const CacheVisit& visit, int status, std::string_view more) const;
  void count(RequestContext& context, Result result) const {
    counters_[static_cast<std::size_t>(result)]->add(context.exchange.worker().index());
  }
  TimePoint now() const { return parts_.clock.now(); }

  CacheSettings settings_;
  CacheParts parts_;
  std::array<observe::Counter*, kResults.size()> counters_;
};

std::string_view number(Arena& arena, std::int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return arena.copy({text, static_cast<std::size_t>(end - text)});
}

std::int64_t whole_seconds(Duration duration) { return std::chrono::floor<seconds>(duration).count(); }

// ---- The way in

std::string_view CacheStep::reason_to_pass(RequestContext& context) const {
  const http::RequestHead& request = context.request();
  if (request.has_body) return "body";
  if (!request.protocol.empty()) return "upgrade";
  if (request.fields.has(FieldId::kRange) || request.fields.has(FieldId::kIfRange)) return "range";
  if (request.fields.has(FieldId::kIfMatch) || request.fields.has(FieldId::kIfUnmodifiedSince)) return "precondition";
  if (settings_.credentials == CacheCredentials::kNone && has_credentials(context)) return "credentials";
  return {};
}

Wishes CacheStep::wishes_of(RequestContext& context) const {
  const http::Fields& fields = context.request().fields;
  Wishes wishes;
  if (fields.has(FieldId::kCacheControl)) {
    wishes.control = cache_control_of(fields);
  } else if (const auto pragma = fields.get("pragma")) {
    wishes.control.no_cache = iequals(trim(*pragma), "no-cache");
  }
  wishes.anew = wishes.control.no_cache || (wishes.control.max_age && *wishes.control.max_age == seconds(0));
  wishes.heard = settings_.invalidators == CacheInvalidators::kAnybody ||
                 (settings_.invalidators == CacheInvalidators::kAuthenticated && !context.identity.method.empty());
  return wishes;
}

Decision CacheStep::on_request(RequestContext& context) const {
  const Method method = context.request().method;
  if (method != Method::kGet && !(method == Method::kHead && settings_.head)) {
    context.cache.status = "gatehouse; fwd=method";
    count(context, Result::kBypass);
    return std::nullopt;
  }
  std::string_view pass = reason_to_pass(context);
  if (parts_.compressed_later) context.request_edits.remove(FieldId::kAcceptEncoding);
  const auto key = pass.empty() ? cache_key(context, settings_, parts_) : std::nullopt;
  if (!key) {
    if (pass.empty()) pass = "identity";
    context.cache.status = context.arena().concat({"gatehouse; fwd=bypass; detail=", pass});
    count(context, Result::kBypass);
    return std::nullopt;
  }
  Verdict verdict = judge(context, *key, nullptr, CacheFlight::State::kUnderWay);
  switch (verdict.kind) {
    case Verdict::Kind::kGo: break;
    case Verdict::Kind::kAnswer: return std::move(verdict.answer);
    case Verdict::Kind::kWait: return Decision::wait();
    case Verdict::Kind::kServe:
      if (!whole_at_once(context, *verdict.entry)) {
        context.keep(verdict.entry);
        return Decision::wait();
      }
      serve(context, verdict.entry);
      return Decision::done();
  }
  return std::nullopt;
}

net::Task<std::optional<Answer>> CacheStep::wait(RequestContext& context) const {
  const auto key = cache_key(context, settings_, parts_);
  net::Waiter& waiter = context.exchange.waiter();
  net::RemoteWake remote(context.exchange.worker(), waiter);
  const Alarm alarm(context.exchange.worker(), waiter, std::max<Duration>(settings_.wait, net::TimerWheel::kTick));
  CacheFlight::State last = CacheFlight::State::kUnderWay;
  for (int round = 0; key && round < kRounds; ++round) {
    Verdict verdict = judge(context, *key, &remote.handle(), last);
    if (verdict.kind == Verdict::Kind::kAnswer) co_return std::move(verdict.answer);
    if (verdict.kind == Verdict::Kind::kGo) co_return std::nullopt;
    if (verdict.kind == Verdict::Kind::kServe) {
      const std::size_t sent = serve(context, verdict.entry);
      net::Task<void> rest = serve_rest(context, verdict.entry, sent);
      co_await rest;
      co_return std::nullopt;
    }
    while (verdict.flight->state() == CacheFlight::State::kUnderWay && !alarm.rang() && !context.exchange.failed()) co_await waiter;
    last = verdict.flight->state();
    if (last == CacheFlight::State::kUnderWay) break;
  }
  // Too long, or nobody there to answer: like a request without a cache.
  context.cache.status = "gatehouse; fwd=uri-miss; detail=wait";
  count(context, Result::kMiss);
  co_return std::nullopt;
}

// `last`: how the fetch ended that this request waited for.
Verdict CacheStep::judge(RequestContext& context, const CacheKey& key, const net::RemoteWake::Handle* waiter, CacheFlight::State last) const {
  const Wishes wishes = wishes_of(context);
  if (wishes.anew && !wishes.heard && settings_.refusal == CacheInvalidationRefusal::kForbid)
    return {Verdict::Kind::kAnswer, {}, {}, Answer(context.arena(), 403, "cache_invalidation_forbidden", "Forbidden")};
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
           number(context.arena(), whole_seconds(left))});
      count(context, Result::kHit);
      return {Verdict::Kind::kServe, found.entry, {}, {}};
    }
  }
  return judge_stale(context, key, wishes, found, waiter, last);
}

Verdict CacheStep::judge_stale(RequestContext& context, const CacheKey& key, const Wishes& wishes, ResponseCache::Found& found,
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
      context.cache.status = context.arena().concat({"gatehouse; hit; ttl=", number(context.arena(), -whole_seconds(late))});
      count(context, on_error ? Result::kStaleOnError : Result::kStale);
      return {Verdict::Kind::kServe, kept, {}, {}};
    }
  }
  if (wishes.control.only_if_cached)
    return {Verdict::Kind::kAnswer, {}, {}, Answer(context.arena(), 504, "cache_only_if_cached", "Gateway Timeout")};
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
    count(context, Result::kMiss);
    return {};
  }
  auto joined = parts_.cache->join(key, found.print, waiter);
  if (joined.flight && !joined.leads) return {Verdict::Kind::kWait, {}, std::move(joined.flight), {}};
  return go(context, key, found, std::move(joined.flight));
}

// On to the backend, to keep what comes. Its answer must be everybody's: the client's own conditions are ours to judge.
Verdict CacheStep::go(RequestContext& context, const CacheKey& key, ResponseCache::Found& found, std::shared_ptr<CacheFlight> flight) const {
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

bool CacheStep::whole_at_once(RequestContext& context, const CacheEntry& entry) const {
  return entry.body->bytes.size() <= kPiece || context.request().method == Method::kHead ||
         client_has(context.request().fields, entry);
}

// Sends the head and what fits with it; returns how much of the body that was.
std::size_t CacheStep::serve(RequestContext& context, const std::shared_ptr<const CacheEntry>& entry) const {
  context.keep(entry);
  context.decided_by = name();
  http::ResponseHead head(context.arena());
  const bool unchanged = client_has(context.request().fields, *entry);
  become(head, *entry, context, unchanged, now());
  const Wishes wishes = wishes_of(context);
  if (wishes.anew && !wishes.heard && settings_.refusal == CacheInvalidationRefusal::kWarn)
    head.edits.append("Warning", "199 gatehouse \"cache invalidation is not allowed\"");
  const std::string_view body = entry->body->bytes;
  if (unchanged || context.request().method == Method::kHead) {
    context.respond(head, {}, More::kNo);
    return body.size();
  }
  const std::string_view first = body.substr(0, kPiece);
  context.respond(head, first, first.size() == body.size() ? More::kNo : More::kYes);
  return first.size();
}

net::Task<void> CacheStep::serve_rest(RequestContext& context, std::shared_ptr<const CacheEntry> entry, std::size_t sent) const {
  const std::string_view body = entry->body->bytes;
  while (sent < body.size()) {
    while (!context.drained() && !context.exchange.failed()) co_await context.exchange.waiter();
    if (context.exchange.failed()) co_return;
    const std::string_view piece = body.substr(sent, kPiece);
    sent += piece.size();
    context.write(piece, sent == body.size() ? More::kNo : More::kYes);
  }
}

// ---- The way out

bool is_backend_failure(int status) { return status == 500 || (status >= 502 && status <= 504); }

void CacheStep::say(RequestContext& context, const CacheVisit& visit, int status, std::string_view more) const {
  const std::string_view forwarded = status == 0 ? "" : context.arena().concat({"; fwd-status=", number(context.arena(), status)});
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
        count(context, Result::kStaleOnError);
        substitute(context, head, visit->stale);
      } else {
        count(context, Result::kMiss);
      }
    } else {
      count(context, Result::kMiss);
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
  count(context, Result::kRevalidated);
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

// ---- Invalidation

class CacheInvalidationStep final : public pipeline::Middleware {
 public:
  CacheInvalidationStep(std::shared_ptr<ResponseCache> cache, const Clock& clock) : cache_(std::move(cache)), clock_(clock) {}

  std::string_view name() const override { return "cache invalidation"; }

  void on_response(RequestContext& context, http::ResponseHead& head) const override {
    const Method method = context.request().method;
    if (method == Method::kGet || method == Method::kHead || method == Method::kOptions || method == Method::kTrace) return;
    if (head.status < 200 || head.status >= 400) return;
    cache_->invalidate(ResponseCache::uri_of(context.host, context.path), clock_.now());
  }

 private:
  std::shared_ptr<ResponseCache> cache_;
  const Clock& clock_;
};

}  // namespace

std::shared_ptr<const pipeline::Middleware> make_cache(CacheSettings settings, CacheParts parts) {
  return std::make_shared<CacheStep>(std::move(settings), std::move(parts));
}

std::shared_ptr<const pipeline::Middleware> make_cache_invalidation(std::shared_ptr<ResponseCache> cache, const Clock& clock) {
  return std::make_shared<CacheInvalidationStep>(std::move(cache), clock);
}

}  // namespace gatehouse::middleware
