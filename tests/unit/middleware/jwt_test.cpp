// The authorizer with keys that do not change, and its memory of tokens. Tokens are those of the tests of crypto.
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "step_fixture.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using Kind = Finding::Kind;

const nlohmann::json& data() {
  static const nlohmann::json read = [] {
    std::ifstream in("tests/unit/crypto/data/jwt_tokens.json");
    return nlohmann::json::parse(in);
  }();
  return read;
}
std::string token(const std::string& algorithm) { return data()["tokens"][algorithm]; }

// A clock that stands where the tokens are good.
class FixedClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point now() const override { return std::chrono::steady_clock::time_point(1h); }
  std::chrono::system_clock::time_point wall() const override { return wall_; }
  void set(std::int64_t seconds) { wall_ = std::chrono::system_clock::time_point(std::chrono::seconds(seconds)); }

 private:
  std::chrono::system_clock::time_point wall_{std::chrono::seconds(1'800'000'000)};
};

class JwtTest : public StepTest {
 protected:
  JwtTest() {
    settings_.issuers.resize(1);
    settings_.issuers[0].issuer = "https://issuer.example.com/";
    settings_.issuers[0].audiences = {"orders"};
    settings_.issuers[0].jwks = data()["jwks"].dump();
  }

  AuthorizerPtr make() { return make_jwt(settings_, "users", {nullptr}, clock_, 1); }
  Finding ask(const AuthorizerPtr& authorizer, const FieldList& fields, const std::string& target = "/") {
    Request request(worker_, route_, "GET", target, fields);
    Finding finding = authorizer->check(request.context);
    challenge_ = finding.challenge;  // all of these live as long as the request
    detail_ = finding.detail;
    if (finding.identity.claims != nullptr) claims_.push_back(finding.identity.claims->shared());
    return finding;
  }
  Finding ask(const AuthorizerPtr& authorizer, const std::string& with) { return ask(authorizer, {{"Authorization", "Bearer " + with}}); }
  std::int64_t expiry() {
    const Finding finding = ask(make(), token("RS256"));
    return std::chrono::floor<std::chrono::seconds>(finding.identity.claims->expires_at().value().time_since_epoch()).count();
  }

  FixedClock clock_;
  JwtSettings settings_;
  std::string challenge_, detail_;
  std::vector<std::shared_ptr<const crypto::Claims>> claims_;
};

TEST_F(JwtTest, GivesTheSameClaimsForATokenThatItRemembers) {
  const auto authorizer = make();
  const Finding first = ask(authorizer, token("ES256"));
  const Finding second = ask(authorizer, token("ES256"));
  ASSERT_EQ(first.kind, Kind::kAccepted);
  ASSERT_EQ(second.kind, Kind::kAccepted);
  EXPECT_EQ(first.identity.claims, second.identity.claims);
  EXPECT_EQ(second.identity.method, "jwt");
  EXPECT_EQ(second.identity.subject, first.identity.claims->find("sub").text());
}

TEST_F(JwtTest, VerifiesEveryTimeWithoutACache) {
  settings_.cache = 0;
  const auto authorizer = make();
  const Finding first = ask(authorizer, token("ES256"));
  const Finding second = ask(authorizer, token("ES256"));
  ASSERT_EQ(second.kind, Kind::kAccepted);
  EXPECT_NE(first.identity.claims, second.identity.claims);
}

TEST_F(JwtTest, ForgetsARememberedTokenTheMomentItExpires) {
  const std::int64_t expires = expiry();
  settings_.leeway = 7s;
  const auto authorizer = make();
  EXPECT_EQ(ask(authorizer, token("RS256")).kind, Kind::kAccepted);
  clock_.set(expires + 6);
  EXPECT_EQ(ask(authorizer, token("RS256")).kind, Kind::kAccepted);
  clock_.set(expires + 7);
  const Finding late = ask(authorizer, token("RS256"));
  EXPECT_EQ(late.kind, Kind::kRefused);
  EXPECT_EQ(late.reason, "jwt_expired");
}

TEST_F(JwtTest, RemembersNothingAboutATokenThatDiffersInOneByte) {
  const auto authorizer = make();
  const std::string good = token("RS256");
  EXPECT_EQ(ask(authorizer, good).kind, Kind::kAccepted);
  for (const std::size_t at : {std::size_t{3}, good.find('.') + 5, good.rfind('.') + 9}) {
    std::string other = good;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ask(authorizer, other).kind, Kind::kRefused) << at;
  }
}

TEST_F(JwtTest, LooksAtHeaderThenCookieThenQuery) {
  settings_.cookie = "session";
  settings_.query = "token";
  const auto authorizer = make();
  const std::string good = token("ES256");
  EXPECT_EQ(ask(authorizer, {{"Cookie", "a; session=" + good}}).kind, Kind::kAccepted);
  EXPECT_EQ(ask(authorizer, {}, "/?token=" + good).kind, Kind::kAccepted);
  EXPECT_EQ(ask(authorizer, {{"Authorization", "Bearer bad"}, {"Cookie", "session=" + good}}).kind, Kind::kRefused);
  EXPECT_EQ(ask(authorizer, {{"Cookie", "session=bad"}}, "/?token=" + good).kind, Kind::kRefused);
  EXPECT_EQ(ask(authorizer, {{"Authorization", "Basic YTpi"}, {"Cookie", "session=" + good}}).kind, Kind::kAccepted);
  EXPECT_EQ(ask(authorizer, {{"Cookie", "xsession=" + good}}).kind, Kind::kAbsent);
}

TEST_F(JwtTest, RefusesASecondTokenInOnePlace) {
  settings_.cookie = "session";
  const auto authorizer = make();
  const std::string good = token("ES256");
  for (const FieldList& fields : {FieldList{{"Authorization", "Bearer " + good}, {"Authorization", good}},
                                  FieldList{{"Cookie", "session=" + good + "; session=x"}}}) {
    const Finding finding = ask(authorizer, fields);
    EXPECT_EQ(finding.kind, Kind::kRefused);
    EXPECT_EQ(finding.status, 400);
    EXPECT_EQ(finding.reason, "jwt_ambiguous");
  }
}

TEST_F(JwtTest, NamesAClaimThatIsMissing) {
  settings_.required = {"sub", "team"};
  const Finding finding = ask(make(), token("ES256"));
  EXPECT_EQ(finding.reason, "jwt_claim_missing");
  EXPECT_EQ(detail_, "a required claim is missing: team");
  EXPECT_EQ(challenge_, R"(Bearer realm="users", error="invalid_token", error_description="a required claim is missing")");
}

TEST_F(JwtTest, TakesFromWhatIsForwardedAllThatCarriesTheToken) {
  settings_.cookie = "session";
  settings_.forward = ForwardToken::kNo;
  const auto authorizer = make();
  Request request(worker_, route_, "GET", "/", {{"Authorization", "Bearer x"}, {"Cookie", "a=1; session=x;;  b=2"}, {"Cookie", "session=y;c"}});
  authorizer->prepare_forwarding(request.context);
  authorizer->prepare_forwarding(request.context);  // two authorizers may look at the same places
  EXPECT_EQ(find_field(request.forwarded(), "authorization"), std::nullopt);
  EXPECT_EQ(count_fields(request.forwarded(), "cookie"), 1u);
  EXPECT_EQ(find_field(request.forwarded(), "cookie"), "a=1; b=2; c");
}

TEST_F(JwtTest, ChoosesTheKeysByTheIssuerThatATokenNames) {
  settings_.issuers.push_back(settings_.issuers[0]);
  settings_.issuers[0].issuer = "https://other.example.com/";
  const auto authorizer = make_jwt(settings_, "users", {nullptr, nullptr}, clock_, 1);
  EXPECT_EQ(ask(authorizer, token("ES256")).kind, Kind::kAccepted);
  settings_.issuers[1].issuer = "https://third.example.com/";
  EXPECT_EQ(ask(make_jwt(settings_, "users", {nullptr, nullptr}, clock_, 1), token("ES256")).reason, "jwt_issuer_wrong");
}

}  // namespace
}  // namespace gatehouse::middleware
