// Work for the background worker that another thread waits for.
#pragma once

#include "gatehouse/plans/service.hpp"

#include <future>

namespace gatehouse::plans {

template <class T>
net::Task<void> run_and_tell(std::function<net::Task<Result<T>>()> make, std::shared_ptr<std::promise<Result<T>>> told) {
  net::Task<Result<T>> working = make();
  Result<T> result = co_await working;
  told->set_value(std::move(result));
}

// The tasks within bound every wait of theirs; this bounds all of them together.
inline constexpr auto kWaitAtMost = std::chrono::minutes(5);

template <class T>
Result<T> PlanService::wait_for(std::function<net::Task<Result<T>>()> make) {
  auto told = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> result = told->get_future();
  background_.spawn("plans", [make = std::move(make), told = std::move(told)] { return run_and_tell<T>(make, told); });
  const Error gone(ErrorKind::kUnavailable, ErrorSource::kGateway, "plans_unavailable", "the gateway is about to end, or its store does not answer");
  if (result.wait_for(kWaitAtMost) != std::future_status::ready) return gone;
  try {
    return result.get();
  } catch (const std::future_error&) {  // it was destroyed where it slept
    return gone;
  }
}

}  // namespace gatehouse::plans
