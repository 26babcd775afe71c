// Reading where a request belongs in a trace: W3C Trace Context level 1 (https://www.w3.org/TR/trace-context-1/) and
// Amazon's X-Amzn-Trace-Id (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
// Pure functions.
#pragma once

#include "gatehouse/base/arena.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::middleware {

struct TraceParent {
  std::string_view trace_id;   // 32 hexadecimal digits
  std::string_view parent_id;  // 16; empty: Amazon's header names none
  bool sampled = false;
  bool undecided = false;      // whoever comes next decides whether it is sampled
  bool current = true;  // of the version that this gateway writes: it may be passed on as it is
};

inline constexpr std::size_t kTraceparentSize = 55;

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"; none: it is invalid, and the trace begins anew.
std::optional<TraceParent> parse_traceparent(std::string_view text);
// Whether this is a list that level 1 allows: at most 32 members, keys and values of the right bytes, no more than 512.
bool is_tracestate(std::string_view text);
// "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1". Load balancers send a Root alone.
std::optional<TraceParent> parse_amazon_trace(std::string_view text, Arena& arena);
// The same header with another parent.
std::string_view write_amazon_trace(std::string_view trace_id, std::string_view parent_id, bool sampled, Arena& arena);
std::string_view write_traceparent(std::string_view trace_id, std::string_view parent_id, bool sampled, Arena& arena);

}  // namespace gatehouse::middleware
