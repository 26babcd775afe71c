// Counters and histograms with one cell per worker: a worker adds to its own cell without a locked instruction, a scrape
// sums. Series live as long as the registry, so that a reload forgets nothing.
#pragma once

#include "gatehouse/base/units.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::observe {

using Labels = std::vector<std::pair<std::string, std::string>>;

// REQUIRES for all: `worker` is the caller's own index; index workers() is for one thread of the control plane.
class Counter {
 public:
  explicit Counter(unsigned cells) : cells_(new Cell[cells]), count_(cells) {}
  void add(unsigned worker, std::uint64_t n = 1) {
    auto& value = cells_[worker].value;
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t sum() const;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::unique_ptr<Cell[]> cells_;
  unsigned count_;
};

// Durations in log2 buckets from 64 µs to 67 s.
class Histogram {
 public:
  static constexpr int kBuckets = 21;  // le 64 µs · 2^i, and +Inf
  static constexpr Duration kFirstBound = std::chrono::microseconds(64);
  static std::size_t bucket_of(Duration duration);  // kBuckets: beyond all bounds
  explicit Histogram(unsigned cells) : cells_(new Cell[cells]), count_(cells) {}
  // A negative duration counts as 0.
  void record(unsigned worker, Duration duration);
  // Of a duration that record() has counted: the trace in which it was seen, in two halves.
  struct Exemplar {
    std::uint64_t trace_high = 0;
    std::uint64_t trace_low = 0;
    Duration duration{};
    std::chrono::system_clock::time_point at{};
  };
  void exemplify(unsigned worker, const Exemplar& exemplar);
  struct Snapshot {
    std::array<std::uint64_t, kBuckets + 1>
        buckets{};            // each for itself, not cumulative; the last is beyond all bounds
    std::uint64_t count = 0;  // of all buckets
    double sum_seconds = 0;
    std::optional<Exemplar> exemplar;  // the youngest
  };
  Snapshot read() const;

 private:
  struct alignas(64) Cell {
    std::array<std::atomic<std::uint64_t>, kBuckets + 1> buckets{};
    std::atomic<std::uint64_t> sum_nanoseconds{0};
    // Odd while it is being written.
    std::atomic<std::uint64_t> exemplar_version{0};
    std::array<std::atomic<std::uint64_t>, 4> exemplar{};
  };
  static std::optional<Exemplar> read_exemplar(const Cell& cell);
  std::unique_ptr<Cell[]> cells_;
  unsigned count_;
};

// Thread-safe. Names as Prometheus writes them, "gatehouse_requests_total". One name has one type: std::logic_error else.
class Registry {
 public:
  explicit Registry(unsigned workers, std::size_t series_limit = 20'000);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  unsigned workers() const { return workers_; }

  // The same series for the same name and labels, in whatever order. Beyond the limit every new one is the family's
  // overflow series (each label value "overflow"). Takes a lock and allocates: keep the reference, do not look up again.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  // Read at scrape time, any thread; unregistered when the returned handle goes, which waits for a scrape that is reading.
  // Of several with the same name and labels (a backend's before and after a reload) the youngest counts.
  using Handle = std::shared_ptr<void>;
  enum class Kind : std::uint8_t { kGauge, kCounter };
  [[nodiscard]] Handle observe(Kind kind, std::string_view name, std::string_view help, const Labels& labels,
                               std::function<double()> read);

  // Prometheus text format 0.0.4, or OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/): there a
  // counter's family goes without "_total", and the text ends with "# EOF". Families sorted by name.
  enum class Style : std::uint8_t { kPrometheus, kOpenMetrics };
  std::string scrape(Style style = Style::kPrometheus) const;

 private:
  struct Impl;
  unsigned workers_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::observe
