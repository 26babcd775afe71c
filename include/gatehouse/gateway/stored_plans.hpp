// Keys and usage of a configuration whose gateway does not run: for tools. On a thread that may wait.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/config/settings.hpp"
#include "gatehouse/plans/service.hpp"

#include <memory>

namespace gatehouse::gateway {

class StoredPlans {
 public:
  // Opens the stores that have keys or usage. The error names the store.
  static Result<std::unique_ptr<StoredPlans>> open(const config::Settings& settings, const Clock& clock);
  ~StoredPlans();
  plans::PlanService& service();

 private:
  struct Impl;
  explicit StoredPlans(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::gateway
