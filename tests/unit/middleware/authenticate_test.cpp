// Any of the groups, all of a group: who is accepted, whose refusal is told, who waits.
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/middleware/authorizer.hpp"
#include "step_fixture.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

using crypto::Claims;
using Kind = Finding::Kind;

Claims claims_of(std::string_view json) { return Claims(std::move(*JsonTree::parse(json))); }

// Says what it is told to, and remembers being asked.
class FakeAuthorizer final : public Authorizer {
 public:
  explicit FakeAuthorizer(Finding finding) : finding_(std::move(finding)) {}

  Finding check(pipeline::RequestContext&) const override {
    ++checks;
    return waits ? Finding::wait() : finding_;
  }
  net::Task<Finding> wait(pipeline::RequestContext&) const override {
    ++awaited;
    co_return finding_;
  }
  void prepare_forwarding(pipeline::RequestContext& context) const override { context.request_edits.remove("x-user"); }
  void forward_claims(pipeline::RequestContext& context) const override { context.request_edits.append("x-user", finding_.identity.subject); }

  bool waits = false;
  mutable int checks = 0;
  mutable int awaited = 0;

 private:
  Finding finding_;
};
using Fake = std::shared_ptr<FakeAuthorizer>;

Fake accepting(pipeline::Identity identity) { return std::make_shared<FakeAuthorizer>(Finding::accepted(std::move(identity))); }
Fake saying(Kind kind, int status, std::string_view reason, std::string_view challenge = {}) {
  Finding finding;
  finding.kind = kind;
  finding.status = status;
  finding.reason = reason;
  finding.detail = "why";
  finding.challenge = challenge;
  return std::make_shared<FakeAuthorizer>(std::move(finding));
}
Fake absent(std::string_view reason, std::string_view challenge = {}) { return saying(Kind::kAbsent, 401, reason, challenge); }

class AuthenticateTest : public StepTest {
 protected:
  void use(std::vector<std::vector<Fake>> groups) {
    std::vector<AuthorizerGroup> list;
    for (auto& group : groups) list.emplace_back(group.begin(), group.end());
    route_.steps = {make_authenticate(std::move(list))};
  }
  static std::vector<std::string> challenges(const Request& request) {
    std::vector<std::string> found;
    for (const auto& [name, value] : request.exchange.sent_fields)
      if (name == "WWW-Authenticate") found.push_back(value);
    return found;
  }
};

TEST_F(AuthenticateTest, AcceptsWhenAnyGroupDoesAndAsksNobodyAfterThat) {
  const Fake second = accepting({"jwt", "alice"});
  const Fake third = accepting({"jwt", "bob"});
  use({{absent("key_missing")}, {second}, {third}});
  Request request(worker_, route_, "GET", "/");
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.context.identity.subject, "alice");
  EXPECT_EQ(third->checks, 0);
}

TEST_F(AuthenticateTest, NeedsAllOfAGroup) {
  use({{accepting({"jwt", "alice"}), absent("key_missing", "ApiKey")}});
  Request refused(worker_, route_, "GET", "/");
  EXPECT_FALSE(refused.run());
  EXPECT_EQ(refused.context.reason, "key_missing");
  EXPECT_TRUE(refused.context.identity.method.empty());

  pipeline::Identity partner{"api_key", "partner", "partner", "gold"};
  use({{accepting({"jwt", "alice"}), accepting(partner)}});
  Request request(worker_, route_, "GET", "/");
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.context.identity.subject, "alice");
  EXPECT_EQ(request.context.identity.api_key, "partner");
  EXPECT_EQ(request.context.identity.plan, "gold");
}

TEST_F(AuthenticateTest, TakesNothingOfAGroupThatFailed) {
  pipeline::Identity claimed{"jwt", "mallory"};
  const Claims mallory = claims_of(R"({"sub":"mallory"})");
  claimed.claims = &mallory;
  use({{accepting(claimed), absent("key_missing")}, {accepting({"api_key", "partner"})}});
  Request request(worker_, route_, "GET", "/", {{"X-User", "forged"}});
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.context.identity.subject, "partner");
  EXPECT_EQ(request.context.identity.claims, nullptr);
  EXPECT_EQ(find_field(request.forwarded(), "X-User"), std::nullopt);
}

TEST_F(AuthenticateTest, LetsTheFirstWithClaimsOfTheGroupSpeakForThem) {
  pipeline::Identity one{"jwt", "alice"};
  const Claims alice = claims_of(R"({"sub":"alice"})");
  one.claims = &alice;
  pipeline::Identity two{"jwt", "bob"};
  const Claims bob = claims_of(R"({"sub":"bob"})");
  two.claims = &bob;
  use({{accepting({"api_key", "partner"}), accepting(one), accepting(two)}});
  Request request(worker_, route_, "GET", "/", {{"X-User", "forged"}});
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.context.identity.claims, one.claims);
  EXPECT_EQ(count_fields(request.forwarded(), "x-user"), 1u);
  EXPECT_EQ(find_field(request.forwarded(), "x-user"), "alice");
}

TEST_F(AuthenticateTest, TellsTheFirstRefusalRatherThanWhatWasNotShown) {
  use({{absent("key_missing", "ApiKey")}, {saying(Kind::kRefused, 403, "key_wrong")}, {saying(Kind::kRefused, 401, "jwt_expired", "Bearer")}});
  Request request(worker_, route_, "GET", "/");
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 403);
  EXPECT_EQ(request.context.reason, "key_wrong");
  EXPECT_EQ(request.context.detail, "why");
  EXPECT_EQ(request.exchange.sent_body, R"({"message":"Forbidden"})");
  EXPECT_TRUE(challenges(request).empty());
}

TEST_F(AuthenticateTest, ChallengesWithAllWaysWhenNothingWasShown) {
  use({{absent("key_missing", "ApiKey")}, {absent("jwt_missing", "Bearer"), absent("never_asked", "Other")}});
  Request request(worker_, route_, "GET", "/");
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 401);
  EXPECT_EQ(request.context.reason, "key_missing");
  EXPECT_EQ(challenges(request), (std::vector<std::string>{"ApiKey", "Bearer"}));
}

TEST_F(AuthenticateTest, SaysWhenToComeBackAfterARefusalThatIsNotTheClientsFault) {
  Finding finding;
  finding.kind = Kind::kRefused;
  finding.status = 503;
  finding.reason = "jwt_keys_unavailable";
  finding.retry_after = std::chrono::seconds(17);
  use({{std::make_shared<FakeAuthorizer>(finding)}});
  Request request(worker_, route_, "GET", "/");
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 503);
  EXPECT_EQ(request.field("Retry-After"), "17");
  EXPECT_EQ(request.exchange.sent_body, R"({"message":"Service Unavailable"})");
}

TEST_F(AuthenticateTest, WaitsOnlyForThoseThatStandInTheWay) {
  const Fake slow = accepting({"jwt", "alice"});
  slow->waits = true;
  use({{absent("key_missing")}, {slow}});
  Request request(worker_, route_, "GET", "/");
  const auto& step = *route_.steps.front();
  EXPECT_TRUE(step.on_request(request.context).must_wait());
  EXPECT_TRUE(request.context.identity.method.empty());
  net::Task<std::optional<pipeline::Answer>> waiting = step.wait(request.context);
  waiting.start();
  ASSERT_TRUE(waiting.done());
  EXPECT_FALSE(waiting.take());
  EXPECT_EQ(request.context.identity.subject, "alice");
  EXPECT_EQ(slow->awaited, 1);

  use({{accepting({"api_key", "partner"})}, {slow}});
  Request quick(worker_, route_, "GET", "/");
  EXPECT_TRUE(quick.run());
  EXPECT_EQ(slow->awaited, 1);
}

TEST_F(AuthenticateTest, RefusesAfterWaitingToo) {
  const Fake slow = saying(Kind::kRefused, 401, "jwt_key_unknown", "Bearer");
  slow->waits = true;
  use({{slow}, {absent("key_missing", "ApiKey")}});
  Request request(worker_, route_, "GET", "/");
  net::Task<std::optional<pipeline::Answer>> waiting = route_.steps.front()->wait(request.context);
  waiting.start();
  ASSERT_TRUE(waiting.done());
  const auto answer = waiting.take();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->reason, "jwt_key_unknown");
}

}  // namespace
}  // namespace gatehouse::middleware
