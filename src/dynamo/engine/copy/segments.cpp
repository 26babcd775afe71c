#include "segments.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {
namespace {

Result<ScannedPage> scan_page(const Side& side, const std::string& request, std::string& answer) {
  auto told = side.call(Operation::kScan, request);
  if (!told) return told.error();
  answer = std::move(*told);
  auto page = parse_page(answer);
  if (!page) return copy_error(side.name() + ": Scan: the answer is not understood");
  return std::move(*page);
}

}  // namespace

Result<void> run_parallel(unsigned workers, std::size_t count, const std::function<Result<void>(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::optional<Error> first;
  const auto run = [&] {
    for (std::size_t i = 0; !failed && (i = next++) < count;) {
      Result<void> done;
      try {
        done = work(i);
      } catch (const std::exception& problem) {
        done = copy_error(problem.what());
      }
      if (done) continue;
      const std::lock_guard lock(mutex);
      if (!first) first = done.error();
      failed = true;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min<std::size_t>(std::max(workers, 1U), count); ++i) threads.emplace_back(run);
  for (std::thread& thread : threads) thread.join();
  if (first) return *first;
  return {};
}

Result<void> SegmentCopy::run(unsigned workers) {
  return run_parallel(workers, table_.segments.size(), [this](std::size_t number) { return copy(number); });
}

Result<void> SegmentCopy::copy(std::size_t number) {
  const SegmentOf segment{table_.name, number, table_.segments.size()};
  std::string start_key;
  {
    const std::lock_guard lock(mutex_);
    if (table_.segments[number].done) return {};
    start_key = table_.segments[number].last_key;
  }
  while (true) {
    auto more = copy_page(segment, start_key);
    if (!more) return more.error();
    if (!*more) return {};
  }
}

Result<bool> SegmentCopy::copy_page(const SegmentOf& segment, std::string& start_key) {
  std::string answer;
  auto page = scan_page(from_, scan_request(segment, start_key, ScanFor::kItems), answer);
  if (!page) return page.error();
  if (auto written = write_items(to_, segment.table, page->items); !written) return written.error();
  start_key = page->last_key;
  const std::lock_guard lock(mutex_);
  SegmentState& state = table_.segments[segment.number];
  state.last_key = start_key;
  state.done = start_key.empty();
  table_.items += page->items.size();
  if (auto moved = moved_(page->items.size()); !moved) return moved.error();
  return !state.done;
}

Result<std::uint64_t> count_items(const Side& side, const std::string& table, unsigned workers) {
  std::atomic<std::uint64_t> sum = 0;
  auto counted = run_parallel(workers, workers, [&](std::size_t number) -> Result<void> {
    std::string start_key;
    do {
      std::string answer;
      auto page = scan_page(side, scan_request({table, number, workers}, start_key, ScanFor::kCount), answer);
      if (!page) return page.error();
      sum += page->count;
      start_key = page->last_key;
    } while (!start_key.empty());
    return {};
  });
  if (!counted) return counted.error();
  return sum.load();
}

}  // namespace gatehouse::dynamo
