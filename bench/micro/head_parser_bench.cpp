// What one head costs: read, and written anew. Instructions per head: callgrind over two --benchmark_min_time runs, or
// `valgrind --tool=callgrind --toggle-collect='*parse_request*'`.
#include "http/head_parser.hpp"
#include "http/serializer.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace gatehouse::http {
namespace {

constexpr HeadLimits kLimits{.head = 64 * 1024, .uri = 8 * 1024, .headers = 100};

// What a load generator sends.
constexpr std::string_view kSmallRequest = "GET /small HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

// What an API client sends: 10 fields, 397 bytes.
constexpr std::string_view kTypicalRequest =
    "GET /api/v1/orders/12345?limit=20&after=abc HTTP/1.1\r\nHost: api.example.com:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
    "Referer: https://app.example.com/\r\nX-Request-Id: 4f9f2c60a7\r\nCookie: sid=0123456789abcdef\r\nIf-None-Match: "
    "\"abc\"\r\n\r\n";

// What a browser sends after a few years of cookies.
std::string long_request() {
  std::string bytes(kTypicalRequest.substr(0, kTypicalRequest.size() - 2));
  for (const std::string_view name :
       {"sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
        "Upgrade-Insecure-Requests", "DNT", "Priority"}) {
    bytes += std::string(name) + ": some value of twenty\r\n";
  }
  return bytes + "Authorization: Bearer " + std::string(900, 'x') + "\r\nX-Trace: " + std::string(2000, 'y') +
         "\r\n\r\n";
}

constexpr std::string_view kTypicalResponse =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: "
    "application/json\r\nContent-Length: 1234\r\n"
    "Connection: keep-alive\r\nETag: \"5f2b-4d2\"\r\nCache-Control: max-age=60\r\nVary: Accept-Encoding\r\n\r\n";

void read_request(benchmark::State& state, std::string_view bytes) {
  HeadParser parser(kLimits);
  FieldRefs refs;
  refs.reserve(kLimits.headers);
  for (auto _ : state) {
    parser.restart();
    if (parser.parse_request(bytes, refs) != ParseStatus::kComplete) state.SkipWithError("not a head");
    benchmark::DoNotOptimize(parser.request(bytes.data(), refs));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}

void read_response(benchmark::State& state) {
  HeadParser parser(kLimits);
  FieldRefs refs;
  refs.reserve(kLimits.headers);
  for (auto _ : state) {
    parser.restart();
    if (parser.parse_response(kTypicalResponse, refs) != ParseStatus::kComplete) state.SkipWithError("not a head");
    benchmark::DoNotOptimize(parser.response(kTypicalResponse.data(), refs, Method::kGet));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kTypicalResponse.size()));
}

// As a proxy does: every field of the client's but the hop-by-hop ones, and four edits.
void write_request(benchmark::State& state) {
  HeadParser parser(kLimits);
  FieldRefs refs;
  if (parser.parse_request(kTypicalRequest, refs) != ParseStatus::kComplete) state.SkipWithError("not a head");
  const RequestHead head = parser.request(kTypicalRequest.data(), refs);
  Bytes bytes;
  for (auto _ : state) {
    Arena arena;
    FieldEdits edits(arena);
    edits.append(FieldId::kVia, "1.1 gatehouse");
    edits.set(FieldId::kXForwardedFor, "192.0.2.7");
    edits.set(FieldId::kXForwardedProto, "https");
    edits.set(FieldId::kXRequestId, "0123456789abcdef0123456789abcdef");
    OutgoingRequest out;
    out.method = head.method_text;
    out.target = head.path;
    out.authority = "orders-1:8000";
    out.base = &head.fields;
    out.edits = &edits;
    write_request_head(bytes, out, Framing::kNone, ConnectionOption::kNone);
    benchmark::DoNotOptimize(bytes.view().data());
    bytes.consume(bytes.size());
  }
}

void write_response(benchmark::State& state) {
  HeadParser parser(kLimits);
  FieldRefs refs;
  if (parser.parse_response(kTypicalResponse, refs) != ParseStatus::kComplete) state.SkipWithError("not a head");
  const IncomingResponse head = parser.response(kTypicalResponse.data(), refs, Method::kGet);
  Bytes bytes;
  for (auto _ : state) {
    Arena arena;
    ResponseHead out(arena);
    out.edits.append(FieldId::kVia, "1.1 gatehouse");
    out.base = &head.fields;
    out.content_length = head.content_length;
    write_response_head(bytes, out, Framing::kLength, ConnectionOption::kNone, false, "Sun, 06 Nov 1994 08:49:37 GMT");
    benchmark::DoNotOptimize(bytes.view().data());
    bytes.consume(bytes.size());
  }
}

BENCHMARK_CAPTURE(read_request, small, kSmallRequest);
BENCHMARK_CAPTURE(read_request, typical, kTypicalRequest);
BENCHMARK_CAPTURE(read_request, long, long_request());
BENCHMARK(read_response);
BENCHMARK(write_request);
BENCHMARK(write_response);

}  // namespace
}  // namespace gatehouse::http
