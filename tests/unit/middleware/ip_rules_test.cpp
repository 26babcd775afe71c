#include "step_fixture.hpp"

namespace gatehouse::middleware {
namespace {

class IpRulesTest : public StepTest {
 protected:
  static IpRules rules(const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
    IpRules rules;
    for (const std::string& network : allow) EXPECT_TRUE(rules.allow.add(network));
    for (const std::string& network : deny) EXPECT_TRUE(rules.deny.add(network));
    return rules;
  }
  bool passes(const IpRules& rules, std::string_view client) {
    route_.steps = {make_ip_rules(rules)};
    Request request(worker_, route_, "GET", "/");
    request.context.client = *IpAddress::parse(client);
    return request.run();
  }
};

TEST_F(IpRulesTest, OnlyThoseWhoAreAllowedPass) {
  const IpRules ours = rules({"10.0.0.0/8", "2001:db8::/32"}, {});
  for (const char* const client : {"10.0.0.1", "10.255.255.255", "::ffff:10.1.2.3", "2001:db8::1", "2001:db8:ffff::"})
    EXPECT_TRUE(passes(ours, client)) << client;
  for (const char* const client : {"11.0.0.1", "9.255.255.255", "2001:db9::1", "::1", "::ffff:11.0.0.1", "::a00:1"})
    EXPECT_FALSE(passes(ours, client)) << client;
}

TEST_F(IpRulesTest, DenyWinsOverAllow) {
  const IpRules ours = rules({"10.0.0.0/8"}, {"10.6.0.0/16"});
  EXPECT_TRUE(passes(ours, "10.5.255.255"));
  EXPECT_FALSE(passes(ours, "10.6.0.1"));
  EXPECT_FALSE(passes(ours, "::ffff:10.6.0.1"));
}

TEST_F(IpRulesTest, WithDenyAloneAllOthersPass) {
  const IpRules ours = rules({}, {"192.0.2.0/24", "2001:db9::/32"});
  EXPECT_TRUE(passes(ours, "192.0.3.1"));
  EXPECT_TRUE(passes(ours, "2001:db8::1"));
  EXPECT_FALSE(passes(ours, "192.0.2.255"));
  EXPECT_FALSE(passes(ours, "2001:db9::1"));
}

TEST_F(IpRulesTest, AnswersWithReasonAndWhichOfTheTwo) {
  route_.steps = {make_ip_rules(rules({"10.0.0.0/8"}, {"10.6.6.6"}))};
  Request stranger(worker_, route_, "GET", "/");
  EXPECT_FALSE(stranger.run());
  EXPECT_EQ(stranger.exchange.status, 403);
  EXPECT_EQ(stranger.exchange.sent_body, R"({"message":"Forbidden"})");
  EXPECT_EQ(stranger.context.reason, "ip_denied");
  EXPECT_EQ(stranger.context.detail, "the client's address is not among those allowed");
  Request denied(worker_, route_, "GET", "/");
  denied.context.client = *IpAddress::parse("10.6.6.6");
  EXPECT_FALSE(denied.run());
  EXPECT_EQ(denied.context.detail, "the client's address is denied");
}

}  // namespace
}  // namespace gatehouse::middleware
