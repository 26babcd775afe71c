#include "gatehouse/pipeline/trace.hpp"
#include "step_fixture.hpp"

#include <algorithm>
#include <variant>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using observe::Span;

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* kUnsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

class TracingTest : public StepTest {
 protected:
  Step tracing(double sample) {
    TracingSettings settings;
    settings.sample = sample;
    return make_tracing(settings, spans_, clock_);
  }
  // What the backend sees of `name`.
  static std::string seen(Request& request, std::string_view name) {
    std::string found;
    for (const auto& [field, value] : request.forwarded())
      if (field == name) found += (found.empty() ? "" : "|") + value;
    return found;
  }
  static std::string text(const Span& span, std::string_view name) {
    for (const auto& [key, value] : span.attributes)
      if (key == name) return std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : std::to_string(std::get<std::int64_t>(value));
    return {};
  }

  observe::Registry registry_{1};
  std::shared_ptr<observe::SpanQueue> spans_ = std::make_shared<observe::SpanQueue>(registry_);
  ManualClock clock_;
};

TEST_F(TracingTest, BeginsATraceWhereThereIsNone) {
  Request request(worker_, route_, "GET", "/");
  const Step step = tracing(0);
  step->on_request(request.context);
  ASSERT_NE(request.context.trace, nullptr);
  const pipeline::Trace& trace = *request.context.trace;
  EXPECT_EQ(trace.trace_id.size(), 32u);
  EXPECT_FALSE(trace.sampled);
  EXPECT_EQ(seen(request, "traceparent"), "00-" + std::string(trace.trace_id) + "-" + std::string(trace.upstream_id) + "-00");
  step->on_end(request.context);
  EXPECT_EQ(spans_->size(), 0u);
}

TEST_F(TracingTest, WhatIsNotSampledPassesAsItCame) {
  Request request(worker_, route_, "GET", "/", {{"traceparent", kUnsampled}, {"tracestate", "rojo=1"}});
  const Step step = tracing(1);
  step->on_request(request.context);
  EXPECT_EQ(request.context.trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(seen(request, "traceparent"), kUnsampled);
  EXPECT_EQ(seen(request, "tracestate"), "rojo=1");
  step->on_end(request.context);
  EXPECT_EQ(spans_->size(), 0u);
}

TEST_F(TracingTest, TheCallersDecisionCounts) {
  Request request(worker_, route_, "GET", "/v1/orders/7?key=secret", {{"traceparent", kParent}, {"tracestate", "rojo=1"}, {"User-Agent", "curl"}});
  request.context.request_id = "id-1";
  route_.integration = nullptr;
  const Step step = tracing(0);
  step->on_request(request.context);
  request.context.upstream = {"orders", "http://orders-1:8000", 2, false, 200, {}, {}, 30ms, clock_.now() - 40ms};
  request.context.status = 200;
  request.exchange.arrived = clock_.now() - 50ms;
  step->on_end(request.context);
  const auto spans = spans_->take();
  ASSERT_EQ(spans.size(), 2u);
  const Span& client = spans[0];
  const Span& server = spans[1];
  EXPECT_EQ(server.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(server.parent_id, "00f067aa0ba902b7");
  EXPECT_TRUE(server.remote_parent);
  EXPECT_EQ(server.state, "rojo=1");
  EXPECT_EQ(server.kind, Span::Kind::kServer);
  EXPECT_EQ(server.end - server.start, std::chrono::nanoseconds(50ms).count());
  EXPECT_EQ(text(server, "url.path"), "/v1/orders/7");
  EXPECT_EQ(text(server, "http.response.status_code"), "200");
  EXPECT_EQ(text(server, "gatehouse.request_id"), "id-1");
  EXPECT_EQ(client.parent_id, server.span_id);
  EXPECT_FALSE(client.remote_parent);
  EXPECT_EQ(client.kind, Span::Kind::kClient);
  EXPECT_EQ(client.end - client.start, std::chrono::nanoseconds(30ms).count());
  EXPECT_EQ(text(client, "server.address"), "orders-1");
  EXPECT_EQ(text(client, "server.port"), "8000");
  EXPECT_EQ(text(client, "http.request.resend_count"), "1");
  EXPECT_FALSE(client.failed || server.failed);
  EXPECT_EQ(seen(request, "traceparent"), "00-4bf92f3577b34da6a3ce929d0e0e4736-" + client.span_id + "-01");
  EXPECT_EQ(seen(request, "tracestate"), "rojo=1");
  for (const Span& span : spans)
    for (const auto& [name, value] : span.attributes) EXPECT_EQ(text(span, name).find("secret"), std::string::npos) << name;
}

TEST_F(TracingTest, AnInvalidParentBeginsAnew) {
  for (const FieldList& fields : {FieldList{{"traceparent", "00-nonsense"}, {"tracestate", "rojo=1"}}, FieldList{{"traceparent", kParent}, {"traceparent", kParent}},
                                  FieldList{{"tracestate", "rojo=1"}}}) {
    Request request(worker_, route_, "GET", "/", fields);
    tracing(0)->on_request(request.context);
    EXPECT_NE(request.context.trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(seen(request, "traceparent").size(), 55u);
    EXPECT_EQ(seen(request, "tracestate"), "");
  }
}

TEST_F(TracingTest, AnInvalidStateIsLeftOutAndTheParentKept) {
  Request request(worker_, route_, "GET", "/", {{"traceparent", kUnsampled}, {"tracestate", "rojo=1"}, {"tracestate", "NO"}});
  tracing(0)->on_request(request.context);
  EXPECT_EQ(seen(request, "traceparent"), kUnsampled);
  EXPECT_EQ(seen(request, "tracestate"), "");
}

TEST_F(TracingTest, AmazonsHeaderIsContinuedAndPassedOn) {
  Request request(worker_, route_, "GET", "/", {{"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}});
  tracing(0)->on_request(request.context);
  const pipeline::Trace& trace = *request.context.trace;
  EXPECT_EQ(trace.trace_id, "5759e988bd862e3fe1be46a994272793");
  EXPECT_EQ(trace.parent_id, "53995c3f42cd8ad8");
  const std::string id(trace.upstream_id);
  EXPECT_EQ(seen(request, "traceparent"), "00-5759e988bd862e3fe1be46a994272793-" + id + "-01");
  EXPECT_EQ(seen(request, "X-Amzn-Trace-Id"), "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=" + id + ";Sampled=1");
}

TEST_F(TracingTest, ARootOfALoadBalancerIsSampledByChance) {
  for (const double share : {0.0, 1.0}) {
    Request request(worker_, route_, "GET", "/", {{"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"}});
    tracing(share)->on_request(request.context);
    EXPECT_EQ(request.context.trace->sampled, share == 1.0);
  }
}

TEST_F(TracingTest, TheShareIsKept) {
  const Step step = tracing(0.25);
  int sampled = 0;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    Request request(worker_, route_, "GET", "/");
    step->on_request(request.context);
    sampled += request.context.trace->sampled ? 1 : 0;
  }
  EXPECT_NEAR(sampled, kRequests / 4, kRequests / 50);
}

TEST_F(TracingTest, WithoutACollectorNothingIsSampledAndParentsStay) {
  TracingSettings settings;
  settings.sample = 1;
  const Step step = make_tracing(settings, nullptr, clock_);
  Request root(worker_, route_, "GET", "/");
  step->on_request(root.context);
  EXPECT_FALSE(root.context.trace->sampled);
  Request child(worker_, route_, "GET", "/", {{"traceparent", kParent}});
  step->on_request(child.context);
  EXPECT_EQ(seen(child, "traceparent"), kParent);
  step->on_end(child.context);
}

TEST_F(TracingTest, FailuresAreMarked) {
  Request request(worker_, route_, "GET", "/", {{"traceparent", kParent}});
  const Step step = tracing(0);
  step->on_request(request.context);
  request.context.status = 502;
  request.context.reason = "upstream_connect_refused";
  request.context.upstream.backend = "orders";
  request.context.upstream.tries = 1;
  request.context.upstream.began = clock_.now();
  step->on_end(request.context);
  const auto spans = spans_->take();
  ASSERT_EQ(spans.size(), 2u);
  for (const Span& span : spans) {
    EXPECT_TRUE(span.failed);
    EXPECT_EQ(text(span, "error.type"), "upstream_connect_refused");
  }
}

}  // namespace
}  // namespace gatehouse::middleware
