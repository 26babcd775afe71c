// What a client hears whose body could not be read.
#pragma once

#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/context.hpp"

namespace gatehouse::pipeline {

// 413, 408 or 400; what the refusal of the body says; 499 to one that left, which will not get it.
Answer answer_of_failure(RequestContext& context, http::Failure failure);

}  // namespace gatehouse::pipeline
