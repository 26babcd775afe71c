#include "gatehouse/pipeline/trace.hpp"
#include "step_fixture.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class AccessLogStepTest : public StepTest {
 protected:
  AccessLogStepTest() {
    const auto* const info = ::testing::UnitTest::GetInstance()->current_test_info();
    file_ = ::testing::TempDir() + "step_log_" + std::to_string(::getpid()) + "_" + info->name();
    log_ = *observe::AccessLog::open({true, file_}, 1, registry_, 1 << 16);
    step_ = make_access_log(log_, clock_, route_.api, route_.label);
    clock_.advance(std::chrono::sys_days(std::chrono::year(2025) / 1 / 31) - clock_.wall());
  }
  ~AccessLogStepTest() override { std::filesystem::remove(file_); }

  std::string written() {
    log_->flush();
    std::stringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }
  json line(const Request& request) {
    step_->on_end(request.context);
    const std::string text = written();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    return json::parse(text);
  }

  std::string file_;
  observe::Registry registry_{1};
  std::shared_ptr<observe::AccessLog> log_;
  ManualClock clock_;
  Step step_;
};

TEST_F(AccessLogStepTest, WritesOneLineWithWhatHappened) {
  Request request(worker_, route_, "GET", "/v1/orders/7?api_key=secret",
                  {{"Host", "api.example.com"}, {"User-Agent", "curl/7.88.1"}});
  request.context.request_id = "0123456789abcdef0123456789abcdef";
  request.exchange.arrived = clock_.now() - 12'345us;
  request.exchange.head_received = 120;
  request.exchange.head_sent = 95;
  ASSERT_TRUE(request.run());
  request.context.upstream = {"orders", "http://orders-1:8000", 2, true, 200, 1500us, 3ms, 11ms};
  request.context.identity = {"api_key", "partner-1"};
  step_->on_end(request.context);
  EXPECT_EQ(
      written(),
      R"({"time":"2025-01-31T00:00:00.000Z","request_id":"0123456789abcdef0123456789abcdef","client":"192.0.2.7",)"
      R"("method":"GET","host":"api.example.com","path":"/v1/orders/7","protocol":"HTTP/1.1","api":"shop",)"
      R"("route":"GET /v1/orders/{id}","status":200,"reason":"ok","bytes_in":120,"bytes_out":100,"duration_ms":12.345,)"
      R"("backend":"orders","target":"http://orders-1:8000","upstream_status":200,"upstream_ms":11.000,)"
      R"("connect_ms":1.500,"tries":2,"user_agent":"curl/7.88.1","auth":"api_key","key":"partner-1"})"
      "\n");
}

TEST_F(AccessLogStepTest, LeavesOutWhatThereWasNot) {
  Request request(worker_, route_, "GET", "/");
  request.run();
  const json read = line(request);
  for (const char* key :
       {"backend", "target", "upstream_status", "upstream_ms", "connect_ms", "tries", "user_agent", "auth", "key", "plan", "detail", "trace_id"}) {
    EXPECT_FALSE(read.contains(key)) << key;
  }
}

TEST_F(AccessLogStepTest, TellsWhyWhoAndWhichTrace) {
  Request request(worker_, route_, "GET", "/");
  pipeline::Trace trace;
  trace.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  request.context.trace = &trace;
  request.context.detail = "the token \"expired\"\nat noon";
  request.context.identity.method = "jwt";
  request.context.identity.plan = "gold";
  request.run();
  const json read = line(request);
  EXPECT_EQ(read["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(read["detail"], "the token \"expired\"\nat noon");
  EXPECT_EQ(read["auth"], "jwt");
  EXPECT_EQ(read["plan"], "gold");
}

TEST_F(AccessLogStepTest, ASampleHasAllErrorsAndAShareOfTheRest) {
  const Step step = make_access_log(log_, clock_, "shop", "GET /", {true, file_, "$context.status", 0.25});
  constexpr int kRequests = 2000;
  for (int i = 0; i < kRequests; ++i) {
    Request good(worker_, route_, "GET", "/");
    good.run();
    step->on_end(good.context);
    Request bad(worker_, route_, "GET", "/");
    bad.context.status = 503;
    bad.context.reason = "upstream_breaker_open";
    step->on_end(bad.context);
  }
  std::map<std::string, int> lines;
  std::istringstream text(written());
  for (std::string each; std::getline(text, each);) ++lines[each];
  EXPECT_EQ(lines["503"], kRequests);
  EXPECT_NEAR(lines["200"], kRequests / 4, kRequests / 10);
}

TEST_F(AccessLogStepTest, ErrorsMayBeSampledToo) {
  const Step step = make_access_log(log_, clock_, "shop", "GET /", {true, file_, "json", 0, false});
  Request bad(worker_, route_, "GET", "/");
  bad.context.status = 503;
  step->on_end(bad.context);
  EXPECT_EQ(written(), "");
}

TEST_F(AccessLogStepTest, NeverWritesTheQuery) {
  Request request(worker_, route_, "GET", "/orders?key=hunter2");
  request.run();
  step_->on_end(request.context);
  EXPECT_EQ(written().find("hunter2"), std::string::npos);
}

TEST_F(AccessLogStepTest, EscapesWhatAClientSends) {
  Request request(worker_, route_, "GET", "/", {{"User-Agent", "a\"b\\c\x1b[2J\xff"}});
  request.context.host = "evil\r\n\"host";
  request.context.path = "/a\x7f";
  request.run();
  const json read = line(request);
  EXPECT_EQ(read["user_agent"], "a\"b\\c\x1b[2J\ufffd");
  EXPECT_EQ(read["host"], "evil\r\n\"host");
  EXPECT_EQ(read["path"], "/a\x7f");
}

TEST_F(AccessLogStepTest, BoundsEveryFieldAlsoWhereEachByteIsEscaped) {
  const std::string hostile(5000, '\x01');
  route_.api = route_.label = hostile;
  Request request(worker_, route_, "X" + hostile, "/" + hostile, {{"Host", hostile}, {"User-Agent", hostile}});
  request.context.request_id = hostile;
  request.context.identity.subject = hostile;
  request.context.reason = hostile;
  request.context.upstream.backend = request.context.upstream.target = hostile;
  step_->on_end(request.context);
  const std::string text = written();
  ASSERT_FALSE(text.empty());
  EXPECT_LT(text.size(), observe::AccessLog::kMaxLine);
  const json read = json::parse(text);
  EXPECT_EQ(read["path"].get<std::string>().size(), 1 + 1023u / 6);
  EXPECT_EQ(read["user_agent"].get<std::string>().size(), 256u / 6);
}

TEST_F(AccessLogStepTest, WritesTheRawPathWhereItCouldNotBeNormalised) {
  Request request(worker_, route_, "GET", "/%zz");
  request.context.path = {};
  request.run();
  EXPECT_EQ(line(request)["path"], "/%zz");
}

TEST_F(AccessLogStepTest, WritesTheProtocolsByTheirNames) {
  Request request(worker_, route_, "GET", "/");
  request.exchange.head().version = http::Version::kHttp10;
  EXPECT_EQ(line(request)["protocol"], "HTTP/1.0");
}

TEST_F(AccessLogStepTest, Writes499WhenTheClientLeftBeforeItsAnswer) {
  Request request(worker_, route_, "GET", "/");
  request.exchange.fail(http::Failure::kClientGone);
  const json read = line(request);
  EXPECT_EQ(read["status"], 499);
  EXPECT_EQ(read["reason"], "client_gone");
}

TEST_F(AccessLogStepTest, KeepsTheStatusAndSaysWhyWhenAnAnswerWasCut) {
  Request request(worker_, route_, "GET", "/");
  request.run();
  request.exchange.fail(http::Failure::kSendTimeout);
  const json read = line(request);
  EXPECT_EQ(read["status"], 200);
  EXPECT_EQ(read["reason"], "send_timeout");
}

TEST_F(AccessLogStepTest, KeepsTheReasonOfWhoBrokeTheAnswer) {
  Request request(worker_, route_, "GET", "/");
  request.context.reason = "upstream_reset";
  request.exchange.abort();
  const json read = line(request);
  EXPECT_EQ(read["status"], 0);
  EXPECT_EQ(read["reason"], "upstream_reset");
}

TEST_F(AccessLogStepTest, LosesTheLineAndNothingElseWhenTheLogTakesNone) {
  const auto none = *observe::AccessLog::open({false, ""}, 1, registry_);
  Request request(worker_, route_, "GET", "/");
  request.run();
  make_access_log(none, clock_, route_.api, route_.label)->on_end(request.context);
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace gatehouse::middleware
