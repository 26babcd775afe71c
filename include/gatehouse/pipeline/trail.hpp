// What decided about one request, for an operator who asked: each step with what it said, then what came of it. Sent as one
// header of compact JSON, of bounded size; the whole reason goes to the log under the request's id. One request's own.
#pragma once

#include "gatehouse/http/head.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::pipeline {

class Trail {
 public:
  static constexpr std::string_view kField = "X-Gatehouse-Trail";
  static constexpr std::size_t kMostSteps = 1024;  // bytes for them; what goes beyond is "…"
  static constexpr std::size_t kMostText = 256;    // bytes of any one value

  explicit Trail(std::uint64_t config_version) : config_version_(config_version) {}

  // `outcome`: "pass", or the reason code of the answer that it gave.
  void note(std::string_view step, std::string_view outcome);
  // Adds the header to the answer that is about to leave, and writes the log line.
  void tell(RequestContext& context, http::ResponseHead& head) const;

 private:
  std::uint64_t config_version_;
  std::string steps_;
  bool cut_ = false;
};

}  // namespace gatehouse::pipeline
