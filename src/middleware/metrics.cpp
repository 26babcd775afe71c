// The metrics step of one route. Series are made when they are first needed: most of ten thousand routes may never be
// asked for, and a series takes a cell per worker.
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/trace.hpp"
#include "metric_names.hpp"
#include "outcome.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::middleware {
namespace {

// A pointer that is null until it is needed. Two workers that need it at once get the same series from the registry.
template <class Series>
class Lazy {
 public:
  template <class Make>
  Series& get(Make make) {
    Series* series = series_.load(std::memory_order_acquire);
    if (series == nullptr) [[unlikely]] {
      series = &make();
      series_.store(series, std::memory_order_release);
    }
    return *series;
  }

 private:
  std::atomic<Series*> series_{nullptr};
};

// The few reasons that one route gives. Compared by text: nothing says that equal reasons are the same literal.
class ReasonCounters {
 public:
  using Make = observe::Counter& (*)(observe::Registry&, std::string_view reason);
  explicit ReasonCounters(Make make) : make_(make) {}
  ~ReasonCounters() {
    for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);
  }

  void add(observe::Registry& registry, unsigned worker, std::string_view reason) {
    for (auto& slot : slots_) {
      const Known* known = slot.load(std::memory_order_acquire);
      if (known == nullptr) known = fill(slot, registry, reason);
      if (known->reason == reason) return known->counter.add(worker);
    }
    make_(registry, reason).add(worker);
  }

 private:
  struct Known {
    std::string reason;
    observe::Counter& counter;
  };
  using Slot = std::atomic<const Known*>;

  // What stands there afterwards: another worker may have been faster.
  const Known* fill(Slot& slot, observe::Registry& registry, std::string_view reason) {
    const auto* const made = new Known{std::string(reason), make_(registry, reason)};
    const Known* found = nullptr;
    if (slot.compare_exchange_strong(found, made, std::memory_order_acq_rel)) return made;
    delete made;
    return found;
  }

  const Make make_;
  std::array<Slot, 8> slots_{};
};

class MetricsStep final : public pipeline::Middleware {
 public:
  MetricsStep(observe::Registry& registry, std::string_view api, std::string_view route, const Clock& clock)
      : registry_(registry), clock_(clock), api_(api), route_(route) {}

  std::string_view name() const override { return "metrics"; }

  void on_end(const pipeline::RequestContext& context) const noexcept override {
    const unsigned worker = context.exchange.worker().index();
    const Outcome outcome = outcome_of(context);
    requests(outcome.status).add(worker);
    // Not the worker's time: what is answered within a turn would seem to take none.
    const Duration took = context.ended(clock_) - context.exchange.arrival();
    duration().record(worker, took);
    if (context.trace != nullptr && context.trace->sampled) exemplify(*context.trace, took, worker);
    bytes_in().add(worker, context.exchange.bytes_received());
    bytes_out().add(worker, context.exchange.bytes_sent());
    if (!context.upstream.backend.empty()) upstream().record(worker, context.upstream.total);
    const bool refused = outcome.status == 0 || outcome.status >= 400;
    if (refused && outcome.reason != "ok") [[unlikely]]
      count_refused(context, outcome, worker);
  }

 private:
  // A way from the histogram to a trace that was kept.
  void exemplify(const pipeline::Trace& trace, Duration took, unsigned worker) const {
    std::array<std::uint64_t, 2> halves{};
    constexpr std::size_t kHalf = 16;
    for (std::size_t i = 0; i < halves.size(); ++i) {
      const std::string_view digits = trace.trace_id.substr(i * kHalf, kHalf);
      std::from_chars(digits.data(), digits.data() + digits.size(), halves[i], 16);
    }
    duration().exemplify(worker, {halves[0], halves[1], took, clock_.wall()});
  }
  void count_refused(const pipeline::RequestContext& context, const Outcome& outcome, unsigned worker) const {
    reasons_.add(registry_, worker, outcome.reason);
    if (outcome.status == 429) throttled().add(worker);
    if (context.decided_by == "authenticate") auth_failures_.add(registry_, worker, outcome.reason);
  }
  observe::Counter& throttled() const {
    return throttled_.get([&]() -> auto& {
      return registry_.counter("gatehouse_throttled_total", "Requests that the gateway refused with 429.", route_labels(api_, route_));
    });
  }
  observe::Counter& requests(int status) const {
    return requests_[status_class(status)].get(
        [&]() -> auto& { return count_requests(registry_, api_, route_, status); });
  }
  observe::Histogram& duration() const {
    return duration_.get([&]() -> auto& {
      return registry_.histogram("gatehouse_request_duration_seconds",
                                 "Time from a request's first byte to the end of its answer.",
                                 route_labels(api_, route_));
    });
  }
  observe::Histogram& upstream() const {
    return upstream_.get([&]() -> auto& {
      return registry_.histogram("gatehouse_upstream_duration_seconds",
                                 "Time that a request spent with its backend, all tries together.",
                                 route_labels(api_, route_));
    });
  }
  observe::Counter& bytes_in() const {
    return bytes_in_.get([&]() -> auto& {
      return registry_.counter("gatehouse_request_bytes_total",
                               "Bytes received from clients, heads and framing included.", route_labels(api_, route_));
    });
  }
  observe::Counter& bytes_out() const {
    return bytes_out_.get([&]() -> auto& {
      return registry_.counter("gatehouse_response_bytes_total", "Bytes sent to clients, heads and framing included.",
                               route_labels(api_, route_));
    });
  }

  observe::Registry& registry_;
  const Clock& clock_;
  const std::string api_;
  const std::string route_;
  mutable std::array<Lazy<observe::Counter>, kStatusClasses> requests_;
  mutable Lazy<observe::Histogram> duration_;
  mutable Lazy<observe::Histogram> upstream_;
  mutable Lazy<observe::Counter> bytes_in_;
  mutable Lazy<observe::Counter> bytes_out_;
  mutable Lazy<observe::Counter> throttled_;
  mutable ReasonCounters reasons_{count_reason};
  mutable ReasonCounters auth_failures_{count_auth_failure};
};

}  // namespace

Step make_metrics(observe::Registry& registry, std::string_view api, std::string_view route, const Clock& clock) {
  return std::make_shared<MetricsStep>(registry, api, route, clock);
}

}  // namespace gatehouse::middleware
