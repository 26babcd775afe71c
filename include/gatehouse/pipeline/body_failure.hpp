// What a client hears whose body could not be read.
#pragma once

#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/pipeline/held_body.hpp"

#include <cstdint>
#include <optional>

namespace gatehouse::pipeline {

// 413, 408 or 400; what the refusal of the body says; 499 to one that left, which will not get it.
Answer answer_of_failure(RequestContext& context, http::Failure failure);

// How much of a body a step may hold, and what a client hears that sent more.
struct HoldLimit {
  std::uint64_t bytes;
  std::string_view purpose;  // "a body …": "that is validated"
  std::string_view key;      // where users set it: "validate.limit"
};

// nullopt when the body is whole; 413 whose detail names the limit; what answer_of_failure says of one that never came.
std::optional<Answer> answer_of_unheld(RequestContext& context, HeldBody held, const HoldLimit& limit);

}  // namespace gatehouse::pipeline
