// An answer that the gateway makes itself: a refusal of a step, a mock, a not-found. Texts live in the request's arena, in
// settings, or in static storage.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/http/field_edits.hpp"

#include <string_view>

namespace gatehouse::pipeline {

struct Answer {
  // A JSON body {"message": "…"}; `text` must need no JSON escaping. To a refusal's, RequestContext::answer() adds what else
  // is known.
  Answer(Arena& arena, int status_code, std::string_view reason_code, std::string_view text);
  // Any body; no Content-Type is set when `type` is empty.
  Answer(Arena& arena, int status_code, std::string_view reason_code, std::string_view type, std::string_view content);

  int status;
  std::string_view reason;  // stable code for log and metrics: "route_not_found", "throttled"
  std::string_view body;
  std::string_view message;  // the text of a body that the gateway may replace; empty: the body is made elsewhere
  std::string_view members;  // of a refusal, more members of its helpful body: "errors":[…]
  http::FieldEdits fields;
};

}  // namespace gatehouse::pipeline
