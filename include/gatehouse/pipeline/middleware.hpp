// A step of the pipeline. Built once per configuration from its settings and shared by all workers: what it changes is
// atomic or kept per worker. Steps never wait.
#pragma once

#include "gatehouse/http/head.hpp"
#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::pipeline {

class Middleware {
 public:
  virtual ~Middleware() = default;
  virtual std::string_view name() const = 0;

  // On the way in, outermost first: an answer ends the way in, nothing lets the request on.
  virtual std::optional<Answer> on_request(RequestContext&) const { return std::nullopt; }
  // On the way out, innermost first, for every answer whoever made it, also when on_request was never reached.
  virtual void on_response(RequestContext&, http::ResponseHead&) const {}
  // When all is over, however it ended, exactly once. Must not throw.
  virtual void on_end(const RequestContext&) const noexcept {}
};

}  // namespace gatehouse::pipeline
