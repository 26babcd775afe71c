#include "disk_work.hpp"

#include <utility>

namespace gatehouse::integration {

net::Task<DiskWork::Outcome> DiskWork::run(std::function<void()> work) {
  net::Worker& worker = exchange_.worker();
  forget();
  state_ = std::make_shared<State>(State{&exchange_.waiter(), false});
  const auto on_done = [state = state_] {
    state->done = true;
    if (state->waiter != nullptr) state->waiter->wake();
  };
  if (!pool_.submit(worker, std::move(work), on_done)) co_return Outcome::kBusy;
  const TimePoint deadline = worker.now() + kPatience;
  worker.timers().arm(*this, deadline);
  while (!state_->done) {
    if (exchange_.failed()) co_return Outcome::kClientGone;
    if (worker.now() >= deadline) co_return Outcome::kLate;
    co_await exchange_.waiter();
  }
  worker.timers().disarm(*this);
  co_return Outcome::kDone;
}

}  // namespace gatehouse::integration
