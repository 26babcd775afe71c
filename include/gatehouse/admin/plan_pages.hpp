// What the admin listener answers about API keys and their usage, without the HTTP around it. The commands ask the same pages when no
// gateway runs. They wait for the store: on a thread that may.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/plans/service.hpp"

#include <string>
#include <string_view>

namespace gatehouse::admin {

struct Page {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string allow = {};  // with 405
  std::string error = {};  // Amazon's name of what went wrong, where an SDK may read it
};

// Whether a request's target is one of these: /keys, /keys/{id}, /usage, /usage.csv.
bool is_plan_page(std::string_view target);

// GET /keys; POST /keys with {"id", "plan", "name", "expires", "store"}, all of them optional; DELETE /keys/{id};
// GET /usage and /usage.csv with key=, from= and to=. `from_browser`: web pages may not change anything here.
Page plan_page(plans::PlanService& service, const Clock& clock, std::string_view method, std::string_view target, std::string_view body,
               bool from_browser);

}  // namespace gatehouse::admin
