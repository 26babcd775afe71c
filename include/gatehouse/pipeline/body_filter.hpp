// Looks at the body of an answer on its way out, or changes it: a cache that keeps a copy, a compressor. Installed by a step
// in on_response(); belongs to the request. One thread.
#pragma once

#include "gatehouse/http/body.hpp"
#include "gatehouse/http/fields.hpp"

#include <string_view>

namespace gatehouse::pipeline {

class BodyFilter {
 public:
  // Destroyed without having seen More::kNo: the answer was cut.
  virtual ~BodyFilter() = default;
  // What to send for `bytes`: perhaps `bytes` itself, perhaps nothing yet. Valid until the next call. With More::kNo these
  // are the last.
  virtual std::string_view pass(std::string_view bytes, http::More more) = 0;
  // Before the last pass(), when the answer has trailers.
  virtual void see_trailers(const http::Fields&) {}
};

}  // namespace gatehouse::pipeline
