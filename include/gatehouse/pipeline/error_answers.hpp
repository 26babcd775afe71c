// What refusals of the gateway itself finally look like: its own helpful form, Amazon's, or what the configuration says for a
// type. Built once for each route, immutable, shared by workers.
#pragma once

#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/pipeline/error_types.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::pipeline {

enum class ErrorStyle : std::uint8_t { kHelpful, kAws };

// One of `error_responses`.
struct ErrorResponse {
  ErrorType type = ErrorType::kDefault4xx;
  std::optional<int> status;
  std::vector<std::pair<std::string, ValueTemplate>> headers;
  std::optional<ValueTemplate> body;
  bool operator==(const ErrorResponse&) const = default;
};

// `errors: aws` holds on this route.
bool as_amazon(const Route& route);

class ErrorAnswers {
 public:
  ErrorAnswers(ErrorStyle style, std::vector<ErrorResponse> responses);

  ErrorStyle style() const { return style_; }
  // The final form of a refusal. The reason code stays.
  Answer shape(RequestContext& context, const Answer& made) const;

 private:
  const ErrorResponse* response_for(ErrorType type, int status) const;
  Answer customised(RequestContext& context, const Answer& made, const ErrorResponse& response, const ErrorFacts& facts,
                    int status) const;

  ErrorStyle style_;
  std::vector<ErrorResponse> responses_;
  std::array<const ErrorResponse*, kErrorTypes> by_type_{};
};

}  // namespace gatehouse::pipeline
