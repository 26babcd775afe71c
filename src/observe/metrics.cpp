// The registry: families by name, series by their labels' text. A scrape holds the lock only to list what there is, so that
// a worker that meets a new series never waits for the text to be written.
#include "gatehouse/observe/metrics.hpp"

#include "text_format.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <stdexcept>

namespace gatehouse::observe {
namespace {

// What is read by a function. `read` is empty once its owner has gone.
struct Observed {
  std::mutex mutex;
  std::function<double()> read;
};

struct Series {
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Histogram> histogram;
  std::vector<std::shared_ptr<Observed>> observed;  // the youngest last
};

struct Family {
  FamilyType type;
  std::string help;
  std::map<std::string, Series> series;  // by format_labels(); never erased, so that a scrape may point to them
};

Labels overflow(Labels labels) {
  for (auto& [name, value] : labels) value = "overflow";
  return labels;
}

struct Listed {
  std::string_view labels;
  const Counter* counter;
  const Histogram* histogram;
  std::shared_ptr<Observed> observed;
};

// False when there is nothing to say.
bool append(std::string& to, std::string_view name, const Listed& series, Registry::Style style) {
  if (series.counter != nullptr) {
    append_sample(to, name, series.labels, series.counter->sum());
  } else if (series.histogram != nullptr) {
    append_histogram(to, name, series.labels, series.histogram->read(), style);
  } else {
    const std::lock_guard lock(series.observed->mutex);
    if (!series.observed->read) return false;
    append_sample(to, name, series.labels, series.observed->read());
  }
  return true;
}

}  // namespace

std::uint64_t Counter::sum() const {
  std::uint64_t total = 0;
  for (unsigned i = 0; i < count_; ++i) total += cells_[i].value.load(std::memory_order_relaxed);
  return total;
}

std::size_t Histogram::bucket_of(Duration duration) {
  constexpr auto kUnit = static_cast<std::uint64_t>(kFirstBound.count());
  const auto nanoseconds = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
  // A bound belongs to its own bucket: 64 µs is the first, one nanosecond more the second.
  const std::uint64_t units = nanoseconds == 0 ? 0 : (nanoseconds - 1) / kUnit;
  return std::min(static_cast<std::size_t>(std::bit_width(units)), static_cast<std::size_t>(kBuckets));
}

void Histogram::record(unsigned worker, Duration duration) {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
  Cell& cell = cells_[worker];
  auto& bucket = cell.buckets[bucket_of(duration)];
  bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  auto& sum = cell.sum_nanoseconds;
  sum.store(sum.load(std::memory_order_relaxed) + nanoseconds, std::memory_order_relaxed);
}

void Histogram::exemplify(unsigned worker, const Exemplar& exemplar) {
  Cell& cell = cells_[worker];
  const std::uint64_t version = cell.exemplar_version.load(std::memory_order_relaxed);
  cell.exemplar_version.store(version + 1, std::memory_order_relaxed);
  // Whoever sees one of these sees the odd version too. No fences: the thread sanitizer does not know them.
  cell.exemplar[0].store(exemplar.trace_high, std::memory_order_release);
  cell.exemplar[1].store(exemplar.trace_low, std::memory_order_release);
  cell.exemplar[2].store(static_cast<std::uint64_t>(exemplar.duration.count()), std::memory_order_release);
  cell.exemplar[3].store(static_cast<std::uint64_t>(std::chrono::nanoseconds(exemplar.at.time_since_epoch()).count()), std::memory_order_release);
  cell.exemplar_version.store(version + 2, std::memory_order_release);
}

// Nothing where there is none, or its worker is writing it just now.
std::optional<Histogram::Exemplar> Histogram::read_exemplar(const Cell& cell) {
  const std::uint64_t version = cell.exemplar_version.load(std::memory_order_acquire);
  if (version == 0 || version % 2 != 0) return std::nullopt;
  std::array<std::uint64_t, 4> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = cell.exemplar[i].load(std::memory_order_acquire);
  if (cell.exemplar_version.load(std::memory_order_relaxed) != version) return std::nullopt;
  using Wall = std::chrono::system_clock;
  return Exemplar{words[0], words[1], Duration(static_cast<std::int64_t>(words[2])),
                  Wall::time_point(std::chrono::duration_cast<Wall::duration>(std::chrono::nanoseconds(words[3])))};
}

Histogram::Snapshot Histogram::read() const {
  Snapshot total;
  std::uint64_t nanoseconds = 0;
  for (unsigned i = 0; i < count_; ++i) {
    for (std::size_t b = 0; b < total.buckets.size(); ++b) {
      total.buckets[b] += cells_[i].buckets[b].load(std::memory_order_relaxed);
    }
    nanoseconds += cells_[i].sum_nanoseconds.load(std::memory_order_relaxed);
    const auto exemplar = read_exemplar(cells_[i]);
    if (exemplar && (!total.exemplar || exemplar->at > total.exemplar->at)) total.exemplar = exemplar;
  }
  for (const std::uint64_t bucket : total.buckets) total.count += bucket;
  total.sum_seconds = std::chrono::duration<double>(std::chrono::duration<double, std::nano>(nanoseconds)).count();
  return total;
}

struct Registry::Impl {
  explicit Impl(std::size_t limit) : series_limit(limit) {}

  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;
  std::size_t series_limit;
  std::size_t series_count = 0;

  Family& family(std::string_view name, std::string_view help, FamilyType type) {
    auto found = families.find(name);
    if (found == families.end()) {
      found = families.emplace(std::string(name), Family{type, std::string(help), {}}).first;
    } else if (found->second.type != type) {
      throw std::logic_error("metric " + std::string(name) + " has two types");
    }
    return found->second;
  }

  Series& series(Family& of, const Labels& labels) {
    const std::string key = format_labels(labels);
    if (const auto found = of.series.find(key); found != of.series.end()) return found->second;
    if (series_count < series_limit) {
      ++series_count;
      return of.series[key];
    }
    return of.series[format_labels(overflow(labels))];
  }
};

Registry::Registry(unsigned workers, std::size_t series_limit)
    : workers_(workers), impl_(std::make_shared<Impl>(series_limit)) {}

Registry::~Registry() = default;

Counter& Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  Series& series = impl_->series(impl_->family(name, help, FamilyType::kCounter), labels);
  if (!series.counter) series.counter = std::make_unique<Counter>(workers_ + 1);
  return *series.counter;
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  Series& series = impl_->series(impl_->family(name, help, FamilyType::kHistogram), labels);
  if (!series.histogram) series.histogram = std::make_unique<Histogram>(workers_ + 1);
  return *series.histogram;
}

Registry::Handle Registry::observe(Kind kind, std::string_view name, std::string_view help, const Labels& labels,
                                   std::function<double()> read) {
  auto observed = std::make_shared<Observed>();
  observed->read = std::move(read);
  const std::lock_guard lock(impl_->mutex);
  const FamilyType type = kind == Kind::kGauge ? FamilyType::kGauge : FamilyType::kCounter;
  Series& series = impl_->series(impl_->family(name, help, type), labels);
  series.observed.push_back(observed);
  // The registry may go first.
  return {static_cast<void*>(observed.get()), [observed, &series, impl = std::weak_ptr(impl_)](void*) {
            if (const auto alive = impl.lock()) {
              const std::lock_guard unlisting(alive->mutex);
              std::erase(series.observed, observed);
            }
            const std::lock_guard ending(observed->mutex);
            observed->read = nullptr;
          }};
}

std::string Registry::scrape(Style style) const {
  struct ListedFamily {
    std::string_view name;
    const Family* family;
    std::vector<Listed> series;
  };
  std::vector<ListedFamily> listed;
  {
    const std::lock_guard lock(impl_->mutex);
    listed.reserve(impl_->families.size());
    for (const auto& [name, family] : impl_->families) {
      auto& entry = listed.emplace_back(ListedFamily{name, &family, {}});
      entry.series.reserve(family.series.size());
      for (const auto& [labels, series] : family.series) {
        if (!series.counter && !series.histogram && series.observed.empty()) continue;
        entry.series.push_back({labels, series.counter.get(), series.histogram.get(),
                                series.observed.empty() ? nullptr : series.observed.back()});
      }
    }
  }
  std::string text;
  for (const auto& [name, family, series] : listed) {
    const std::size_t before = text.size();
    append_family(text, name, family->help, family->type, style);
    bool any = false;
    for (const Listed& each : series) any |= append(text, name, each, style);
    if (!any) text.resize(before);
  }
  if (style == Style::kOpenMetrics) text += "# EOF\n";
  return text;
}

}  // namespace gatehouse::observe
