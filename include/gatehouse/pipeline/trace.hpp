// A request's place in a distributed trace (https://www.w3.org/TR/trace-context-1/). Lives in the request's arena.
#pragma once

#include <string_view>

namespace gatehouse::pipeline {

struct Trace {
  std::string_view trace_id;     // 32 lower-case hexadecimal digits
  std::string_view parent_id;    // 16, of the caller's span; empty: the trace begins here
  std::string_view span_id;      // 16, of the request; empty: passed on as it came
  std::string_view upstream_id;  // 16, of the call to the backend: what the backend is told as its parent
  std::string_view state;        // tracestate as it came
  bool sampled = false;
};

}  // namespace gatehouse::pipeline
