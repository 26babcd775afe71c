// What finally answers a request: a backend, a mock, files, a table. Built once per configuration, shared by all workers.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <string_view>

namespace gatehouse::pipeline {

class Integration {
 public:
  virtual ~Integration() = default;
  virtual std::string_view kind() const = 0;
  // Answers through context.respond() or context.answer(); every wait is on the exchange's waiter.
  virtual net::Task<void> serve(RequestContext& context) const = 0;
};

}  // namespace gatehouse::pipeline
