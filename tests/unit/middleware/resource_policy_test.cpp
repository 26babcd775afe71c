#include "gatehouse/middleware/policy_facts.hpp"
#include "step_fixture.hpp"

#include <stdexcept>

namespace gatehouse::middleware {
namespace {

// Accepts everybody, with or without a policy of its own that allows.
class Welcoming final : public Authorizer {
 public:
  explicit Welcoming(bool by_policy) : by_policy_(by_policy) {}
  Finding check(pipeline::RequestContext&) const override {
    pipeline::Identity identity{"test", "ada"};
    identity.allowed_by_policy = by_policy_;
    return Finding::accepted(std::move(identity));
  }

 private:
  bool by_policy_;
};

class ResourcePolicyTest : public StepTest {
 protected:
  static std::string statement(const std::string& effect, const std::string& resource, const std::string& more = "") {
    return R"({"Effect":")" + effect + R"(","Principal":"*","Action":"execute-api:Invoke","Resource":")" + resource + '"' + more + '}';
  }
  static PolicySettings policy(const std::vector<std::string>& statements) {
    std::string list;
    for (const std::string& one : statements) list += (list.empty() ? "" : ",") + one;
    return {R"({"Version":"2012-10-17","Statement":[)" + list + "]}"};
  }
  // "passed", or the reason of the refusal.
  std::string outcome(std::string method = "GET", std::string target = "/pets/7", const FieldList& fields = {}) {
    Request request(worker_, route_, std::move(method), std::move(target), fields);
    if (request.run()) return "passed";
    EXPECT_EQ(request.exchange.status, 403);
    detail_ = request.context.detail;
    return std::string(request.context.reason);
  }
  void alone(const PolicySettings& settings) { route_.steps = {make_resource_policy(settings, PolicyAlone::kYes)}; }
  void with_authorizer(const PolicySettings& settings, bool by_policy) {
    route_.steps = {make_resource_policy(settings, PolicyAlone::kNo), make_authenticate({{std::make_shared<Welcoming>(by_policy)}}),
                    make_policy_allows()};
  }

  std::string detail_;
};

TEST_F(ResourcePolicyTest, TheArnNamesApiMethodAndNormalisedPath) {
  Request request(worker_, route_, "GET", "/pets/7?x=1");
  EXPECT_EQ(method_arn(request.context), "arn:aws:execute-api:us-east-1:000000000000:shop/$default/GET/pets/7");
}

TEST_F(ResourcePolicyTest, AloneItMustAllowExplicitly) {
  alone(policy({statement("Allow", "execute-api:/$default/GET/pets/*")}));
  EXPECT_EQ(outcome(), "passed");
  EXPECT_EQ(outcome("POST"), "policy_denied");
  EXPECT_EQ(detail_,
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
            "arn:aws:execute-api:us-east-1:000000000000:shop/$default/POST/pets/7");
  EXPECT_EQ(outcome("GET", "/cats"), "policy_denied");
}

TEST_F(ResourcePolicyTest, TheActionIsTheRoutes) {
  alone(policy({statement("Allow", "*")}));
  route_.action = "execute-api:ManageConnections";
  EXPECT_EQ(outcome(), "policy_denied");
  EXPECT_TRUE(detail_.starts_with("User: anonymous is not authorized to perform: execute-api:ManageConnections on resource: ")) << detail_;
}

TEST_F(ResourcePolicyTest, AnExplicitDenyWins) {
  alone(policy({statement("Allow", "*"), statement("Deny", "execute-api:/*/DELETE/*")}));
  EXPECT_EQ(outcome(), "passed");
  EXPECT_EQ(outcome("DELETE"), "policy_explicit_deny");
  EXPECT_TRUE(detail_.ends_with(" with an explicit deny")) << detail_;
}

TEST_F(ResourcePolicyTest, ConditionsSeeAddressAgentRefererAndTransport) {
  alone(policy({statement("Allow", "*", R"(,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})")}));
  EXPECT_EQ(outcome(), "passed");
  alone(policy({statement("Allow", "*", R"(,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.3.0/24"}})")}));
  EXPECT_EQ(outcome(), "policy_denied");
  alone(policy({statement("Allow", "*", R"(,"Condition":{"StringLike":{"aws:UserAgent":"curl/*"}})")}));
  EXPECT_EQ(outcome("GET", "/", {{"User-Agent", "curl/8.1"}}), "passed");
  EXPECT_EQ(outcome("GET", "/"), "policy_denied");
  alone(policy({statement("Allow", "*", R"(,"Condition":{"StringEquals":{"aws:Referer":"https://a.test/"}})")}));
  EXPECT_EQ(outcome("GET", "/", {{"Referer", "https://a.test/"}}), "passed");
  alone(policy({statement("Deny", "*", R"(,"Condition":{"StringEquals":{"aws:SecureTransport":"false"}})"), statement("Allow", "*")}));
  EXPECT_EQ(outcome(), "policy_explicit_deny");
}

TEST_F(ResourcePolicyTest, WithAnAuthorizerADenyEndsTheRequestBeforeItIsAsked) {
  with_authorizer(policy({statement("Deny", "*")}), true);
  EXPECT_EQ(outcome(), "policy_explicit_deny");
}

TEST_F(ResourcePolicyTest, WithAnAuthorizerEitherPolicyMayAllow) {
  with_authorizer(policy({statement("Allow", "*")}), false);
  EXPECT_EQ(outcome(), "passed");
  with_authorizer(policy({statement("Allow", "execute-api:/$default/GET/cats")}), true);
  EXPECT_EQ(outcome(), "passed");
}

TEST_F(ResourcePolicyTest, AnIdentityWithoutAPolicyNeedsTheResourcesAllow) {
  with_authorizer(policy({statement("Allow", "execute-api:/$default/GET/cats")}), false);
  EXPECT_EQ(outcome(), "policy_denied");
  EXPECT_TRUE(detail_.starts_with("User: ada is not authorized")) << detail_;
  EXPECT_EQ(outcome("GET", "/cats"), "passed");
}

TEST_F(ResourcePolicyTest, WhatIsNoPolicyCannotBeMade) {
  EXPECT_THROW(make_resource_policy({"{}"}, PolicyAlone::kYes), std::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::middleware
