#include "gatehouse/crypto/policy.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse::crypto {
namespace {

constexpr std::string_view kInvoke = "execute-api:Invoke";
constexpr std::string_view kArn = "arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/GET/pets/7";
constexpr std::array<std::string_view, 2> kKeys = {"aws:UserAgent", "aws:SourceVpce"};

using enum PolicyDecision;

std::string problem(std::string_view json) {
  const auto policy = Policy::parse(json, kKeys);
  if (policy) return "accepted";
  EXPECT_EQ(policy.error().reason(), "policy_invalid");
  return policy.error().message();
}

PolicyDecision decide(std::string_view json, const PolicyFacts& facts = {}, std::string_view resource = kArn,
                      std::string_view action = kInvoke) {
  const auto policy = Policy::parse(json, kKeys);
  EXPECT_TRUE(policy.has_value()) << json << (policy ? "" : policy.error().message());
  return policy ? policy->evaluate(action, resource, facts) : kDeny;
}

std::string statement(std::string_view effect, std::string_view more) {
  return R"({"Effect":")" + std::string(effect) + R"(",)" + std::string(more) + "}";
}
std::string policy_of(std::initializer_list<std::string> statements) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (const std::string& one : statements) text += (text.back() == '[' ? "" : ",") + one;
  return text + "]}";
}
std::string allow(std::string_view resource) {
  return statement("Allow", R"("Action":"execute-api:Invoke","Resource":")" + std::string(resource) + "\"");
}
std::string deny(std::string_view resource) {
  return statement("Deny", R"("Action":"execute-api:Invoke","Resource":")" + std::string(resource) + "\"");
}
std::string when(std::string_view condition, std::string_view effect = "Allow") {
  return policy_of({statement(effect, R"("Action":"*","Resource":"*","Condition":)" + std::string(condition))});
}
PolicyFacts from(std::string_view address) { return {IpAddress::parse(address), {}}; }

TEST(PolicyTest, SaysNothingWhereNoStatementApplies) {
  EXPECT_EQ(decide(policy_of({})), kImplicit);
  EXPECT_EQ(decide(policy_of({allow("arn:aws:execute-api:*:*:other/*")})), kImplicit);
  EXPECT_EQ(decide(policy_of({deny("arn:aws:execute-api:*:*:other/*")})), kImplicit);
}

TEST(PolicyTest, AnExplicitDenyWinsInAnyOrder) {
  EXPECT_EQ(decide(policy_of({allow("*")})), kAllow);
  EXPECT_EQ(decide(policy_of({allow("*"), deny("*/GET/*")})), kDeny);
  EXPECT_EQ(decide(policy_of({deny("*/GET/*"), allow("*")})), kDeny);
  EXPECT_EQ(decide(policy_of({allow("*"), allow("*"), deny("*/POST/*")})), kAllow);
}

TEST(PolicyTest, ActionsIgnoreLetterCaseAndResourcesDoNot) {
  const std::string policy = policy_of({statement("Allow", R"("Action":["s3:Get*","EXECUTE-API:inv?ke"],"Resource":"*/pets/*")")});
  EXPECT_EQ(decide(policy), kAllow);
  EXPECT_EQ(decide(policy, {}, kArn, "s3:GetObject"), kAllow);
  EXPECT_EQ(decide(policy, {}, kArn, "execute-api:ManageConnections"), kImplicit);
  EXPECT_EQ(decide(policy, {}, "arn:aws:execute-api:r:1:abc123/prod/GET/PETS/7"), kImplicit);
}

TEST(PolicyTest, WildcardsMatchAsAmazonsDo) {
  const auto matches = [](std::string_view pattern, std::string_view resource) {
    return decide(policy_of({allow(pattern)}), {}, resource) == kAllow;
  };
  EXPECT_TRUE(matches("arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/GET/pets/7", kArn));
  EXPECT_TRUE(matches("arn:aws:execute-api:*:*:abc123/*/GET/*", kArn));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches("a**c", "abc"));
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_TRUE(matches("*7", kArn));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_FALSE(matches("a*b", "abc"));
  EXPECT_FALSE(matches("abc", "ab"));
  EXPECT_FALSE(matches("ab", "abc"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("arn:aws:execute-api:*:*:abc123/*/POST/*", kArn));
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST(PolicyTest, ResourcesOfAnApiMayBeAbbreviated) {
  EXPECT_EQ(decide(policy_of({allow("execute-api:/prod/GET/*")})), kAllow);
  EXPECT_EQ(decide(policy_of({allow("execute-api:/*")})), kAllow);
  EXPECT_EQ(decide(policy_of({allow("execute-api:/test/*")})), kImplicit);
  EXPECT_EQ(decide(policy_of({allow("execute-api:/*")}), {}, "arn:aws:execute-api:r:1:abc"), kImplicit);
}

TEST(PolicyTest, NotActionAndNotResourceNameTheOthers) {
  const std::string others = policy_of({statement("Allow", R"("NotAction":"s3:*","NotResource":["*/admin/*","*/POST/*"])")});
  EXPECT_EQ(decide(others), kAllow);
  EXPECT_EQ(decide(others, {}, kArn, "s3:Get"), kImplicit);
  EXPECT_EQ(decide(others, {}, "arn:x:execute-api:r:1:a/prod/POST/pets"), kImplicit);
}

TEST(PolicyTest, AddressesAreComparedWithNetworks) {
  const std::string inside = when(R"({"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}})");
  EXPECT_EQ(decide(inside, from("192.0.2.77")), kAllow);
  EXPECT_EQ(decide(inside, from("2001:db8::1")), kAllow);
  EXPECT_EQ(decide(inside, from("192.0.3.1")), kImplicit);
  EXPECT_EQ(decide(inside), kImplicit) << "an address that is not known is in no network";
  const std::string outside = when(R"({"NotIpAddress":{"AWS:sourceip":"192.0.2.0/24"}})", "Deny");
  EXPECT_EQ(decide(outside, from("192.0.2.77")), kImplicit);
  EXPECT_EQ(decide(outside, from("198.51.100.1")), kDeny);
  EXPECT_EQ(decide(outside), kDeny) << "nor is it in the network that is exempt";
}

TEST(PolicyTest, TextsAreComparedExactlyOrByPattern) {
  const std::array<PolicyFact, 1> facts = {{{"AWS:useragent", "curl/8.5"}}};
  const auto with = [&](std::string_view condition) { return decide(when(condition), {std::nullopt, facts}) == kAllow; };
  EXPECT_TRUE(with(R"({"StringEquals":{"aws:UserAgent":["x","curl/8.5"]}})"));
  EXPECT_FALSE(with(R"({"StringEquals":{"aws:UserAgent":"Curl/8.5"}})"));
  EXPECT_FALSE(with(R"({"StringEquals":{"aws:UserAgent":"curl/*"}})"));
  EXPECT_TRUE(with(R"({"StringEqualsIgnoreCase":{"aws:UserAgent":"CURL/8.5"}})"));
  EXPECT_TRUE(with(R"({"StringLike":{"aws:UserAgent":"curl/?.*"}})"));
  EXPECT_FALSE(with(R"({"StringLike":{"aws:UserAgent":"Curl/*"}})"));
  EXPECT_FALSE(with(R"({"StringNotEquals":{"aws:UserAgent":["x","curl/8.5"]}})"));
  EXPECT_TRUE(with(R"({"StringNotEquals":{"aws:UserAgent":["x","y"]}})"));
  EXPECT_FALSE(with(R"({"StringNotLike":{"aws:UserAgent":"curl*"}})"));
  EXPECT_FALSE(with(R"({"StringNotEqualsIgnoreCase":{"aws:UserAgent":"CURL/8.5"}})"));
}

TEST(PolicyTest, AMissingFactFailsUnlessNegatedOrIfExists) {
  EXPECT_EQ(decide(when(R"({"StringEquals":{"aws:SourceVpce":"v"}})")), kImplicit);
  EXPECT_EQ(decide(when(R"({"StringEqualsIfExists":{"aws:SourceVpce":"v"}})")), kAllow);
  EXPECT_EQ(decide(when(R"({"StringNotEquals":{"aws:SourceVpce":"v"}})")), kAllow);
  EXPECT_EQ(decide(when(R"({"IpAddressIfExists":{"aws:SourceIp":"192.0.2.1"}})")), kAllow);
  EXPECT_EQ(decide(when(R"({"IpAddressIfExists":{"aws:SourceIp":"192.0.2.1"}})"), from("192.0.2.2")), kImplicit);
}

TEST(PolicyTest, AllConditionsMustHold) {
  const std::array<PolicyFact, 1> curl = {{{"aws:UserAgent", "curl"}}};
  const std::string both =
      when(R"({"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"aws:UserAgent":"curl","aws:SourceVpce":"v"}})");
  EXPECT_EQ(decide(both, {IpAddress::parse("192.0.2.1"), curl}), kImplicit);
  const std::array<PolicyFact, 2> all = {{{"aws:UserAgent", "curl"}, {"aws:SourceVpce", "v"}}};
  EXPECT_EQ(decide(both, {IpAddress::parse("192.0.2.1"), all}), kAllow);
  EXPECT_EQ(decide(both, {IpAddress::parse("192.0.3.1"), all}), kImplicit);
}

TEST(PolicyTest, PrincipalMayBeEverybodyInEachSpelling) {
  for (const char* everybody : {R"("*")", R"({"AWS":"*"})", R"({"AWS":["*"]})"}) {
    EXPECT_EQ(decide(policy_of({statement("Allow", R"("Action":"*","Resource":"*","Principal":)" + std::string(everybody))})), kAllow);
  }
  for (const char* other : {R"({"AWS":"arn:aws:iam::1:root"})", R"({"AWS":["*","x"]})", R"({"AWS":[]})", R"({"Service":"*"})",
                            "{}", "[\"*\"]", "7"}) {
    EXPECT_EQ(problem(policy_of({statement("Allow", R"("Action":"*","Resource":"*","Principal":)" + std::string(other))})),
              "Statement[0].Principal: only \"*\" is supported")
        << other;
  }
}

TEST(PolicyTest, AStatementAloneNeedsNoArray) {
  EXPECT_EQ(decide(R"({"Id":"x","Statement":{"Sid":"s","Effect":"Allow","Action":"*","Resource":"*"}})"), kAllow);
}

TEST(PolicyTest, ErrorsNameThePlace) {
  const auto in_statement = [](std::string_view text) { return problem(R"({"Statement":[)" + std::string(text) + "]}"); };
  EXPECT_EQ(problem("{"), "the policy: not JSON, at byte 1");
  EXPECT_EQ(problem("[]"), "the policy: must be an object");
  EXPECT_EQ(problem("{}"), "Statement: is missing");
  EXPECT_EQ(problem(R"({"Statement":[],"Statement":[]})"), "the policy: a member twice, at byte 31");
  EXPECT_EQ(problem(R"({"Version":"2012","Statement":[]})"), "Version: must be \"2012-10-17\"");
  EXPECT_EQ(problem(R"({"Statements":[]})"), "Statements: not supported; did you mean Statement?");
  EXPECT_EQ(problem(R"({"Statement":"x"})"), "Statement: must be an object");
  EXPECT_EQ(problem(std::string(Policy::kMaxBytes + 1, ' ')), "the policy: longer than 65536 bytes");
  EXPECT_EQ(in_statement(allow("*") + ",7"), "Statement[1]: must be an object");
  EXPECT_EQ(in_statement(statement("allow", R"("Action":"*","Resource":"*")")), "Statement[0].Effect: must be \"Allow\" or \"Deny\"");
  EXPECT_EQ(in_statement(statement("Deny", R"("Actions":"*","Resource":"*")")),
            "Statement[0].Actions: not supported; did you mean Action?");
  EXPECT_EQ(in_statement(statement("Deny", R"("NotPrincipal":"*","Action":"*","Resource":"*")")).substr(0, 26),
            "Statement[0].NotPrincipal:");
  EXPECT_EQ(in_statement(statement("Deny", R"("Resource":"*")")), "Statement[0]: must have Action or NotAction");
  EXPECT_EQ(in_statement(statement("Deny", R"("Action":"*","Resource":"*","NotResource":"*")")),
            "Statement[0]: has Resource or NotResource, not both");
  EXPECT_EQ(in_statement(statement("Deny", R"("Action":[],"Resource":"*")")), "Statement[0].Action: must not be empty");
  EXPECT_EQ(in_statement(statement("Deny", R"("Action":"*","Resource":["*",7])")), "Statement[0].Resource[1]: must be text");
  EXPECT_EQ(in_statement(statement("Deny", R"("Action":"*","Resource":"a/${aws:username}")")),
            "Statement[0].Resource: policy variables are not supported");
}

TEST(PolicyTest, ErrorsOfConditionsNameThePlace) {
  const std::string here = "Statement[0].Condition";
  EXPECT_EQ(problem(when("[]")), here + ": must be an object");
  EXPECT_EQ(problem(when(R"({"Bool":{"aws:SecureTransport":"true"}})")), here + ".Bool: not supported");
  EXPECT_EQ(problem(when(R"({"StringEqual":{"aws:UserAgent":"x"}})")), here + ".StringEqual: not supported; did you mean StringEquals?");
  EXPECT_EQ(problem(when(R"({"StringEquals":{}})")), here + ".StringEquals: must be an object of condition keys");
  EXPECT_EQ(problem(when(R"({"StringEquals":"x"})")), here + ".StringEquals: must be an object of condition keys");
  EXPECT_EQ(problem(when(R"({"StringEquals":{"aws:SourceVpc":"x"}})")),
            here + ".StringEquals.aws:SourceVpc: this condition key is not supported");
  EXPECT_EQ(problem(when(R"({"StringEquals":{"aws:SourceIp":"x"}})")),
            here + ".StringEquals.aws:SourceIp: aws:SourceIp is compared by IpAddress and NotIpAddress, and only it is");
  EXPECT_EQ(problem(when(R"({"IpAddress":{"aws:UserAgent":"192.0.2.1"}})")),
            here + ".IpAddress.aws:UserAgent: aws:SourceIp is compared by IpAddress and NotIpAddress, and only it is");
  EXPECT_EQ(problem(when(R"({"IpAddress":{"aws:SourceIp":["192.0.2.1","192.0.2.0/33"]}})")),
            here + ".IpAddress.aws:SourceIp: \"192.0.2.0/33\" is no address and no network");
  EXPECT_EQ(problem(when(R"({"StringLike":{"aws:UserAgent":["a",["b"]]}})")), here + ".StringLike.aws:UserAgent[1]: must be text");
}

TEST(PolicyTest, APartOfADocumentCanBeAPolicy) {
  const auto tree = JsonTree::parse(R"({"principalId":"u","policyDocument":)" + policy_of({allow("*")}) + "}");
  ASSERT_TRUE(tree.has_value());
  const auto policy = Policy::parse(tree->root().find("policyDocument"));
  ASSERT_TRUE(policy.has_value());
  EXPECT_EQ(policy->evaluate(kInvoke, kArn, {}), kAllow);
}

}  // namespace
}  // namespace gatehouse::crypto
