#include "gatehouse/middleware/log_format.hpp"
#include "gatehouse/observe/access_log.hpp"
#include "gatehouse/pipeline/trace.hpp"
#include "step_fixture.hpp"

#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;

class LogFormatTest : public StepTest {
 protected:
  std::string write(const std::string& format, const LogFacts& facts) {
    const auto parsed = LogFormat::parse(format);
    EXPECT_TRUE(parsed) << format;
    std::vector<char> room(parsed->longest());
    char* const end = parsed->write(room.data(), facts);
    EXPECT_LE(static_cast<std::size_t>(end - room.data()), parsed->longest());
    return {room.data(), end};
  }
  static LogFacts facts_of(const Request& request) {
    LogFacts facts;
    facts.context = &request.context;
    facts.client = &request.context.client;
    facts.status = 404;
    facts.reason = request.context.reason;
    facts.bytes_in = 120;
    facts.bytes_out = 2326;
    facts.took = 12'345us;
    facts.arrival = std::chrono::sys_days(std::chrono::year(2000) / 10 / 10) + 13h + 55min + 36s;
    return facts;
  }
  static std::string problem(const std::string& format) {
    const auto parsed = LogFormat::parse(format);
    EXPECT_FALSE(parsed) << format;
    return parsed ? "" : parsed.error().message();
  }
};

TEST_F(LogFormatTest, CommonIsWhatWebServersWrite) {
  Request request(worker_, route_, "GET", "/apache_pb.gif?key=secret");
  request.context.identity.subject = "frank";
  EXPECT_EQ(write("common", facts_of(request)), "192.0.2.7 - frank [10/Oct/2000:13:55:36 +0000] \"GET /apache_pb.gif HTTP/1.1\" 404 2326\n");
}

TEST_F(LogFormatTest, CombinedAddsRefererAndUserAgentWithoutTheRefererQuery) {
  Request request(worker_, route_, "GET", "/x", {{"Referer", "http://www.example.com/start.html?token=secret"}, {"User-Agent", "Mozilla/4.08 [en]"}});
  EXPECT_EQ(write("combined", facts_of(request)),
            "192.0.2.7 - - [10/Oct/2000:13:55:36 +0000] \"GET /x HTTP/1.1\" 404 2326 \"http://www.example.com/start.html\" \"Mozilla/4.08 [en]\"\n");
}

TEST_F(LogFormatTest, AmazonsNamesHaveAmazonsMeaning) {
  Request request(worker_, route_, "GET", "/v1/orders/7", {{"Host", "api.example.com:8443"}});
  request.context.host = "api.example.com:8443";
  request.context.request_id = "id-1";
  request.context.reason = "jwt_expired";
  request.context.detail = "the token expired at noon";
  request.context.identity.method = "jwt";
  request.context.identity.api_key = "key-1";
  request.context.decided_by = "authenticate";
  request.context.upstream.backend = "orders";
  request.context.upstream.status = 200;
  request.context.upstream.total = 7ms;
  pipeline::Trace trace;
  trace.trace_id = "5759e988bd862e3fe1be46a994272793";
  request.context.trace = &trace;
  const std::pair<const char*, const char*> cases[] = {
      {"$context.requestId", "id-1"},
      {"$context.extendedRequestId", "id-1"},
      {"$context.domainName", "api.example.com"},
      {"$context.domainPrefix", "api"},
      {"$context.apiId", "shop"},
      {"$context.routeKey", "GET /v1/orders/{id}"},
      {"$context.httpMethod", "GET"},
      {"$context.status", "404"},
      {"$context.requestTimeEpoch", "971186136000"},
      {"$context.responseLatency", "12"},
      {"$context.responseLength", "2326"},
      {"$context.dataProcessed", "2446"},
      {"$context.integrationStatus", "200"},
      {"$context.integration.latency", "7"},
      {"$context.error.message", "the token expired at noon"},
      {"$context.error.responseType", "jwt_expired"},
      {"$context.authorizer.error", "jwt_expired"},
      {"$context.authorizer.principalId", "-"},
      {"$context.identity.method", "jwt"},
      {"$context.identity.apiKeyId", "key-1"},
      {"$context.identity.plan", "-"},
      {"$context.xrayTraceId", "1-5759e988-bd862e3fe1be46a994272793"},
      {"$context.traceId", "5759e988bd862e3fe1be46a994272793"},
  };
  for (const auto& [format, expected] : cases) EXPECT_EQ(write(format, facts_of(request)), std::string(expected) + "\n") << format;
}

TEST_F(LogFormatTest, WhatClientsChooseCannotEndTheLineOrTheField) {
  Request request(worker_, route_, "GET", "/", {{"User-Agent", "a\"b\\c\x1b[31m\tx\xff"}});
  EXPECT_EQ(write(R"("$context.identity.userAgent")", facts_of(request)), "\"a\\\"b\\\\c\\u001b[31m\\tx\\ufffd\"\n");
}

TEST_F(LogFormatTest, LongValuesAreCut) {
  Request request(worker_, route_, "GET", "/" + std::string(9000, '"'), {{"User-Agent", std::string(9000, 'u')}});
  EXPECT_LE(write("$context.path$context.identity.userAgent", facts_of(request)).size(), 1024u + 256u + 1u);
}

TEST_F(LogFormatTest, ARefusedHeadHasWhatIsKnownOfIt) {
  const IpAddress client = *IpAddress::parse("192.0.2.9");
  LogFacts facts;
  facts.client = &client;
  facts.status = 400;
  facts.reason = "bare_lf";
  EXPECT_EQ(write("$context.identity.sourceIp $context.status $context.error.responseType $context.error.message $context.path $context.requestId", facts),
            "192.0.2.9 400 bare_lf bare_lf - -\n");
}

TEST_F(LogFormatTest, TextAroundVariablesStays) {
  Request request(worker_, route_, "PUT", "/");
  EXPECT_EQ(write("m=$context.httpMethod.", facts_of(request)), "m=PUT.\n");
}

TEST_F(LogFormatTest, NamesWhatIsUnknownAndTheNearest) {
  EXPECT_EQ(problem("$context.identity.sourceIP"), "there is no variable $context.identity.sourceIP: did you mean $context.identity.sourceIp?");
  EXPECT_EQ(problem("$context."), "there is no variable $context.");
  EXPECT_EQ(problem("$request.path"), "only $context.… variables can stand in a log line");
  EXPECT_EQ(problem("jsn"), "a format names at least one variable, such as $context.requestId");
  EXPECT_EQ(problem(""), "a format names at least one variable, such as $context.requestId");
  EXPECT_EQ(problem("$context.status" + std::string(4000, 'x')), "a format has at most 3 KB");
}

TEST_F(LogFormatTest, LinesThatMayBeTooLongAreRefusedAtOnce) {
  std::string format;
  for (int i = 0; i < 8; ++i) format += "$context.path";
  EXPECT_EQ(problem(format), "lines of this format may be longer than 8 KB");
}

}  // namespace
}  // namespace gatehouse::middleware
