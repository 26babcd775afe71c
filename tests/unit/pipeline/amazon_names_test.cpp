// Amazon's names of variables within templates.
#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/value_template.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::pipeline {
namespace {

class AmazonNamesTest : public ::testing::Test {
 protected:
  std::string value(const std::string& text) {
    const auto parsed = ValueTemplate::parse(text, {"id"});
    return parsed ? std::string(parsed->evaluate(context)) : "error: " + parsed.error().message();
  }

  net::Worker worker{0};
  Route route;
  testing::FakeExchange exchange{worker, "GET", "/a?page=2%202", {{"X-User", "ann"}}};
  RequestContext context{exchange, route};
};

TEST_F(AmazonNamesTest, RequestHeadersQueryAndPath) {
  context.path = "/a";
  context.params.push("id", "7");
  EXPECT_EQ(value("$request.header.x-user"), "ann");
  EXPECT_EQ(value("$request.querystring.page"), "2 2");
  EXPECT_EQ(value("$request.path.id"), "7");
  EXPECT_EQ(value("$request.path"), "/a");
  EXPECT_EQ(value("<${request.header.x-user}/${request.path.id}>"), "<ann/7>");
}

TEST_F(AmazonNamesTest, ContextVariables) {
  context.request_id = "id";
  route.api = "shop";
  EXPECT_EQ(value("$context.requestId"), "id");
  EXPECT_EQ(value("$context.httpMethod"), "GET");
  EXPECT_EQ(value("${context.requestId}-$context.apiId"), "id-shop");
  EXPECT_EQ(value("$context.identity.sourceIp"), value("$context.client_ip"));
}

TEST_F(AmazonNamesTest, WhatFollowsOurOwnNamesStaysText) {
  context.path = "/a";
  EXPECT_EQ(value("$context.path.json"), "/a.json");
  EXPECT_EQ(value("$header.x-user.txt"), "ann.txt");
  EXPECT_EQ(value("$query.page.5"), "2 2.5");
}

TEST_F(AmazonNamesTest, FieldsOfTheAnswerAreThereOnTheWayOut) {
  EXPECT_EQ(value("$response.header.x-kind"), "");
  http::ResponseHead head(exchange.arena());
  head.edits.append("X-Kind", "backend");
  context.answering = &head;
  EXPECT_EQ(value("$response.header.x-kind"), "backend");
  EXPECT_NE(value("$response.body.x").find("$response.header.x"), std::string::npos);
}

TEST_F(AmazonNamesTest, UnknownNamesAreErrors) {
  EXPECT_EQ(value("$request.cookie.x").substr(0, 6), "error:");
  EXPECT_EQ(value("$context.domainPrefix").substr(0, 6), "error:");
}

}  // namespace
}  // namespace gatehouse::pipeline
