#include "gatehouse/observe/spans.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gatehouse::observe {
namespace {

using nlohmann::json;

Span span(const std::string& id) {
  Span made;
  made.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  made.span_id = id;
  made.name = "GET /v1/orders/{id}";
  made.start = 1'700'000'000'000'000'001;
  made.end = 1'700'000'000'000'500'001;
  return made;
}

TEST(SpanQueueTest, GivesOldestFirstABatchAtATime) {
  Registry registry(1);
  SpanQueue queue(registry);
  for (std::size_t i = 0; i < SpanQueue::kBatch + 1; ++i) queue.push(0, span(std::to_string(i)));
  const auto first = queue.take();
  EXPECT_EQ(first.size(), SpanQueue::kBatch);
  EXPECT_EQ(first.front().span_id, "0");
  EXPECT_EQ(queue.take().size(), 1u);
  EXPECT_TRUE(queue.take().empty());
}

TEST(SpanQueueTest, AFullQueueLosesSpansAndCountsThem) {
  Registry registry(1);
  SpanQueue queue(registry);
  for (std::size_t i = 0; i < SpanQueue::kLimit + 7; ++i) queue.push(0, span("s"));
  EXPECT_EQ(queue.size(), SpanQueue::kLimit);
  EXPECT_EQ(count_dropped_spans(registry, "queue_full").sum(), 7u);
}

TEST(SpanQueueTest, WakesTheExporterOnceForABatch) {
  Registry registry(1);
  SpanQueue queue(registry);
  int woken = 0;
  queue.on_batch([&woken] { ++woken; });
  for (std::size_t i = 0; i < SpanQueue::kBatch + 100; ++i) queue.push(0, span("s"));
  EXPECT_EQ(woken, 1);
}

TEST(OtlpJsonTest, HasTheShapeOfTheProtocol) {
  Span one = span("00f067aa0ba902b7");
  one.parent_id = "53995c3f42cd8ad8";
  one.remote_parent = true;
  one.state = "rojo=1";
  one.failed = true;
  one.attributes = {{"http.response.status_code", std::int64_t{503}}, {"url.path", std::string("/a\"b")}};
  const json read = json::parse(otlp_json({one}, "edge", "1.2.3"));
  const json& resource = read["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0], json::parse(R"({"key":"service.name","value":{"stringValue":"edge"}})"));
  EXPECT_EQ(resource["scopeSpans"][0]["scope"], json::parse(R"({"name":"gatehouse","version":"1.2.3"})"));
  EXPECT_EQ(resource["scopeSpans"][0]["spans"][0], json::parse(R"({
    "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7", "parentSpanId": "53995c3f42cd8ad8",
    "traceState": "rojo=1", "flags": 769, "name": "GET /v1/orders/{id}", "kind": 2,
    "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": "1700000000000500001",
    "attributes": [{"key": "http.response.status_code", "value": {"intValue": "503"}},
                   {"key": "url.path", "value": {"stringValue": "/a\"b"}}],
    "status": {"code": 2}})"));
}

TEST(OtlpJsonTest, ARootHasNoParent) {
  const json read = json::parse(otlp_json({span("00f067aa0ba902b7")}, "edge", "1"));
  const json& encoded = read["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  EXPECT_FALSE(encoded.contains("parentSpanId"));
  EXPECT_FALSE(encoded.contains("traceState"));
  EXPECT_EQ(encoded["flags"], 257);
  EXPECT_EQ(encoded["status"], json::object());
}

TEST(OtlpJsonTest, BytesThatAreNoUtf8StayText) {
  Span one = span("00f067aa0ba902b7");
  one.attributes = {{"user_agent.original", std::string("a\xff")}};
  EXPECT_NE(otlp_json({one}, "edge", "1").find("a\xef\xbf\xbd"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::observe
