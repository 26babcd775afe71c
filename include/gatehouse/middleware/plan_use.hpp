// The usage plans that a route's callers are measured by. Plain values.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/plans/plan_book.hpp"

#include <memory>
#include <string>

namespace gatehouse::middleware {

struct PlanUse {
  std::shared_ptr<const plans::PlanBook> book = {};  // null: nobody is measured by plans
  std::string otherwise = {};                        // the plan of callers that have none of their own; empty: none
};

}  // namespace gatehouse::middleware
