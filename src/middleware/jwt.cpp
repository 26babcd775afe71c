// The authorizer of JSON Web Tokens. A token that was seen before is looked up, any other verified; only where the keys are missing, or
// may be older than the token, does a request wait for them.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/net/alarm.hpp"
#include "gatehouse/net/remote_wake.hpp"
#include "presented_token.hpp"
#include "token_cache.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::middleware {
namespace {

using crypto::Claims;
using crypto::JwtRefusal;
using crypto::JwtRefused;

// Of a worker's remembered tokens, so that large ones cannot fill the memory.
constexpr std::size_t kCacheBytesForEach = 4096;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

struct Issuer {
  crypto::JwtExpectation expected;
  std::string name;                            // empty: any
  std::shared_ptr<const crypto::KeySet> keys;  // those that do not change
  std::shared_ptr<RemoteKeys> remote;          // or those that do
};

struct Header {
  explicit Header(const ClaimHeader& from) : name(from.header), id(http::field_id(from.header)), claim(from.claim) {}

  std::string name;
  http::FieldId id;
  crypto::ClaimPath claim;

  void remove(http::FieldEdits& edits) const { edits.remove(id, name); }
  void append(http::FieldEdits& edits, std::string_view value) const {
    if (id != http::FieldId::kOther) {
      edits.append(id, value);
    } else {
      edits.append(name, value);
    }
  }
};

// What one worker keeps.
struct alignas(64) WorkerState {
  WorkerState(std::size_t issuers, std::size_t tokens) : views(issuers), cache(tokens, tokens * kCacheBytesForEach) {}
  std::vector<RemoteKeys::View> views;  // of the issuers' keys
  TokenCache cache;
};

// What is known of a token's chances: an answer, or that its key is missing.
struct Judgement {
  std::optional<Finding> finding;
  const Issuer* issuer = nullptr;  // whose keys are missing
  std::uint64_t key = 0;           // what the token calls its key, as a hash
  std::optional<JwtRefusal> refusal;  // what is said when new keys do not help; none: there are no keys
};

class JwtAuthorizer final : public Authorizer {
 public:
  JwtAuthorizer(const JwtSettings& settings, std::string_view realm, const KeysOfIssuers& remote, const Clock& clock, unsigned workers)
      : places_(settings),
        clock_(clock),
        scope_claims_(settings.scope_claims),
        forward_(settings.forward),
        leeway_(std::chrono::floor<std::chrono::seconds>(settings.leeway)),
        cache_size_(settings.cache) {
    for (std::size_t i = 0; i < settings.issuers.size(); ++i) issuers_.push_back(make_issuer(settings, settings.issuers[i], remote.at(i)));
    for (const auto& header : settings.claims_to_headers) headers_.emplace_back(header);
    for (unsigned i = 0; i < workers; ++i) states_.push_back(std::make_unique<WorkerState>(issuers_.size(), cache_size_));
    missing_challenge_ = "Bearer realm=\"" + std::string(realm) + '"';
  }

  Finding check(pipeline::RequestContext& context) const override {
    const PresentedToken token = places_.find(context);
    if (token.kind == PresentedToken::Kind::kNone) return absent();
    if (token.kind == PresentedToken::Kind::kSeveral) return several(context);
    WorkerState& state = *states_[context.exchange.worker().index()];
    if (const auto* const known = find_known(state, token.text)) {
      context.keep(known->claims);
      return accept(known->claims.get(), known->subject);
    }
    Judgement judged = judge(context, state, token.text);
    if (judged.finding) return *judged.finding;
    const RemoteKeys::Outlook outlook = judged.issuer->remote->outlook(judged.key);
    switch (outlook.kind) {
      case RemoteKeys::Outlook::Kind::kMayHelp: break;
      case RemoteKeys::Outlook::Kind::kUnavailable: return unavailable(outlook.retry_after);
      case RemoteKeys::Outlook::Kind::kUnknown:
        if (judged.refusal) return refuse(context, *judged.refusal);
    }
    return Finding::wait();
  }

  net::Task<Finding> wait(pipeline::RequestContext& context) const override {
    const PresentedToken token = places_.find(context);
    WorkerState& state = *states_[context.exchange.worker().index()];
    Judgement judged = judge(context, state, token.text);
    if (judged.finding) co_return *judged.finding;
    RemoteKeys& keys = *judged.issuer->remote;
    net::Worker& worker = context.exchange.worker();
    net::Waiter& waiter = context.exchange.waiter();
    const net::RemoteWake wake(worker, waiter);
    const std::uint64_t number = keys.ask(wake.handle());
    if (number == 0) co_return unavailable(std::chrono::seconds(1));
    const net::Alarm limit(worker, waiter, worker.now() + keys.longest_wait());
    while (!keys.is_over(number) && !limit.rang() && !context.exchange.failed()) co_await waiter;

    judged = judge(context, state, token.text);
    if (judged.finding) co_return *judged.finding;
    const RemoteKeys::Outlook outlook = keys.outlook(judged.key);
    if (outlook.kind == RemoteKeys::Outlook::Kind::kUnavailable) co_return unavailable(outlook.retry_after);
    if (!judged.refusal || !keys.is_over(number)) co_return unavailable(std::chrono::seconds(1));
    keys.remember_unknown(judged.key);
    co_return refuse(context, *judged.refusal);
  }

  void prepare_forwarding(pipeline::RequestContext& context) const override {
    for (const Header& header : headers_) header.remove(context.request_edits);
    if (forward_ == ForwardToken::kNo) places_.remove(context);
  }

  void forward_claims(pipeline::RequestContext& context) const override {
    for (const Header& header : headers_) {
      const auto value = context.identity.claims->text(header.claim, context.arena());
      // Nothing that an issuer says may look like more than one field.
      if (!value || value->empty() || std::ranges::any_of(*value, is_control)) continue;
      header.append(context.request_edits, *value);
    }
  }

 private:
  static Issuer make_issuer(const JwtSettings& settings, const JwtIssuerSettings& from, std::shared_ptr<RemoteKeys> remote) {
    Issuer issuer;
    issuer.name = from.issuer;
    if (!from.issuer.empty()) issuer.expected.issuers = {from.issuer};
    issuer.expected.audiences = from.audiences;
    issuer.expected.required = settings.required;
    issuer.expected.algorithms = from.algorithms;
    issuer.expected.leeway = std::chrono::floor<std::chrono::seconds>(settings.leeway);
    issuer.expected.expiry = settings.expiry;
    issuer.expected.client_id = settings.client_id;
    issuer.remote = std::move(remote);
    if (issuer.remote) return issuer;
    auto keys = from.secret.empty() ? crypto::KeySet::parse(from.jwks, crypto::KeySource::kConfiguration)
                                    : crypto::KeySet::from_secret(from.secret, from.algorithms);
    issuer.keys = std::make_shared<const crypto::KeySet>(std::move(keys.value()));  // read once already, with the configuration
    return issuer;
  }

  // The remembered token, while it still is good.
  const TokenCache::Entry* find_known(WorkerState& state, std::string_view token) const {
    if (cache_size_ == 0) return nullptr;
    const TokenCache::Entry* const entry = state.cache.find(token);
    if (entry == nullptr) return nullptr;
    const Issuer& issuer = issuers_[entry->issuer];
    const std::uint64_t generation = issuer.remote ? issuer.remote->generation() : 0;
    if (entry->generation == generation && clock_.wall() < entry->good_until) return entry;
    state.cache.remove(*entry);
    return nullptr;
  }

  Judgement judge(pipeline::RequestContext& context, WorkerState& state, std::string_view token) const {
    Judgement judgement;
    const Issuer* const issuer = choose_issuer(token);
    if (issuer == nullptr) {
      judgement.finding = refuse(context, {JwtRefused::kIssuerWrong, "the token is from another issuer"});
      return judgement;
    }
    const auto index = static_cast<std::size_t>(issuer - issuers_.data());
    const crypto::KeySet* keys = issuer->keys.get();
    RemoteKeys::View& view = state.views[index];
    if (issuer->remote) {
      if (view.generation != issuer->remote->generation()) view = issuer->remote->view();
      keys = view.keys.get();
    }
    if (keys != nullptr) {
      auto verdict = crypto::verify_jwt(token, *keys, clock_.wall(), issuer->expected);
      if (verdict) {
        judgement.finding = admit(context, state, token, std::move(*verdict), index, view.generation);
        return judgement;
      }
      const JwtRefusal refusal = verdict.error();
      if (!issuer->remote || refusal.new_key == crypto::NewKey::kWouldNotHelp) {
        judgement.finding = refuse(context, refusal);
        return judgement;
      }
      judgement.refusal = refusal;
    }
    if (!may_be_from(token, *issuer)) {
      judgement.finding = refuse(context, {JwtRefused::kIssuerWrong, "the token is from another issuer"});
      return judgement;
    }
    judgement.issuer = issuer;
    judgement.key = hash64(token.substr(0, token.find('.')));
    return judgement;
  }

  const Issuer* choose_issuer(std::string_view token) const {
    if (issuers_.size() == 1) return &issuers_.front();
    const auto name = crypto::claimed_issuer(token);
    const auto found = std::ranges::find_if(issuers_, [&](const Issuer& issuer) { return name && issuer.name == *name; });
    return found == issuers_.end() ? nullptr : &*found;
  }

  // Tokens of others do not make us fetch keys.
  static bool may_be_from(std::string_view token, const Issuer& issuer) {
    if (issuer.name.empty()) return true;
    const auto name = crypto::claimed_issuer(token);
    return name && *name == issuer.name;
  }

  Finding admit(pipeline::RequestContext& context, WorkerState& state, std::string_view token, Claims verified, std::size_t issuer,
                std::uint64_t generation) const {
    const LocalClaims claims(std::move(verified));
    context.keep(claims);
    const JsonValue sub = claims->find("sub");
    const std::string_view subject = sub && sub.is_string() ? sub.text() : std::string_view();
    if (cache_size_ > 0) {
      TokenCache::Entry entry;
      entry.generation = generation;
      entry.good_until = good_until(*claims);
      entry.token = token;
      entry.claims = claims;
      entry.subject = subject;
      entry.issuer = static_cast<std::uint32_t>(issuer);
      state.cache.put(std::move(entry));
    }
    return accept(claims.get(), subject);
  }

  Claims::WallTime good_until(const Claims& claims) const {
    const auto expires = claims.expires_at();
    if (!expires || *expires > Claims::WallTime::max() - leeway_) return Claims::WallTime::max();
    return *expires + leeway_;
  }

  Finding accept(const Claims* claims, std::string_view subject) const {
    pipeline::Identity identity;
    identity.method = "jwt";
    identity.subject = subject;
    identity.claims = claims;
    identity.scope_claims = scope_claims_;
    return Finding::accepted(identity);
  }

  // RFC 6750 section 3.1: who showed nothing is told no error.
  Finding absent() const {
    Finding finding;
    finding.reason = "jwt_missing";
    finding.challenge = missing_challenge_;
    return finding;
  }

  Finding refuse(pipeline::RequestContext& context, const JwtRefusal& why) const {
    Finding finding;
    finding.kind = Finding::Kind::kRefused;
    finding.reason = why.reason();
    finding.detail = why.claim.empty() ? why.detail : context.arena().concat({why.detail, ": ", why.claim});
    finding.challenge = context.arena().concat({missing_challenge_, ", error=\"invalid_token\", error_description=\"", why.detail, "\""});
    return finding;
  }

  Finding several(pipeline::RequestContext& context) const {
    Finding finding;
    finding.kind = Finding::Kind::kRefused;
    finding.status = 400;
    finding.reason = "jwt_ambiguous";
    finding.detail = "the request carries more than one token";
    finding.challenge =
        context.arena().concat({missing_challenge_, ", error=\"invalid_request\", error_description=\"", finding.detail, "\""});
    return finding;
  }

  static Finding unavailable(Duration retry_after) {
    Finding finding;
    finding.kind = Finding::Kind::kRefused;
    finding.status = 503;
    finding.reason = "jwt_keys_unavailable";
    finding.detail = "the keys that the token could be verified with cannot be fetched";
    finding.retry_after = retry_after;
    return finding;
  }

  TokenPlaces places_;
  std::string missing_challenge_;
  const Clock& clock_;
  std::vector<crypto::ClaimPath> scope_claims_;
  std::vector<Header> headers_;
  std::vector<Issuer> issuers_;
  std::vector<std::unique_ptr<WorkerState>> states_;  // each touched by its worker alone
  ForwardToken forward_;
  std::chrono::seconds leeway_;
  std::size_t cache_size_;
};

}  // namespace

AuthorizerPtr make_jwt(const JwtSettings& settings, std::string_view realm, const KeysOfIssuers& keys, const Clock& clock,
                       unsigned workers) {
  return std::make_shared<JwtAuthorizer>(settings, realm, keys, clock, workers);
}

bool needs_remote_keys(const JwtIssuerSettings& issuer) { return issuer.jwks.empty() && issuer.secret.empty(); }

}  // namespace gatehouse::middleware
