#include "gatehouse/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::observe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(CounterTest, SumsTheCellsOfAllWorkersAndTheControlPlane) {
  Registry registry(2);
  Counter& counter = registry.counter("gatehouse_things_total", "Things.");
  counter.add(0);
  counter.add(1, 5);
  counter.add(registry.workers(), 10);
  EXPECT_EQ(counter.sum(), 16u);
}

struct BucketCase {
  Duration duration;
  std::size_t bucket;
};

class HistogramBucketTest : public testing::TestWithParam<BucketCase> {};

TEST_P(HistogramBucketTest, CountsADurationUnderTheFirstBoundThatIsNotBelowIt) {
  Histogram histogram(1);
  histogram.record(0, GetParam().duration);
  const auto values = histogram.read();
  EXPECT_EQ(values.count, 1u);
  EXPECT_EQ(values.buckets[GetParam().bucket], 1u);
}

INSTANTIATE_TEST_SUITE_P(Bounds, HistogramBucketTest,
                         testing::Values(BucketCase{-5ns, 0}, BucketCase{0ns, 0}, BucketCase{1ns, 0},
                                         BucketCase{64us, 0}, BucketCase{64us + 1ns, 1}, BucketCase{128us, 1},
                                         BucketCase{128us + 1ns, 2}, BucketCase{256us, 2},
                                         BucketCase{64us * (1 << 19) + 1ns, 20}, BucketCase{64us * (1 << 20), 20},
                                         BucketCase{64us * (1 << 20) + 1ns, 21}, BucketCase{1000h, 21}));

TEST(HistogramTest, SumsCountsAndSecondsOverWorkers) {
  Histogram histogram(2);
  histogram.record(0, 1500ms);
  histogram.record(1, 500ms);
  const auto values = histogram.read();
  EXPECT_EQ(values.count, 2u);
  EXPECT_DOUBLE_EQ(values.sum_seconds, 2.0);
}

TEST(RegistryTest, GivesTheSameSeriesForTheSameLabelsInAnyOrder) {
  Registry registry(1);
  Counter& one = registry.counter("a_total", "A.", {{"x", "1"}, {"y", "2"}});
  Counter& same = registry.counter("a_total", "A.", {{"y", "2"}, {"x", "1"}});
  Counter& other = registry.counter("a_total", "A.", {{"x", "2"}, {"y", "1"}});
  EXPECT_EQ(&one, &same);
  EXPECT_NE(&one, &other);
}

TEST(RegistryTest, SendsEverySeriesBeyondTheLimitToItsFamilysOverflow) {
  Registry registry(1, 2);
  registry.counter("a_total", "A.", {{"route", "1"}}).add(0);
  registry.histogram("b_seconds", "B.", {{"route", "1"}}).record(0, 1ms);
  Counter& third = registry.counter("a_total", "A.", {{"route", "2"}});
  Counter& fourth = registry.counter("a_total", "A.", {{"route", "3"}});
  EXPECT_EQ(&third, &fourth);
  EXPECT_EQ(&registry.counter("a_total", "A.", {{"route", "overflow"}}), &third);
  third.add(0, 7);
  EXPECT_THAT(registry.scrape(), HasSubstr("a_total{route=\"overflow\"} 7\n"));
  EXPECT_THAT(registry.scrape(), HasSubstr("a_total{route=\"1\"} 1\n"));
}

TEST(RegistryTest, RefusesASecondTypeForAName) {
  Registry registry(1);
  registry.counter("a_total", "A.");
  EXPECT_THROW(registry.histogram("a_total", "A."), std::logic_error);
}

TEST(RegistryTest, ReadsObservedValuesAtScrapeUntilTheHandleGoes) {
  Registry registry(1);
  double value = 1.5;
  auto handle = registry.observe(Registry::Kind::kGauge, "a", "A.", {}, [&] { return value; });
  EXPECT_THAT(registry.scrape(), HasSubstr("# TYPE a gauge\na 1.5\n"));
  value = 2;
  EXPECT_THAT(registry.scrape(), HasSubstr("a 2\n"));
  handle.reset();
  EXPECT_EQ(registry.scrape(), "");
}

TEST(RegistryTest, ShowsTheYoungestOfSeveralObserversAndTheElderOnceItHasGone) {
  Registry registry(1);
  const auto elder = registry.observe(Registry::Kind::kCounter, "a_total", "A.", {{"b", "x"}}, [] { return 1; });
  auto younger = registry.observe(Registry::Kind::kCounter, "a_total", "A.", {{"b", "x"}}, [] { return 2; });
  EXPECT_THAT(registry.scrape(), HasSubstr("a_total{b=\"x\"} 2\n"));
  EXPECT_THAT(registry.scrape(), Not(HasSubstr("a_total{b=\"x\"} 1\n")));
  younger.reset();
  EXPECT_THAT(registry.scrape(), HasSubstr("a_total{b=\"x\"} 1\n"));
}

TEST(RegistryTest, LetsAHandleOutliveIt) {
  std::optional<Registry> registry(std::in_place, 1u);
  int owner = 0;
  auto handle = registry->observe(Registry::Kind::kGauge, "a", "A.", {}, [&owner] { return ++owner; });
  registry.reset();
  handle.reset();
  EXPECT_EQ(owner, 0);
}

TEST(RegistryTest, WritesFamiliesSortedWithHelpTypeAndEscapedLabels) {
  Registry registry(1);
  registry.counter("b_total", "Two\nlines and a \\.", {{"route", "GET /\"x\"\\y\nz"}, {"api", "shop"}}).add(0, 3);
  registry.counter("a_total", "Plain.");
  EXPECT_EQ(registry.scrape(),
            "# HELP a_total Plain.\n"
            "# TYPE a_total counter\n"
            "a_total 0\n"
            "# HELP b_total Two\\nlines and a \\\\.\n"
            "# TYPE b_total counter\n"
            "b_total{api=\"shop\",route=\"GET /\\\"x\\\"\\\\y\\nz\"} 3\n");
}

TEST(RegistryTest, WritesOpenMetricsWithFamiliesOfCountersWithoutTheirSuffixAndAnEnd) {
  Registry registry(1);
  registry.counter("b_total", "Of \"b\".").add(0, 3);
  const auto gauge = registry.observe(Registry::Kind::kGauge, "a", "Of a.", {}, [] { return 1.5; });
  EXPECT_EQ(registry.scrape(Registry::Style::kOpenMetrics),
            "# HELP a Of a.\n# TYPE a gauge\na 1.5\n"
            "# HELP b Of \\\"b\\\".\n# TYPE b counter\nb_total 3\n# EOF\n");
}

TEST(RegistryTest, WritesHistogramsCumulativeWithSumAndCount) {
  Registry registry(1);
  Histogram& histogram = registry.histogram("a_seconds", "A.", {{"route", "x"}});
  histogram.record(0, 64us);
  histogram.record(0, 100us);
  histogram.record(0, 100s);
  const std::string text = registry.scrape();
  EXPECT_THAT(text, HasSubstr("# TYPE a_seconds histogram\n"
                              "a_seconds_bucket{route=\"x\",le=\"0.000064\"} 1\n"
                              "a_seconds_bucket{route=\"x\",le=\"0.000128\"} 2\n"
                              "a_seconds_bucket{route=\"x\",le=\"0.000256\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("a_seconds_bucket{route=\"x\",le=\"67.108864\"} 2\n"
                              "a_seconds_bucket{route=\"x\",le=\"+Inf\"} 3\n"
                              "a_seconds_sum{route=\"x\"} 100.000164\n"
                              "a_seconds_count{route=\"x\"} 3\n"));
}

TEST(RegistryTest, OpenMetricsHasTheYoungestTraceBehindItsBucket) {
  Registry registry(2);
  Histogram& histogram = registry.histogram("a_seconds", "A.");
  const std::chrono::system_clock::time_point then(1'700'000'000'123ms);
  for (const Duration duration : {Duration(100us), Duration(100s)}) histogram.record(0, duration);
  histogram.exemplify(0, {0x4bf92f3577b34da6, 0x0000000000000e36, 100us, then});
  EXPECT_THAT(registry.scrape(Registry::Style::kOpenMetrics),
              HasSubstr("a_seconds_bucket{le=\"0.000128\"} 1 # {trace_id=\"4bf92f3577b34da60000000000000e36\"} 1e-04 1700000000.123\n"
                        "a_seconds_bucket{le=\"0.000256\"} 1\n"));
  EXPECT_THAT(registry.scrape(), testing::Not(HasSubstr("trace_id")));
  histogram.exemplify(1, {1, 2, 100s, then + 1ms});
  const std::string text = registry.scrape(Registry::Style::kOpenMetrics);
  EXPECT_THAT(text, HasSubstr("a_seconds_bucket{le=\"+Inf\"} 2 # {trace_id=\"00000000000000010000000000000002\"} 100 1700000000.124\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("4bf92f")));
}

TEST(RegistryTest, ServesWorkersScrapesAndNewSeriesAtTheSameTime) {
  constexpr unsigned kWorkers = 3;
  constexpr int kRounds = 2000;
  Registry registry(kWorkers);
  Counter& counter = registry.counter("a_total", "A.");
  Histogram& histogram = registry.histogram("b_seconds", "B.");
  std::atomic<unsigned> running{kWorkers};
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      for (int i = 0; i < kRounds; ++i) {
        counter.add(worker);
        histogram.record(worker, Duration(i * 1000));
        if (i % 100 == 0) registry.counter("c_total", "C.", {{"n", std::to_string(i)}}).add(worker);
      }
      --running;
    });
  }
  std::uint64_t seen = 0;
  while (running > 0) {
    const std::uint64_t now = counter.sum();
    EXPECT_GE(now, seen);
    seen = now;
    EXPECT_THAT(registry.scrape(), HasSubstr("a_total "));
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(counter.sum(), kWorkers * kRounds);
  EXPECT_EQ(histogram.read().count, kWorkers * kRounds);
}

}  // namespace
}  // namespace gatehouse::observe
