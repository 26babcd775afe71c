// The Basic authorizer. Passwords are known by their SHA-256, which is compared at once, or by a hash that is slow on purpose:
// that is computed on the blocking pool, once for all requests of a worker that show the same, and what was right is remembered.
#include "basic_credentials.hpp"
#include "flights.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/crypto/password.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/net/alarm.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

namespace gatehouse::middleware {
namespace {

using crypto::Sha256;
using http::FieldId;
using pipeline::RequestContext;

// So many hashes are computed or waited for at once, for each authorizer: more would keep what else needs the pool from it, and
// a guesser would wait no longer than a user.
constexpr int kMostChecks = 16;
constexpr Duration kPatience = std::chrono::seconds(10);

// Who was right before. Only what was verified gets in, under a key that nobody knows.
class Remembered {
 public:
  bool has(const Sha256& digest) {
    const std::lock_guard lock(mutex_);
    return crypto::constant_time_equal(view(slot(digest)), view(digest));
  }
  void add(const Sha256& digest) {
    const std::lock_guard lock(mutex_);
    slot(digest) = digest;
  }

 private:
  static constexpr std::size_t kSlots = 1024;
  static std::string_view view(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }
  Sha256& slot(const Sha256& digest) { return slots_[crypto::DigestHash()(digest) % kSlots]; }

  std::mutex mutex_;
  std::vector<Sha256> slots_ = std::vector<Sha256>(kSlots);
};

struct User {
  std::string name;
  std::string digest;  // SHA-256 in hexadecimal; or
  std::string hash;
};

// Shared with work on the pool, which may outlive the authorizer.
struct Checks {
  Remembered remembered;
  std::atomic<int> running{0};
};

class BasicAuthorizer final : public Authorizer {
 public:
  BasicAuthorizer(const BasicSettings& settings, net::BlockingPool& pool, unsigned workers) : pool_(pool) {
    challenge_ = "Basic realm=\"";
    for (const char c : settings.realm) challenge_.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
    challenge_ += "\", charset=\"UTF-8\"";
    for (const BasicUser& user : settings.users) add(user);
    for (unsigned i = 0; i < workers; ++i) flights_.push_back(std::make_shared<Flights<bool>>());
  }

  Finding check(RequestContext& context) const override;
  net::Task<Finding> wait(RequestContext& context) const override;

  void prepare_forwarding(RequestContext& context) const override {
    const auto authorization = context.request().fields.get(FieldId::kAuthorization);
    if (authorization && is_basic(*authorization)) context.request_edits.remove(FieldId::kAuthorization);
  }

 private:
  struct Shown {
    BasicCredentials credentials;
    const User* user;  // the one who would be it: for a name that nobody has, one who takes as long to refuse
    bool known;
  };

  void add(const BasicUser& user) {
    if (user.hash.empty() == user.sha256.empty()) throw std::invalid_argument("basic: a user needs a sha256 or a hash");
    if (!user.hash.empty() && !crypto::is_password_hash(user.hash)) throw std::invalid_argument("basic: this is no hash of crypt(5)");
    const bool is_new = users_.emplace(user.name, User{user.name, user.sha256, user.hash}).second;
    if (is_new && stranger_.hash.empty()) stranger_.hash = user.hash;
  }
  Shown look_up(const BasicCredentials& credentials) const {
    const auto user = users_.find(credentials.name);
    return user == users_.end() ? Shown{credentials, &stranger_, false} : Shown{credentials, &user->second, true};
  }
  Sha256 digest_of(const Shown& shown) const { return secret_({shown.credentials.name, shown.credentials.password}); }

  Finding accepted(const Shown& shown) const { return Finding::accepted({"basic", shown.user->name}); }
  Finding refused(std::string_view reason, int status = 401) const {
    Finding finding;
    finding.kind = Finding::Kind::kRefused;
    finding.status = status;
    finding.reason = reason;
    if (status == 401) finding.challenge = challenge_;
    return finding;
  }
  void start_check(RequestContext& context, const Shown& shown, const Sha256& digest, Flights<bool>::Landing landing) const;

  net::BlockingPool& pool_;
  std::string challenge_;
  std::map<std::string, User, std::less<>> users_;
  User stranger_;  // nobody's
  const crypto::SecretDigest secret_;
  const std::shared_ptr<Checks> checks_ = std::make_shared<Checks>();
  std::vector<std::shared_ptr<Flights<bool>>> flights_;  // by worker
};

Finding BasicAuthorizer::check(RequestContext& context) const {
  const auto authorization = context.request().fields.get(FieldId::kAuthorization);
  if (!authorization || !is_basic(*authorization)) {
    Finding absent;
    absent.reason = "basic_missing";
    absent.challenge = challenge_;
    return absent;
  }
  const auto credentials = read_basic(*authorization, context.arena());
  if (!credentials) return refused("basic_malformed");
  const Shown shown = look_up(*credentials);
  if (shown.user->hash.empty()) {
    const bool right = crypto::constant_time_equal(crypto::sha256_hex(credentials->password), shown.user->digest);
    return right && shown.known ? accepted(shown) : refused("basic_invalid");
  }
  if (shown.known && checks_->remembered.has(digest_of(shown))) return accepted(shown);
  return Finding::wait();
}

net::Task<Finding> BasicAuthorizer::wait(RequestContext& context) const {
  const auto authorization = context.request().fields.get(FieldId::kAuthorization);
  const Shown shown = look_up(*read_basic(*authorization, context.arena()));
  const Sha256 digest = digest_of(shown);
  http::Exchange& exchange = context.exchange;
  Flights<bool>::Seat seat(*flights_.at(exchange.worker().index()), digest, exchange.waiter());
  if (seat.pilot()) {
    if (checks_->running.fetch_add(1) >= kMostChecks) {
      checks_->running.fetch_sub(1);
      co_return refused("basic_busy", 503);
    }
    start_check(context, shown, digest, seat.hand_over());
  }
  const net::Alarm alarm(exchange.worker(), exchange.waiter(), exchange.worker().now() + kPatience);
  while (!seat.over()) {
    if (exchange.failed() || alarm.rang()) co_return refused("basic_busy", 503);
    co_await exchange.waiter();
  }
  // Landed without a result: the first to ask found the pool busy.
  if (!seat.result()) co_return refused("basic_busy", 503);
  co_return *seat.result() && shown.known ? accepted(shown) : refused("basic_invalid");
}

void BasicAuthorizer::start_check(RequestContext& context, const Shown& shown, const Sha256& digest, Flights<bool>::Landing landing) const {
  struct Check {
    std::string password, hash;
    bool known;
    bool right = false;
  };
  const auto job = std::make_shared<Check>(Check{std::string(shown.credentials.password), shown.user->hash, shown.known});
  const auto work = [job] { job->right = crypto::matches_password_hash(job->password, job->hash); };
  const auto done = [job, digest, landing, checks = checks_] {
    checks->running.fetch_sub(1);
    if (job->right && job->known) checks->remembered.add(digest);
    landing(job->right);
  };
  if (pool_.submit(context.exchange.worker(), work, done)) return;
  checks_->running.fetch_sub(1);
  landing.give_up();
}

}  // namespace

AuthorizerPtr make_basic(const BasicSettings& settings, net::BlockingPool& pool, unsigned workers) {
  return std::make_shared<BasicAuthorizer>(settings, pool, workers);
}

}  // namespace gatehouse::middleware
