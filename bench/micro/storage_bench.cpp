// The storage below the embedded engine: a get from memtable and cache, a put without sync, a scan of 100 rows.
#include "gatehouse/dynamo/engine/storage.hpp"

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

namespace gatehouse::dynamo {
namespace {

constexpr int kRows = 20'000;

std::string key_of(int row) {
  // table, index, hash of the partition (100 rows in each), partition key, sort key
  const int partition = row / 100;
  std::string key("\0\0\0\1\0", 5);
  const std::uint32_t hash = static_cast<std::uint32_t>(partition) * 2654435761U;
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(hash >> shift));
  key += "\6p" + std::to_string(10'000 + partition);
  return key + std::to_string(1'000'000 + row);
}

class Store {
 public:
  explicit Store(Durability durability) {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-bench-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    EmbeddedSettings settings;
    settings.path = folder_ + "/data";
    settings.durability = durability;
    storage = std::move(open_rocks(settings).value());
    for (int row = 0; row < kRows; ++row) put(row);
  }
  ~Store() {
    storage->close();
    std::filesystem::remove_all(folder_);
  }
  void put(int row) {
    batch_.clear();
    batch_.put(Family::kData, key_of(row), std::string(200, static_cast<char>('a' + row % 26)));
    storage->write(batch_, Patience::kNever).value();
  }
  // From memory to a table file, by way of a copy; the first reads then fill the cache.
  void flush() { storage->checkpoint(folder_ + "/copy").value(); }

  std::unique_ptr<Storage> storage;

 private:
  std::string folder_;
  Batch batch_;
};

void get_rows(benchmark::State& state, Store& store, Patience patience) {
  std::string value;
  ReadOptions options;
  for (int row = 0; row < kRows; ++row) store.storage->get(Family::kData, key_of(row), value, options).value();
  options.patience = patience;
  int row = 0;
  for (auto _ : state) {
    row = (row + 7919) % kRows;
    benchmark::DoNotOptimize(store.storage->get(Family::kData, key_of(row), value, options).value());
  }
}

void get_from_memtable(benchmark::State& state) {
  Store store(Durability::kNone);
  get_rows(state, store, Patience::kNever);
}
BENCHMARK(get_from_memtable);

void get_from_cache(benchmark::State& state) {
  Store store(Durability::kNone);
  store.flush();
  get_rows(state, store, Patience::kNever);
}
BENCHMARK(get_from_cache);

void get_absent(benchmark::State& state) {
  Store store(Durability::kNone);
  store.flush();
  std::string value;
  int row = 0;
  for (auto _ : state) {
    row = (row + 7919) % kRows;
    benchmark::DoNotOptimize(store.storage->get(Family::kData, key_of(row) + "x", value, {}).value());
  }
}
BENCHMARK(get_absent);

void put_one(benchmark::State& state) {
  Store store(static_cast<Durability>(state.range(0)));
  int row = 0;
  for (auto _ : state) {
    row = (row + 7919) % kRows;
    store.put(row);
  }
}
BENCHMARK(put_one)
    ->ArgName("durability")
    ->Arg(static_cast<int>(Durability::kSync))
    ->Arg(static_cast<int>(Durability::kInterval))
    ->Arg(static_cast<int>(Durability::kNone));

void scan_100(benchmark::State& state) {
  Store store(Durability::kNone);
  if (state.range(0) != 0) store.flush();
  int partition = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    partition = (partition + 79) % (kRows / 100);
    const std::string lower = key_of(partition * 100).substr(0, 16);
    std::string upper = lower;
    ++upper.back();
    const auto cursor = store.storage->cursor(Family::kData, lower, upper, {.patience = Patience::kAllowed});
    int rows = 0;
    for (cursor->seek(lower); cursor->valid(); cursor->next(), ++rows) bytes += cursor->value().size();
    if (rows != 100) state.SkipWithError("not 100 rows");
  }
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(scan_100)->ArgName("flushed")->Arg(0)->Arg(1);

void make_cursor(benchmark::State& state) {
  Store store(Durability::kNone);
  store.flush();
  for (auto _ : state) benchmark::DoNotOptimize(store.storage->cursor(Family::kData, "a", "b", {}));
}
BENCHMARK(make_cursor);

}  // namespace
}  // namespace gatehouse::dynamo
