// Requests are the window's events, retries the marked ones.
#include "retry_budget.hpp"

#include <algorithm>

namespace gatehouse::upstream {
namespace {

constexpr Duration kSpan = std::chrono::seconds(10);
// With little traffic a share would be less than one.
constexpr double kAtLeast = 3;

}  // namespace

RetryBudget::RetryBudget(double share, const Clock& clock) : share_(share), clock_(clock), window_(kSpan) {}

void RetryBudget::count_request(TimePoint now) { window_.add(now, 1, 0); }

bool RetryBudget::take() {
  const TimePoint now = clock_.now();
  const RollingWindow::Sums sums = window_.sums(now);
  const double allowed = std::max(kAtLeast, share_ * static_cast<double>(sums.events));
  if (static_cast<double>(sums.marked) + 1 > allowed) return false;
  window_.add(now, 0, 1);
  return true;
}

}  // namespace gatehouse::upstream
