#include "integration/forwarding.hpp"

#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace gatehouse::integration {
namespace {

using testing::FakeExchange;
using testing::FieldList;

class ForwardingTest : public ::testing::Test {
 protected:
  // A request that is as the gateway would hand it on.
  pipeline::RequestContext& request(const FieldList& fields, const std::string& target = "/a") {
    exchange = std::make_unique<FakeExchange>(worker, "GET", target, fields);
    context = std::make_unique<pipeline::RequestContext>(*exchange, route);
    context->client = exchange->peer().remote.address;
    context->scheme = "http";
    context->host = exchange->request().authority;
    context->request_id = "r-1";
    context->path = exchange->request().path;
    return *context;
  }
  FieldList sent() {
    edit_request(*context);
    return testing::apply_edits(&exchange->request().fields, &context->request_edits);
  }
  void trust(std::string_view client) {
    context->peer_trusted = true;
    context->client = *IpAddress::parse(client);
  }
  std::string target(const std::optional<pipeline::ValueTemplate>& path = {}) {
    return std::string(forwarded_target(*context, path).value_or("(refused)"));
  }
  static pipeline::ValueTemplate path_template(std::string_view text) {
    return pipeline::ValueTemplate::parse(text, {"id", "rest"}, pipeline::ValueTemplate::PathValues::kEncoded, true)
        .value();
  }

  net::Worker worker{0};
  pipeline::Route route;
  std::unique_ptr<FakeExchange> exchange;
  std::unique_ptr<pipeline::RequestContext> context;
};

TEST_F(ForwardingTest, BackendLearnsWhoAsksAndWhichWayItCame) {
  request({{"Host", "api.example.com"}, {"Accept", "*/*"}, {"X-Own", "1"}});
  const FieldList expected{{"Accept", "*/*"},
                           {"X-Own", "1"},
                           {"X-Forwarded-For", "192.0.2.7"},
                           {"X-Forwarded-Proto", "http"},
                           {"X-Forwarded-Host", "api.example.com"},
                           {"X-Forwarded-Port", "80"},
                           {"Forwarded", "for=192.0.2.7;host=api.example.com;proto=http"},
                           {"Via", "1.1 gatehouse"},
                           {"X-Request-ID", "r-1"}};
  EXPECT_EQ(sent(), expected);
}

TEST_F(ForwardingTest, WhatAnUntrustedPeerClaimsIsRemoved) {
  request({{"Host", "a"},
           {"X-Forwarded-For", "1.1.1.1"},
           {"x-forwarded-for", "2.2.2.2"},
           {"X-Forwarded-Proto", "https"},
           {"X-Forwarded-Host", "evil"},
           {"X-Forwarded-Port", "1"},
           {"X-Forwarded-Prefix", "/evil"},
           {"X-Real-IP", "3.3.3.3"},
           {"Forwarded", "for=4.4.4.4"},
           {"X-Request-Id", "mine"}});
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-for"), "192.0.2.7");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-proto"), "http");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-host"), "a");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-port"), "80");
  EXPECT_EQ(testing::find_field(fields, "forwarded"), "for=192.0.2.7;host=a;proto=http");
  EXPECT_EQ(testing::find_field(fields, "x-request-id"), "r-1");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-prefix"), std::nullopt);
  EXPECT_EQ(testing::find_field(fields, "x-real-ip"), std::nullopt);
  for (const char* once : {"x-forwarded-for", "x-forwarded-host", "forwarded", "x-request-id"})
    EXPECT_EQ(testing::count_fields(fields, once), 1u);
}

TEST_F(ForwardingTest, WhatATrustedProxySaysIsContinued) {
  request({{"Host", "inner"},
           {"X-Forwarded-For", "203.0.113.9"},
           {"X-Forwarded-For", "10.0.0.1"},
           {"X-Forwarded-Port", "8443"},
           {"X-Forwarded-Prefix", "/outer"},
           {"X-Real-IP", "203.0.113.9"},
           {"Forwarded", "for=203.0.113.9;proto=https"}});
  trust("203.0.113.9");
  context->scheme = "https";
  context->host = "api.example.com";
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-for"), "203.0.113.9, 10.0.0.1, 192.0.2.7");
  EXPECT_EQ(testing::find_field(fields, "forwarded"), "for=203.0.113.9;proto=https, for=192.0.2.7");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-proto"), "https");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-host"), "api.example.com");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-port"), "8443");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-prefix"), "/outer");
  EXPECT_EQ(testing::find_field(fields, "x-real-ip"), "203.0.113.9");
}

TEST_F(ForwardingTest, WhatATrustedProxySaidInOneFieldGoesOnInBoth) {
  request({{"Host", "a"}, {"X-Forwarded-For", "2001:db8::1"}});
  trust("2001:db8::1");
  EXPECT_EQ(testing::find_field(sent(), "forwarded"), "for=\"[2001:db8::1]\";host=a;proto=http, for=192.0.2.7");
  request({{"Host", "a"}, {"Forwarded", "for=203.0.113.9"}});
  trust("203.0.113.9");
  EXPECT_EQ(testing::find_field(sent(), "x-forwarded-for"), "203.0.113.9, 192.0.2.7");
}

TEST_F(ForwardingTest, HostWithAPortIsQuotedAndGivesThePort) {
  request({{"Host", "a.test:8443"}});
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "forwarded"), "for=192.0.2.7;host=\"a.test:8443\";proto=http");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-port"), "8443");
  request({{"Host", "[2001:db8::2]"}});
  context->scheme = "https";
  EXPECT_EQ(testing::find_field(sent(), "x-forwarded-port"), "443");
}

TEST_F(ForwardingTest, HostThatCannotBeQuotedIsLeftOut) {
  request({{"Host", "a"}});
  context->host = "a\"b";
  EXPECT_EQ(testing::find_field(sent(), "forwarded"), "for=192.0.2.7;proto=http");
}

TEST_F(ForwardingTest, IPv6PeersStandInBrackets) {
  request({{"Host", "a"}});
  exchange->peer_facts().remote.address = *IpAddress::parse("2001:db8::7");
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-for"), "2001:db8::7");
  EXPECT_EQ(testing::find_field(fields, "forwarded"), "for=\"[2001:db8::7]\";host=a;proto=http");
}

TEST_F(ForwardingTest, OurOwnFieldsCannotComeFromAClient) {
  request(
      {{"Host", "a"}, {"X-Gatehouse-Connection-Id", "1"}, {"x_gatehouse_event", "CONNECT"}, {"X-Gatehouses", "fine"}});
  trust("192.0.2.7");
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "x-gatehouse-connection-id"), std::nullopt);
  EXPECT_EQ(testing::find_field(fields, "x_gatehouse_event"), std::nullopt);
  EXPECT_EQ(testing::find_field(fields, "x-gatehouses"), "fine");
}

TEST_F(ForwardingTest, WhatTheRouteDecidesStays) {
  request({{"Host", "a"}, {"X-Forwarded-Host", "evil"}, {"Via", "1.0 before"}});
  context->request_edits.set(http::FieldId::kXForwardedHost, "public.example.com");
  context->request_edits.remove(http::FieldId::kForwarded);
  context->request_edits.set(http::FieldId::kXRequestId, "fixed");
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-host"), "public.example.com");
  EXPECT_EQ(testing::count_fields(fields, "x-forwarded-host"), 1u);
  EXPECT_EQ(testing::find_field(fields, "forwarded"), std::nullopt);
  EXPECT_EQ(testing::find_field(fields, "x-request-id"), "fixed");
  EXPECT_EQ(testing::count_fields(fields, "x-request-id"), 1u);
}

TEST_F(ForwardingTest, ViaIsAppendedWithTheVersionReceived) {
  request({{"Host", "a"}, {"Via", "1.1 before"}});
  exchange->head().version = http::Version::kHttp10;
  const FieldList fields = sent();
  EXPECT_EQ(testing::count_fields(fields, "via"), 2u);
  EXPECT_EQ(testing::find_field(fields, "via"), "1.1 before");
  EXPECT_EQ(fields[fields.size() - 2], (std::pair<std::string, std::string>("Via", "1.0 gatehouse")));
}

TEST_F(ForwardingTest, ExpectationIsNotTheBackends) {
  request({{"Host", "a"}, {"Expect", "100-continue"}});
  EXPECT_EQ(testing::find_field(sent(), "expect"), std::nullopt);
}

TEST_F(ForwardingTest, RequestWithoutAHostNamesNone) {
  request({});
  context->host = {};
  const FieldList fields = sent();
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-host"), std::nullopt);
  EXPECT_EQ(testing::find_field(fields, "forwarded"), "for=192.0.2.7;proto=http");
  EXPECT_EQ(testing::find_field(fields, "x-forwarded-port"), "80");
}

TEST_F(ForwardingTest, TargetIsTheNormalisedPathWithTheQueryAsItCame) {
  request({}, "/a/%7Eb?x=%zz&y");
  EXPECT_EQ(target(), "/a/%7Eb?x=%zz&y");
  context->path = "/a/~b";
  EXPECT_EQ(target(), "/a/~b?x=%zz&y");
  request({}, "/a?");
  EXPECT_EQ(target(), "/a?");
  request({}, "/a");
  EXPECT_EQ(target(), "/a");
}

TEST_F(ForwardingTest, UnchangedTargetIsNotCopied) {
  request({}, "/a?x=1");
  EXPECT_EQ(forwarded_target(*context, {})->data(), context->path.data());
}

TEST_F(ForwardingTest, PathTemplateReplacesThePathAndKeepsTheQuery) {
  request({}, "/orders/7%2F8/items?x=1");
  context->params.push("id", "7%2F8");
  context->params.push("rest", "items");
  EXPECT_EQ(target(path_template("/internal/{id}/{rest}")), "/internal/7%2F8/items?x=1");
}

TEST_F(ForwardingTest, ValuesThatMakeDotSegmentsAreRefused) {
  request({}, "/a?dir=..&name=.");
  EXPECT_EQ(target(path_template("/files/$query.dir/secret")), "(refused)");
  EXPECT_EQ(target(path_template("/files/$query.name$query.name")), "(refused)");
  EXPECT_EQ(target(path_template("/files/x$query.dir")), "/files/x..?dir=..&name=.");
}

TEST_F(ForwardingTest, AnswerIsAsItCameWithVia) {
  request({});
  const testing::FakeFields received({{"Server", "x"}, {"Via", "1.1 inner"}, {"Connection", "close"}});
  http::IncomingResponse response;
  response.status = 201;
  response.reason = "Created";
  response.content_length = 3;
  response.fields = received.fields();
  http::ResponseHead head(exchange->arena());
  edit_response(response, head);
  const FieldList expected{{"Server", "x"}, {"Via", "1.1 inner"}, {"Via", "1.1 gatehouse"}};
  EXPECT_EQ(testing::apply_edits(head.base, &head.edits), expected);
  EXPECT_EQ(head.status, 201);
  EXPECT_EQ(head.content_length, 3u);
}

}  // namespace
}  // namespace gatehouse::integration
