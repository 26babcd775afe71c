// The way in: who is answered, who waits, who goes on; and answering from what was kept.
#include "cache_step.hpp"
#include "kept_answer.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/alarm.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

namespace gatehouse::middleware {

using http::FieldId;
using http::Method;
using http::More;
using pipeline::Answer;
using pipeline::Decision;
using pipeline::RequestContext;
using std::chrono::seconds;

namespace {

// What leaves in one write, and what may have to be kept of it for a client that stops reading.
constexpr std::size_t kPiece = 64 * 1024;
constexpr int kRounds = 8;

constexpr std::array<std::string_view, static_cast<std::size_t>(CacheResult::kCount)> kResults = {
    "hit", "stale", "revalidated", "stale_on_error", "miss", "bypass"};

}  // namespace

std::string_view whole_seconds(Arena& arena, Duration duration) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, std::chrono::floor<seconds>(duration).count()).ptr;
  return arena.copy({text, static_cast<std::size_t>(end - text)});
}

CacheStep::CacheStep(CacheSettings settings, CacheParts parts) : settings_(std::move(settings)), parts_(std::move(parts)) {
  for (std::size_t i = 0; i < kResults.size(); ++i) {
    counters_[i] = &parts_.registry.counter("gatehouse_cache_requests_total", "Requests on routes with a cache, by what it did.",
                                            {{"api", parts_.scope->api}, {"result", std::string(kResults[i])}});
  }
}

std::string_view CacheStep::reason_to_pass(RequestContext& context) const {
  const http::RequestHead& request = context.request();
  if (request.has_body) return "body";
  if (!request.protocol.empty()) return "upgrade";
  if (request.fields.has(FieldId::kRange) || request.fields.has(FieldId::kIfRange)) return "range";
  if (request.fields.has(FieldId::kIfMatch) || request.fields.has(FieldId::kIfUnmodifiedSince)) return "precondition";
  if (settings_.credentials == CacheCredentials::kNone && has_credentials(context)) return "credentials";
  return {};
}

CacheWishes CacheStep::wishes_of(RequestContext& context) const {
  const http::Fields& fields = context.request().fields;
  CacheWishes wishes;
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
    count(context, CacheResult::kBypass);
    return std::nullopt;
  }
  std::string_view pass = reason_to_pass(context);
  if (parts_.compressed_later) context.request_edits.remove(FieldId::kAcceptEncoding);
  const auto key = pass.empty() ? cache_key(context, settings_, parts_) : std::nullopt;
  if (!key) {
    if (pass.empty()) pass = "identity";
    context.cache.status = context.arena().concat({"gatehouse; fwd=bypass; detail=", pass});
    count(context, CacheResult::kBypass);
    return std::nullopt;
  }
  CacheVerdict verdict = judge(context, *key, nullptr, CacheFlight::State::kUnderWay);
  switch (verdict.kind) {
    case CacheVerdict::Kind::kGo: break;
    case CacheVerdict::Kind::kAnswer: return std::move(verdict.answer);
    case CacheVerdict::Kind::kWait: return Decision::wait();
    case CacheVerdict::Kind::kServe:
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
  net::Worker& worker = context.exchange.worker();
  const net::Alarm alarm(worker, waiter, worker.now() + std::max<Duration>(settings_.wait, net::TimerWheel::kTick));
  CacheFlight::State last = CacheFlight::State::kUnderWay;
  for (int round = 0; key && round < kRounds; ++round) {
    CacheVerdict verdict = judge(context, *key, &remote.handle(), last);
    if (verdict.kind == CacheVerdict::Kind::kAnswer) co_return std::move(verdict.answer);
    if (verdict.kind == CacheVerdict::Kind::kGo) co_return std::nullopt;
    if (verdict.kind == CacheVerdict::Kind::kServe) {
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
  count(context, CacheResult::kMiss);
  co_return std::nullopt;
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
  const CacheWishes wishes = wishes_of(context);
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

std::shared_ptr<const pipeline::Middleware> make_cache(CacheSettings settings, CacheParts parts) {
  return std::make_shared<CacheStep>(std::move(settings), std::move(parts));
}

}  // namespace gatehouse::middleware
