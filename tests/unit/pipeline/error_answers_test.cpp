#include "gatehouse/pipeline/error_answers.hpp"

#include "gatehouse/pipeline/json_text.hpp"
#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::pipeline {
namespace {

using testing::FakeExchange;
using PathValues = ValueTemplate::PathValues;

class ErrorAnswersTest : public ::testing::Test {
 protected:
  void use(ErrorStyle style, std::vector<ErrorResponse> responses = {}) {
    route.errors = std::make_shared<ErrorAnswers>(style, std::move(responses));
  }
  static ErrorResponse response(ErrorType type, const std::string& body, PathValues values = PathValues::kErrorJson) {
    return {type, std::nullopt, {}, ValueTemplate::parse(body, {}, values).value()};
  }
  Answer answer(int status, std::string_view reason, std::string_view text) { return {exchange.arena(), status, reason, text}; }

  net::Worker worker{0};
  Route route;
  FakeExchange exchange{worker, "GET", "/", {{"X-Name", "a\"b"}}};
  RequestContext context{exchange, route};
};

TEST_F(ErrorAnswersTest, WithoutADetailTheBodyStays) {
  use(ErrorStyle::kHelpful);
  context.answer(answer(404, "route_not_found", "Not Found"));
  EXPECT_EQ(exchange.sent_body, R"({"message":"Not Found"})");
}

TEST_F(ErrorAnswersTest, DetailIsToldWithTheReasonAndEscaped) {
  use(ErrorStyle::kHelpful);
  context.detail = "the \"aud\" is <not> \x01\xff ours";
  context.answer(answer(401, "jwt_audience_wrong", "Unauthorized"));
  EXPECT_EQ(exchange.sent_body, "{\"message\":\"Unauthorized\",\"reason\":\"jwt_audience_wrong\",\"detail\":\"the \\\"aud\\\" is "
                                "\\u003cnot> \\u0001\\ufffd ours\"}");
  EXPECT_EQ(exchange.sent_length, exchange.sent_body.size());
}

TEST_F(ErrorAnswersTest, AmazonSaysNothingOfTheDetail) {
  use(ErrorStyle::kAws);
  context.request_id = "id";
  context.detail = "secret of the house";
  Answer refusal = answer(401, "jwt_expired", "Unauthorized");
  refusal.fields.set(http::FieldId::kWwwAuthenticate, "Bearer");
  context.answer(refusal);
  EXPECT_EQ(exchange.sent_body, R"({"message":"Unauthorized"})");
  EXPECT_EQ(exchange.field("www-authenticate"), "Bearer");
  EXPECT_EQ(exchange.field("x-amzn-errortype"), "UnauthorizedException");
  EXPECT_EQ(exchange.field("apigw-requestid"), "id");
}

TEST_F(ErrorAnswersTest, AmazonsStatusReplacesOurs) {
  use(ErrorStyle::kAws);
  Answer refusal = answer(405, "method_not_allowed", "Method Not Allowed");
  refusal.fields.set(http::FieldId::kAllow, "GET");
  context.answer(refusal);
  EXPECT_EQ(exchange.status, 404);
  EXPECT_FALSE(exchange.field("allow"));
  EXPECT_EQ(context.reason, "method_not_allowed");
}

TEST_F(ErrorAnswersTest, ValuesAreEscapedInJson) {
  use(ErrorStyle::kHelpful, {response(ErrorType::kThrottled, R"({"n":"$header.x-name","m":$context.error.messageString})")});
  context.answer(answer(429, "throttled", "Too \"many\""));
  EXPECT_EQ(exchange.sent_body, R"({"n":"a\"b","m":"Too \"many\""})");
}

TEST_F(ErrorAnswersTest, IntegrationsKeepTheirWords) {
  use(ErrorStyle::kAws, {response(ErrorType::kDefault4xx, "{}")});
  context.answer(answer(404, "item_not_found", "no such note"));
  EXPECT_EQ(exchange.sent_body, R"({"message":"no such note"})");
}

TEST_F(ErrorAnswersTest, WhatIsNoRefusalIsNotTouched) {
  use(ErrorStyle::kAws, {response(ErrorType::kDefault4xx, "{}")});
  context.answer(answer(308, "folder_redirect", "Permanent Redirect"));
  EXPECT_EQ(exchange.sent_body, R"({"message":"Permanent Redirect"})");
  EXPECT_FALSE(exchange.field("x-amzn-errortype"));
}

TEST(ErrorTemplate, VariablesOfRefusalsAreKnownThereOnly) {
  EXPECT_TRUE(ValueTemplate::parse("$context.error.message", {}, PathValues::kErrorText));
  EXPECT_FALSE(ValueTemplate::parse("$context.error.message", {}));
}

TEST(JsonText, EscapesMarkupAtEveryPlace) {
  Arena arena;
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    text[at] = '<';
    EXPECT_EQ(json_escaped(text, arena), text.substr(0, at) + R"(\u003c)" + text.substr(at + 1));
  }
}

TEST(JsonText, KeepsWhatIsUtf8AndReplacesWhatIsNot) {
  Arena arena;
  EXPECT_EQ(json_escaped("plain", arena), "plain");
  EXPECT_EQ(json_escaped("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", arena), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(json_escaped("\xc0\xaf|\xed\xa0\x80", arena), R"(\ufffd\ufffd|\ufffd\ufffd\ufffd)");
  EXPECT_EQ(json_escaped("\xe2\x82", arena), R"(\ufffd\ufffd)");
}

}  // namespace
}  // namespace gatehouse::pipeline
