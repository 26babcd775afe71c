#include "middleware/authorizer_event.hpp"

#include "step_fixture.hpp"

#include <nlohmann/json.hpp>

namespace gatehouse::middleware {
namespace {

using nlohmann::json;

class AuthorizerEventTest : public StepTest {
 protected:
  AuthorizerEventTest() { route_.pattern = pipeline::RoutePattern::parse("GET /v1/orders/{id}").value(); }

  json event(AuthorizerPayload payload, const std::vector<std::string_view>& sources) {
    Request request(worker_, route_, "GET", "/v1/orders/7%20a?a=1&b=%C3%BC&a=2+2",
                    {{"Host", "api.shop.test:8080"}, {"Authorization", "t\"1"}, {"X-Tag", "one"}, {"X-Tag", "two"}, {"Cookie", "c=1; d=2"},
                     {"User-Agent", "test/1"}});
    request.context.request_id = "id-1";
    request.context.params.push("id", "7%20a");
    return json::parse(make_authorizer_event(payload, sources, request.context, clock_));
  }

  ManualClock clock_;  // 2024-10-04T00:00:00Z
};

TEST_F(AuthorizerEventTest, TokenIsThreeMembers) {
  EXPECT_EQ(event(AuthorizerPayload::kToken, {"t\"1"}),
            json::parse(R"({"type":"TOKEN","authorizationToken":"t\"1",
                            "methodArn":"arn:aws:execute-api:us-east-1:000000000000:shop/$default/GET/v1/orders/7%20a"})"));
}

TEST_F(AuthorizerEventTest, AllNameTheStageAndItsVariables) {
  route_.stage = "dev";
  route_.stage_variables = std::make_shared<const pipeline::StageVariables>(pipeline::StageVariables{{"pool", "blue"}, {"quote", "\""}});
  const json variables = {{"pool", "blue"}, {"quote", "\""}};
  const std::string arn = "arn:aws:execute-api:us-east-1:000000000000:shop/dev/GET/v1/orders/7%20a";
  EXPECT_EQ(event(AuthorizerPayload::kToken, {"t"})["methodArn"], arn);
  for (const auto payload : {AuthorizerPayload::kRequest1, AuthorizerPayload::kRequest2}) {
    const json made = event(payload, {"t"});
    EXPECT_EQ(made["stageVariables"], variables);
    EXPECT_EQ(made["requestContext"]["stage"], "dev");
    EXPECT_EQ(made[payload == AuthorizerPayload::kRequest1 ? "methodArn" : "routeArn"], arn);
  }
}

TEST_F(AuthorizerEventTest, Request1) {
  const json made = event(AuthorizerPayload::kRequest1, {"t\"1", "x"});
  const json expected = json::parse(R"({
    "version": "1.0", "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:000000000000:shop/$default/GET/v1/orders/7%20a",
    "identitySource": "t\"1,x", "authorizationToken": "t\"1,x", "resource": "/v1/orders/{id}", "path": "/v1/orders/7%20a", "httpMethod": "GET",
    "headers": {"Host": "api.shop.test:8080", "Authorization": "t\"1", "X-Tag": "two", "Cookie": "c=1; d=2", "User-Agent": "test/1"},
    "multiValueHeaders": {"Host": ["api.shop.test:8080"], "Authorization": ["t\"1"], "X-Tag": ["one", "two"], "Cookie": ["c=1; d=2"],
                          "User-Agent": ["test/1"]},
    "queryStringParameters": {"a": "2 2", "b": "ü"}, "multiValueQueryStringParameters": {"a": ["1", "2 2"], "b": ["ü"]},
    "pathParameters": {"id": "7 a"}, "stageVariables": {},
    "requestContext": {"accountId": "000000000000", "apiId": "shop", "stage": "$default", "domainName": "api.shop.test", "requestId": "id-1",
      "path": "/v1/orders/7%20a", "resourceId": "GET /v1/orders/{id}", "resourcePath": "/v1/orders/{id}", "httpMethod": "GET",
      "protocol": "HTTP/1.1", "requestTime": "04/Oct/2024:00:00:00 +0000", "requestTimeEpoch": 1728000000000,
      "identity": {"sourceIp": "192.0.2.7", "userAgent": "test/1"}}})");
  EXPECT_EQ(made, expected) << made.dump(1);
}

TEST_F(AuthorizerEventTest, Request2) {
  const json made = event(AuthorizerPayload::kRequest2, {"t\"1", "x"});
  const json expected = json::parse(R"({
    "version": "2.0", "type": "REQUEST", "routeArn": "arn:aws:execute-api:us-east-1:000000000000:shop/$default/GET/v1/orders/7%20a",
    "identitySource": ["t\"1", "x"], "routeKey": "GET /v1/orders/{id}", "rawPath": "/v1/orders/7%20a", "rawQueryString": "a=1&b=%C3%BC&a=2+2",
    "cookies": ["c=1", "d=2"],
    "headers": {"host": "api.shop.test:8080", "authorization": "t\"1", "x-tag": "one,two", "user-agent": "test/1"},
    "queryStringParameters": {"a": "1,2 2", "b": "ü"},
    "requestContext": {"accountId": "000000000000", "apiId": "shop", "domainName": "api.shop.test", "domainPrefix": "api",
      "http": {"method": "GET", "path": "/v1/orders/7%20a", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "test/1"},
      "requestId": "id-1", "routeKey": "GET /v1/orders/{id}", "stage": "$default", "time": "04/Oct/2024:00:00:00 +0000",
      "timeEpoch": 1728000000000},
    "pathParameters": {"id": "7 a"}, "stageVariables": {}})");
  EXPECT_EQ(made, expected) << made.dump(1);
}

TEST_F(AuthorizerEventTest, WhatIsNoUtf8StaysJson) {
  Request request(worker_, route_, "GET", "/", {{"X-Raw", "a\xff\x80z"}});
  const json made = json::parse(make_authorizer_event(AuthorizerPayload::kRequest2, {}, request.context, clock_));
  EXPECT_TRUE(made["headers"]["x-raw"].get<std::string>().starts_with("a"));
}

}  // namespace
}  // namespace gatehouse::middleware
