// The authorizer that asks another service. An answer is kept under what it depends on: the identity sources and the stage, of which
// events tell, and, unless it is a policy, the route. A policy is evaluated for every request again, so that what is kept for one
// route opens no other.
#include "gatehouse/middleware/http_authorizer.hpp"

#include "authorizer_event.hpp"
#include "authorizer_verdict.hpp"
#include "flights.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/secret_digest.hpp"
#include "gatehouse/middleware/policy_facts.hpp"
#include "gatehouse/net/alarm.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/upstream/http_call.hpp"
#include "verdict_cache.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>

namespace gatehouse::middleware {
namespace {

using crypto::PolicyDecision;
using crypto::Sha256;
using pipeline::RequestContext;
using upstream::CallEnd;
using upstream::HttpField;
using Kind = Verdict::Kind;

// Where no byte of a request had left, another target is tried.
constexpr unsigned kTries = 3;

// Host of a request to `target`.
std::string authority_of(const upstream::BackendSettings& backend, const upstream::TargetSettings& target) {
  if (backend.host == upstream::HostHeader::kFixed) return backend.host_name;
  const bool bare_ipv6 = target.host.find(':') != std::string::npos;
  std::string authority = bare_ipv6 ? "[" + target.host + "]" : target.host;
  if (target.port != (target.tls ? 443 : 80)) authority += ":" + std::to_string(target.port);
  return authority;
}

// What a request depends on, and the names under which its answer may be kept.
struct Question {
  std::vector<std::string_view> sources;  // values of the identity sources; in the arena
  Sha256 caller;                          // for an answer that holds for every route
  Sha256 caller_and_route;
};

class HttpAuthorizer final : public Authorizer {
 public:
  HttpAuthorizer(const HttpAuthorizerSettings& settings, std::shared_ptr<const upstream::BackendPools> pools, const Clock& clock,
                 unsigned workers, std::shared_ptr<const KeyDirectory> keys)
      : settings_(settings), pools_(std::move(pools)), clock_(clock), keys_(std::move(keys)), cache_(settings.cache, clock) {
    if (!settings.token.empty()) {
      token_ = std::make_unique<re2::RE2>(settings.token, re2::RE2::Quiet);
      if (!token_->ok()) throw std::invalid_argument("token: " + token_->error());
    }
    for (unsigned i = 0; i < workers; ++i) flights_.push_back(std::make_shared<Flights<VerdictPtr>>());
  }

  Finding check(RequestContext& context) const override;
  net::Task<Finding> wait(RequestContext& context) const override;
  void prepare_forwarding(RequestContext& context) const override;

 private:
  bool is_lambda() const { return settings_.form == AuthorizerForm::kLambda; }
  Question question(RequestContext& context) const;
  net::Task<VerdictPtr> ask_once(RequestContext& context, const Question& question) const;
  net::Task<VerdictPtr> ask(RequestContext& context, const Question& question) const;
  net::Task<VerdictPtr> call(RequestContext& context, const std::string& body, std::uint64_t& tried, TimePoint deadline) const;
  std::vector<HttpField> fields_for(RequestContext& context) const;
  void keep(const Question& question, const VerdictPtr& verdict) const;

  Finding judge(RequestContext& context, const Verdict& verdict) const;
  Finding accept(RequestContext& context, const Verdict& verdict, bool by_policy) const;
  Finding refuse(const Verdict& verdict, RequestContext& context) const;

  const HttpAuthorizerSettings settings_;
  const std::shared_ptr<const upstream::BackendPools> pools_;
  const Clock& clock_;
  std::shared_ptr<const KeyDirectory> keys_;  // by which a usageIdentifierKey is known
  std::unique_ptr<re2::RE2> token_;
  const crypto::SecretDigest secret_;
  mutable VerdictCache cache_;
  std::vector<std::shared_ptr<Flights<VerdictPtr>>> flights_;  // by worker
};

Finding refused(int status, std::string_view reason, std::string_view detail) {
  Finding finding;
  finding.kind = Finding::Kind::kRefused;
  finding.status = status;
  finding.reason = reason;
  finding.detail = detail;
  return finding;
}

Question HttpAuthorizer::question(RequestContext& context) const {
  Question question;
  for (const pipeline::ValueTemplate& source : settings_.identity) question.sources.push_back(source.evaluate(context));
  if (settings_.cache <= Duration()) return question;
  std::vector<std::string_view> parts = question.sources;
  parts.insert(parts.end(), {context.route.api, context.route.stage});
  question.caller = secret_(parts);
  // Of a route that takes any method each is one of its own, as for a policy.
  parts.insert(parts.end(), {context.route.label, context.request().method_text});
  question.caller_and_route = secret_(parts);
  return question;
}

Finding HttpAuthorizer::check(RequestContext& context) const {
  const Question asked = question(context);
  if (std::ranges::any_of(asked.sources, [](std::string_view source) { return source.empty(); })) {
    Finding absent;
    absent.reason = "authorizer_identity_missing";
    absent.detail = "a request must show every identity source of the authorizer";
    absent.challenge = "Bearer";
    return absent;
  }
  if (token_ && !asked.sources.empty()) {
    const std::string_view token = asked.sources.front();
    if (!re2::RE2::FullMatch(re2::StringPiece(token.data(), token.size()), *token_)) {
      Finding finding = refused(401, "authorizer_token_mismatch", "the token does not have the form that the authorizer asks for");
      finding.challenge = "Bearer";
      return finding;
    }
  }
  if (settings_.cache <= Duration()) return Finding::wait();
  VerdictPtr known = cache_.find(asked.caller_and_route);
  if (!known && is_lambda()) known = cache_.find(asked.caller);
  return known ? judge(context, *known) : Finding::wait();
}

net::Task<Finding> HttpAuthorizer::wait(RequestContext& context) const {
  const Question asked = question(context);
  net::Task<VerdictPtr> asking = settings_.cache > Duration() ? ask_once(context, asked) : ask(context, asked);
  const VerdictPtr verdict = co_await asking;
  co_return judge(context, *verdict);
}

// With others of this worker who want to know the same.
net::Task<VerdictPtr> HttpAuthorizer::ask_once(RequestContext& context, const Question& asked) const {
  http::Exchange& exchange = context.exchange;
  net::Worker& worker = exchange.worker();
  const net::Alarm alarm(worker, exchange.waiter(), worker.now() + settings_.timeout);
  while (true) {
    Flights<VerdictPtr>::Seat seat(*flights_.at(worker.index()), asked.caller_and_route, exchange.waiter());
    if (seat.pilot()) {
      net::Task<VerdictPtr> asking = ask(context, asked);
      VerdictPtr verdict = co_await asking;
      if (exchange.failed()) co_return verdict;  // the seat goes, and the next of those who wait asks
      keep(asked, verdict);
      seat.land(verdict);
      co_return verdict;
    }
    while (!seat.over()) {
      if (exchange.failed() || alarm.rang()) co_return failed_verdict(503, "authorizer_timeout", "no answer of the authorizer in time");
      co_await exchange.waiter();
    }
    if (seat.result()) co_return *seat.result();
  }
}

void HttpAuthorizer::keep(const Question& asked, const VerdictPtr& verdict) const {
  if (!verdict->keeps()) return;
  cache_.add(verdict->kind == Kind::kPolicy ? asked.caller : asked.caller_and_route, verdict);
}

net::Task<VerdictPtr> HttpAuthorizer::ask(RequestContext& context, const Question& asked) const {
  std::string body;
  if (is_lambda()) body = make_authorizer_event(settings_.payload, asked.sources, context, clock_);
  const TimePoint deadline = context.exchange.worker().now() + settings_.timeout;
  std::uint64_t tried = 0;
  VerdictPtr verdict;
  for (unsigned tries = 0; tries < kTries && !verdict; ++tries) {
    net::Task<VerdictPtr> calling = call(context, body, tried, deadline);
    verdict = co_await calling;
  }
  if (!verdict) verdict = failed_verdict(503, "authorizer_unavailable", "the authorizer cannot be reached");
  co_return verdict;
}

// Null when nothing was sent, so that it may be tried again.
net::Task<VerdictPtr> HttpAuthorizer::call(RequestContext& context, const std::string& body, std::uint64_t& tried, TimePoint deadline) const {
  net::Worker& worker = context.exchange.worker();
  upstream::HttpCall call(worker, pools_->on(worker), deadline, settings_.answer, &context.exchange);
  net::Task<bool> connecting = call.connect(tried);
  const bool connected = co_await connecting;
  if (call.has_target() && call.target() < 64) tried |= std::uint64_t{1} << call.target();
  CallEnd end = call.end();
  upstream::HttpReply reply;
  if (connected) {
    const upstream::BackendSettings& backend = pools_->backend().settings();
    const std::string host = authority_of(backend, backend.targets[call.target()]);
    const std::vector<HttpField> fields = fields_for(context);
    const std::string_view method = is_lambda() ? std::string_view("POST") : std::string_view(settings_.method);
    net::Task<CallEnd> exchanging = call.exchange(method, settings_.path, host, fields, body, reply);
    end = co_await exchanging;
  }
  switch (end) {
    case CallEnd::kNotSent: co_return nullptr;
    case CallEnd::kLate:
      if (context.exchange.failed()) co_return failed_verdict(503, http::to_string(context.exchange.failure()), call.cause());
      co_return failed_verdict(503, "authorizer_timeout", call.cause());
    case CallEnd::kBroken: co_return failed_verdict(500, "authorizer_bad_answer", call.cause());
    case CallEnd::kAnswered: break;
  }
  co_return is_lambda() ? read_lambda_answer(reply, settings_.payload) : read_simple_answer(reply, settings_);
}

std::vector<HttpField> HttpAuthorizer::fields_for(RequestContext& context) const {
  std::vector<HttpField> fields{{"X-Request-Id", context.request_id}};
  if (is_lambda()) {
    fields.emplace_back("Content-Type", "application/json");
    return fields;
  }
  const http::RequestHead& head = context.request();
  Arena& arena = context.arena();
  fields.emplace_back("X-Forwarded-Method", head.method_text);
  fields.emplace_back("X-Forwarded-Uri", head.query.data() == nullptr ? context.path : arena.concat({context.path, "?", head.query}));
  fields.emplace_back("X-Forwarded-Host", context.host);
  fields.emplace_back("X-Forwarded-Proto", context.scheme);
  fields.emplace_back("X-Forwarded-For", arena.copy(context.client.to_string()));
  for (const std::string& name : settings_.headers) {
    for (std::uint32_t i = 0; i < head.fields.size(); ++i)
      if (iequals(head.fields[i].name, name)) fields.emplace_back(name, head.fields[i].value);
  }
  return fields;
}

Finding HttpAuthorizer::judge(RequestContext& context, const Verdict& verdict) const {
  switch (verdict.kind) {
    case Kind::kAllowed: return accept(context, verdict, is_lambda());
    case Kind::kDenied:
    case Kind::kUnauthorized: return refuse(verdict, context);
    case Kind::kFailed:
      if (settings_.on_failure == OnAuthorizerFailure::kAllow && !context.exchange.failed()) return accept(context, verdict, false);
      return refuse(verdict, context);
    case Kind::kPolicy: break;
  }
  const PolicyDecision decision = decide(*verdict.policy, method_arn(context), context);
  const bool resource_allows = context.resource_policy == pipeline::ResourcePolicy::kAllows;
  if (decision == PolicyDecision::kAllow || (decision == PolicyDecision::kImplicit && resource_allows))
    return accept(context, verdict, decision == PolicyDecision::kAllow);
  if (decision == PolicyDecision::kDeny)
    return refused(403, "authorizer_explicit_deny", "User is not authorized to access this resource with an explicit deny");
  return refused(403, "authorizer_denied", "User is not authorized to access this resource");
}

Finding HttpAuthorizer::accept(RequestContext& context, const Verdict& verdict, bool by_policy) const {
  Arena& arena = context.arena();
  pipeline::Identity identity{is_lambda() ? "lambda" : "http", arena.copy(verdict.subject), {}, {}, verdict.claims.get()};
  if (!verdict.api_key.empty() && !(keys_ && keys_->identify(verdict.api_key, context, identity)))
    return refused(403, "api_key_invalid", "the authorizer's usageIdentifierKey is no key that is known");
  identity.allowed_by_policy = by_policy;
  for (const auto& [name, value] : verdict.fields) context.request_edits.set(arena.copy(name), arena.copy(value));
  if (verdict.claims) context.keep(verdict.claims);
  return Finding::accepted(identity);
}

Finding HttpAuthorizer::refuse(const Verdict& verdict, RequestContext& context) const {
  Finding finding = refused(verdict.status, verdict.reason, context.arena().copy(verdict.detail));
  if (verdict.kind == Kind::kUnauthorized)
    finding.challenge = verdict.challenge.empty() ? std::string_view("Bearer") : context.arena().copy(verdict.challenge);
  return finding;
}

// Only the authorizer may say what it says: a client's copies are taken away, whoever accepted the request.
void HttpAuthorizer::prepare_forwarding(RequestContext& context) const {
  for (const std::string& name : settings_.response_headers) {
    bool said = false;
    for (const auto* added = context.request_edits.added(); added != nullptr && !said; added = added->next)
      said = iequals(added->name(), name);
    if (!said) context.request_edits.remove(name);
  }
}

}  // namespace

AuthorizerPtr make_http_authorizer(const HttpAuthorizerSettings& settings, std::shared_ptr<const upstream::BackendPools> pools,
                                   const Clock& clock, unsigned workers, std::shared_ptr<const KeyDirectory> keys) {
  return std::make_shared<HttpAuthorizer>(settings, std::move(pools), clock, workers, std::move(keys));
}

std::optional<std::string> token_pattern_problem(std::string_view pattern) {
  const re2::RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), re2::RE2::Quiet);
  if (compiled.ok()) return std::nullopt;
  return compiled.error();
}

}  // namespace gatehouse::middleware
