// Steps that wait, run as the gateway runs them, on a worker that runs until they are done.
#pragma once

#include "unit/net/support.hpp"
#include "step_fixture.hpp"

namespace gatehouse::middleware {

class WaitingStepTest : public StepTest {
 protected:
  // A request under way: started by start(), which returns where it first sleeps.
  struct Running {
    Running(net::Worker& worker, const pipeline::Route& route, std::string method, std::string target, const FieldList& fields = {})
        : request(worker, route, std::move(method), std::move(target), fields) {}
    void start() {
      task = walk(request);
      task.start();
    }
    bool done() const { return task.done(); }

    Request request;
    bool passed = false;  // no step answered
    net::Task<void> task;

   private:
    net::Task<void> walk(Request& walking) {
      for (const auto& step : walking.context.route.steps) {
        pipeline::Decision decision = step->on_request(walking.context);
        if (decision.must_wait()) {
          net::Task<std::optional<pipeline::Answer>> waiting = step->wait(walking.context);
          decision = co_await waiting;
        }
        if (decision.answer()) {
          walking.context.answer(*decision.answer());
          co_return;
        }
      }
      passed = true;
    }
  };

  // Until it is over. True when no step answered.
  bool finish(Running& running) {
    EXPECT_TRUE(net::testing::run_until(worker_, [&] { return running.done(); }));
    return running.passed;
  }
  bool run(Running& running) {
    running.start();
    return finish(running);
  }
};

}  // namespace gatehouse::middleware
