#include "step_fixture.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOrigin = "https://shop.example.com";

class CorsStepTest : public StepTest {
 protected:
  void use(CorsSettings settings) { route_.steps = {make_cors(std::move(settings))}; }
  static CorsSettings shop() {
    return {{kOrigin}, {"GET", "PUT"}, {"authorization", "x-csrf"}, {"x-total", "etag"}, false, 10min};
  }

  static FieldList preflight(const std::string& origin, const std::string& method = "PUT",
                             const std::string& headers = {}) {
    FieldList fields{{"Origin", origin}, {"Access-Control-Request-Method", method}};
    if (!headers.empty()) fields.emplace_back("Access-Control-Request-Headers", headers);
    return fields;
  }
  bool accepts(const std::string& origin) {
    Request request(worker_, route_, "GET", "/", {{"Origin", origin}});
    request.run();
    return request.field("Access-Control-Allow-Origin").has_value();
  }
};

TEST_F(CorsStepTest, AnswersAPreflightItself) {
  use(shop());
  Request request(worker_, route_, "OPTIONS", "/orders", preflight(kOrigin, "PUT", "authorization"));
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 204);
  EXPECT_EQ(request.exchange.sent_body, "");
  EXPECT_EQ(request.exchange.sent_fields, (FieldList{{"Vary", "Origin"},
                                                     {"Access-Control-Allow-Origin", kOrigin},
                                                     {"Access-Control-Allow-Methods", "GET, PUT"},
                                                     {"Access-Control-Allow-Headers", "authorization, x-csrf"},
                                                     {"Access-Control-Max-Age", "600"}}));
  EXPECT_EQ(request.context.reason, "cors_preflight");
}

TEST_F(CorsStepTest, Refuses403WithoutCorsFieldsWhenAPreflightComesFromAnUnknownOrigin) {
  use(shop());
  Request request(worker_, route_, "OPTIONS", "/orders", preflight("https://evil.example"));
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 403);
  EXPECT_EQ(request.context.reason, "cors_origin_refused");
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), std::nullopt);
  EXPECT_EQ(request.field("Access-Control-Allow-Methods"), std::nullopt);
  EXPECT_EQ(request.field("Vary"), "Origin");
}

TEST_F(CorsStepTest, TellsTheBrowserWhatIsAllowedWhenAPreflightAsksForAnotherMethod) {
  use(shop());
  Request request(worker_, route_, "OPTIONS", "/orders", preflight(kOrigin, "DELETE"));
  request.run();
  EXPECT_EQ(request.exchange.status, 204);
  EXPECT_EQ(request.field("Access-Control-Allow-Methods"), "GET, PUT");
}

TEST_F(CorsStepTest, LeavesOptionsThatAreNoPreflightToTheRoute) {
  use(shop());
  Request without_method(worker_, route_, "OPTIONS", "/orders", {{"Origin", kOrigin}});
  EXPECT_TRUE(without_method.run());
  Request without_origin(worker_, route_, "OPTIONS", "/orders", {{"Access-Control-Request-Method", "PUT"}});
  EXPECT_TRUE(without_origin.run());
  Request other_method(worker_, route_, "GET", "/orders", preflight(kOrigin));
  EXPECT_TRUE(other_method.run());
}

TEST_F(CorsStepTest, AddsFieldsToAnswersForAKnownOrigin) {
  use(shop());
  Request request(worker_, route_, "GET", "/orders", {{"Origin", kOrigin}});
  EXPECT_TRUE(request.run({}));
  EXPECT_EQ(request.exchange.sent_fields, (FieldList{{"Vary", "Origin"},
                                                     {"Access-Control-Allow-Origin", kOrigin},
                                                     {"Access-Control-Expose-Headers", "x-total, etag"}}));
}

TEST_F(CorsStepTest, AddsFieldsToErrorsOfStepsBehindIt) {
  use(shop());
  route_.steps.push_back(make_limits(10));
  Request request(worker_, route_, "PUT", "/orders", {{"Origin", kOrigin}});
  request.exchange.head().content_length = 11;
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 413);
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), kOrigin);
}

TEST_F(CorsStepTest, LetsARequestFromAnUnknownOriginPassWithoutFields) {
  use(shop());
  Request request(worker_, route_, "GET", "/orders", {{"Origin", "https://evil.example"}});
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.exchange.status, 200);
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), std::nullopt);
  EXPECT_EQ(request.field("Access-Control-Expose-Headers"), std::nullopt);
}

TEST_F(CorsStepTest, TellsCachesThatTheAnswerDependsOnTheOriginEvenWithoutOne) {
  use(shop());
  Request request(worker_, route_, "GET", "/orders");
  request.run({{"Vary", "Accept-Encoding"}});
  EXPECT_EQ(request.exchange.sent_fields, (FieldList{{"Vary", "Accept-Encoding"}, {"Vary", "Origin"}}));
}

TEST_F(CorsStepTest, ReplacesWhatTheBackendSaysAboutCors) {
  use(shop());
  Request request(worker_, route_, "GET", "/orders", {{"Origin", kOrigin}});
  request.run({{"access-control-allow-origin", "*"},
               {"Access-Control-Allow-Credentials", "true"},
               {"ACCESS-CONTROL-EXPOSE-HEADERS", "x-secret"},
               {"Access-Controlled", "kept"}});
  EXPECT_EQ(count_fields(request.exchange.sent_fields, "Access-Control-Allow-Origin"), 1u);
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), kOrigin);
  EXPECT_EQ(request.field("Access-Control-Allow-Credentials"), std::nullopt);
  EXPECT_EQ(request.field("Access-Control-Expose-Headers"), "x-total, etag");
  EXPECT_EQ(request.field("Access-Controlled"), "kept");
}

TEST_F(CorsStepTest, RemovesWhatTheBackendSaysAboutCorsForAnUnknownOrigin) {
  use(shop());
  Request request(worker_, route_, "GET", "/orders", {{"Origin", "https://evil.example"}});
  request.run({{"Access-Control-Allow-Origin", "https://evil.example"}});
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), std::nullopt);
}

TEST_F(CorsStepTest, ReplacesWhatAStepBehindItSaysAboutCors) {
  use(shop());
  const auto value = pipeline::ValueTemplate::parse("*", {});
  route_.steps.push_back(make_transform({{},
                                         {{FieldChange::Kind::kAppend, "access-control-allow-origin", *value},
                                          {FieldChange::Kind::kAppend, "x-other", *value},
                                          {FieldChange::Kind::kAppend, "access-control-max-age", *value}}}));
  Request request(worker_, route_, "GET", "/orders", {{"Origin", kOrigin}});
  request.run({});
  EXPECT_EQ(count_fields(request.exchange.sent_fields, "Access-Control-Allow-Origin"), 1u);
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), kOrigin);
  EXPECT_EQ(request.field("Access-Control-Max-Age"), std::nullopt);
  EXPECT_EQ(request.field("x-other"), "*");
}

TEST_F(CorsStepTest, SaysStarToEveryoneSoThatCachesNeedNotTellOriginsApart) {
  use({{"*"}, {"*"}, {"*"}, {}, false, {}});
  Request with_origin(worker_, route_, "GET", "/", {{"Origin", kOrigin}});
  with_origin.run({});
  EXPECT_EQ(with_origin.exchange.sent_fields, (FieldList{{"Access-Control-Allow-Origin", "*"}}));
  Request without(worker_, route_, "GET", "/");
  without.run({});
  EXPECT_EQ(without.exchange.sent_fields, (FieldList{{"Access-Control-Allow-Origin", "*"}}));
}

TEST_F(CorsStepTest, AnswersAStarOfMethodsAndHeadersWithWhatWasAskedFor) {
  use({{"*"}, {"*"}, {"*"}, {}, false, {}});
  Request request(worker_, route_, "OPTIONS", "/", preflight(kOrigin, "PURGE", "authorization, x-a"));
  request.run();
  EXPECT_EQ(request.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(request.field("Access-Control-Allow-Methods"), "PURGE");
  EXPECT_EQ(request.field("Access-Control-Allow-Headers"), "authorization, x-a");
}

TEST_F(CorsStepTest, NamesTheOriginWhenCredentialsAreAllowed) {
  use({{"*"}, {"GET"}, {}, {}, true, {}});
  Request request(worker_, route_, "GET", "/", {{"Origin", "https://any.example"}});
  request.run({});
  EXPECT_EQ(request.exchange.sent_fields, (FieldList{{"Vary", "Origin"},
                                                     {"Access-Control-Allow-Origin", "https://any.example"},
                                                     {"Access-Control-Allow-Credentials", "true"}}));
}

TEST_F(CorsStepTest, KeepsCredentialsFromTheNullOriginUnlessItIsNamed) {
  use({{"*"}, {"GET"}, {}, {}, true, {}});
  EXPECT_FALSE(accepts("null"));
  use({{"*"}, {"GET"}, {}, {}, false, {}});
  EXPECT_TRUE(accepts("null"));
  use({{"null"}, {"GET"}, {}, {}, true, {}});
  EXPECT_TRUE(accepts("null"));
}

TEST_F(CorsStepTest, MatchesHostsBelowAWildcardAndNothingThatOnlyLooksLikeThem) {
  use({{"https://*.example.com"}, {"GET"}, {}, {}, false, {}});
  EXPECT_TRUE(accepts("https://a.example.com"));
  EXPECT_TRUE(accepts("https://a.b.example.com"));
  EXPECT_FALSE(accepts("https://example.com"));
  EXPECT_FALSE(accepts("https://.example.com"));
  EXPECT_FALSE(accepts("https://evilexample.com"));
  EXPECT_FALSE(accepts("http://a.example.com"));
  EXPECT_FALSE(accepts("https://evil.com/a.example.com"));
  EXPECT_FALSE(accepts("https://evil.com#.example.com"));
  EXPECT_FALSE(accepts("https://a.example.com:8443"));
  EXPECT_FALSE(accepts("https://a.example.com.evil.com"));
}

TEST_F(CorsStepTest, MatchesASchemeOrAPortByWildcard) {
  use({{"https://*", "http://localhost:*"}, {"GET"}, {}, {}, false, {}});
  EXPECT_TRUE(accepts("https://any.example:8443"));
  EXPECT_TRUE(accepts("http://localhost:5173"));
  EXPECT_FALSE(accepts("http://localhost"));
  EXPECT_FALSE(accepts("http://any.example"));
  EXPECT_FALSE(accepts("null"));
}

TEST_F(CorsStepTest, ComparesConfiguredOriginsInLowerCase) {
  use({{"https://Shop.Example.COM"}, {"GET"}, {}, {}, false, {}});
  EXPECT_TRUE(accepts("https://shop.example.com"));
}

TEST_F(CorsStepTest, OpensAPrivateNetworkOnlyWhereItIsSaidAndToOriginsThatAreNamed) {
  const auto answer = [this](const std::string& configured, bool said, const std::string& network = "Private") {
    use({{configured}, {"GET"}, {}, {}, false, {}, said});
    FieldList fields = preflight(kOrigin, "GET");
    fields.emplace_back("Access-Control-Request-" + network + "-Network", "true");
    Request request(worker_, route_, "OPTIONS", "/", fields);
    request.run();
    const bool other = request.field(network == "Private" ? "Access-Control-Allow-Local-Network" : "Access-Control-Allow-Private-Network").has_value();
    EXPECT_FALSE(other);
    return request.field("Access-Control-Allow-" + network + "-Network");
  };
  EXPECT_EQ(answer(kOrigin, true), "true");
  EXPECT_EQ(answer(kOrigin, true, "Local"), "true");
  EXPECT_EQ(answer(kOrigin, false), std::nullopt);
  EXPECT_EQ(answer("https://*.example.com", true), "true");
  EXPECT_EQ(answer("https://*", true), std::nullopt);
  EXPECT_EQ(answer("*", true), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::middleware
