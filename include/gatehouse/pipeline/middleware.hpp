// A step of the pipeline. Built once per configuration from its settings and shared by all workers: what it changes is
// atomic or kept per worker. A step is a plain function on the way in and out; only one that must wait (a key set to fetch,
// another service to ask) becomes a coroutine, and only for the requests that must.
#pragma once

#include "gatehouse/http/head.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/answer.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace gatehouse::pipeline {

// What a step says on the way in: nothing lets the request on, an answer or done() ends the way in, wait() asks for Middleware::wait.
class Decision {
 public:
  Decision(std::nullopt_t = std::nullopt) {}                     // implicit: `return std::nullopt;`
  Decision(Answer answer) : answer_(std::move(answer)) {}        // implicit: `return Answer(…);`
  Decision(std::optional<Answer> answer) : answer_(std::move(answer)) {}
  static Decision wait() {
    Decision decision;
    decision.must_wait_ = true;
    return decision;
  }

  // The step has answered by itself, through the context.
  static Decision done() {
    Decision decision;
    decision.done_ = true;
    return decision;
  }

  bool is_done() const { return done_; }
  bool must_wait() const { return must_wait_; }
  const std::optional<Answer>& answer() const { return answer_; }

 private:
  std::optional<Answer> answer_;
  bool must_wait_ = false;
  bool done_ = false;
};

class Middleware {
 public:
  virtual ~Middleware() = default;
  virtual std::string_view name() const = 0;

  // On the way in, outermost first.
  virtual Decision on_request(RequestContext&) const { return std::nullopt; }
  // After on_request() said Decision::wait(): the rest of it. Sleeps on the exchange's waiter only, and has a deadline.
  // When it has answered by itself the way in ends too.
  virtual net::Task<std::optional<Answer>> wait(RequestContext&) const { co_return std::nullopt; }
  // On the way out, innermost first, for every answer whoever made it, also when on_request was never reached.
  virtual void on_response(RequestContext&, http::ResponseHead&) const {}
  // When all is over, however it ended, exactly once. Must not throw.
  virtual void on_end(const RequestContext&) const noexcept {}
};

}  // namespace gatehouse::pipeline
