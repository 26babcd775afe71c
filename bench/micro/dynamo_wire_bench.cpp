// What the codecs cost: JSON to encoded values, back, numbers, keys, one attribute of an item. The item has 200 bytes of names and
// values in eight attributes.
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace gatehouse::dynamo {
namespace {

constexpr std::string_view kItem =
    R"({"owner":{"S":"customer#48213"},"id":{"S":"order#2023-11-05T12:31:07Z"},"status":{"S":"shipped"},)"
    R"("total":{"N":"1249.95"},"items":{"N":"3"},"paid":{"BOOL":true},)"
    R"("address":{"S":"221B Baker Street, London NW1 6XE"},"note":{"S":"Please leave it with the neighbours if nobody opens the door"}})";

std::string escaped_item() {
  std::string text(kItem);
  text.replace(text.find("Please"), 6, R"(\"Please\"\n)");
  return text;
}

std::string nested_item() {
  std::string text =
      R"({"id":{"S":"a"},"tags":{"SS":["red","green","blue"]},"scores":{"NS":["3","1","2"]},"list":{"L":[)";
  for (int i = 0; i < 20; ++i) text += R"({"M":{"name":{"S":"value of twenty bytes"},"n":{"N":"12345.678"}}},)";
  return text + R"({"NULL":true}]}})";
}

// 100 KB in one string.
std::string long_item() { return R"({"id":{"S":"a"},"body":{"S":")" + std::string(100'000, 'x') + R"("}})"; }

std::string encoded(std::string_view json) {
  Arena arena;
  JsonReader reader(json, arena);
  std::string bytes;
  ValueWriter writer(bytes);
  reader.read_item(writer);
  if (reader.fault() || !reader.finish()) std::abort();
  return bytes;
}

void read_item(benchmark::State& state, std::string_view json) {
  std::string bytes;
  for (auto _ : state) {
    Arena arena;
    JsonReader reader(json, arena);
    bytes.clear();
    ValueWriter writer(bytes);
    if (!reader.read_item(writer) || reader.fault()) state.SkipWithError("not an item");
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * json.size()));
}

// The whole of PutItem's body.
void read_put(benchmark::State& state) {
  const std::string json = R"({"TableName":"orders","Item":)" + std::string(kItem) +
                           R"~(,"ReturnConsumedCapacity":"TOTAL","ConditionExpression":"attribute_not_exists(id)"})~";
  std::string bytes;
  for (auto _ : state) {
    Arena arena;
    if (!is_valid_utf8(json)) state.SkipWithError("not UTF-8");
    JsonReader reader(json, arena);
    bytes.clear();
    ValueWriter writer(bytes);
    reader.begin_object();
    while (const auto name = reader.next_name()) {
      if (*name == "Item") {
        reader.read_item(writer);
      } else {
        std::string_view text;
        reader.read_string(text);
        benchmark::DoNotOptimize(text);
      }
    }
    if (!reader.finish()) state.SkipWithError("not a request");
    benchmark::DoNotOptimize(bytes.data());
  }
}

void write_items(benchmark::State& state, std::string_view json) {
  const std::string bytes = encoded(json);
  const auto count = state.range(0);
  std::string text;
  for (auto _ : state) {
    text.clear();
    for (std::int64_t i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      write_json_item(text, Map::item(bytes));
    }
    benchmark::DoNotOptimize(text.data());
  }
  state.SetItemsProcessed(state.iterations() * count);
}

void find_attribute(benchmark::State& state, std::string_view name) {
  const std::string bytes = encoded(kItem);
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    benchmark::DoNotOptimize(Map::item(bytes).find(name));
  }
}

void measure_size(benchmark::State& state) {
  const std::string bytes = encoded(kItem);
  for (auto _ : state) benchmark::DoNotOptimize(size_of(Map::item(bytes)));
}

void check_item(benchmark::State& state) {
  const std::string bytes = encoded(kItem);
  for (auto _ : state) benchmark::DoNotOptimize(is_valid_item(bytes));
}

void normalise_number(benchmark::State& state, std::string_view number) {
  for (auto _ : state) {
    NumberText text;
    benchmark::DoNotOptimize(canonical_number(number, text));
    benchmark::DoNotOptimize(text.bytes);
  }
}

void number_to_key(benchmark::State& state, std::string_view number) {
  std::string key;
  for (auto _ : state) {
    key.clear();
    append_number_key(key, number);
    benchmark::DoNotOptimize(key.data());
  }
}

void number_from_key(benchmark::State& state, std::string_view number) {
  std::string key;
  append_number_key(key, number);
  std::string text;
  for (auto _ : state) {
    text.clear();
    std::string_view from = key;
    benchmark::DoNotOptimize(take_number_key(from, text));
    benchmark::DoNotOptimize(text.data());
  }
}

void add(benchmark::State& state) {
  for (auto _ : state) {
    NumberText sum;
    benchmark::DoNotOptimize(add_numbers("1249.95", "1", sum));
    benchmark::DoNotOptimize(sum.bytes);
  }
}

constexpr std::string_view kLongNumber = "-1234567890123456789.0123456789012345678";

BENCHMARK(read_put);
BENCHMARK_CAPTURE(read_item, plain, kItem);
BENCHMARK_CAPTURE(read_item, escaped, escaped_item());
BENCHMARK_CAPTURE(read_item, nested, nested_item());
BENCHMARK_CAPTURE(read_item, long, long_item());
BENCHMARK_CAPTURE(write_items, plain, kItem)->Arg(1)->Arg(100);
BENCHMARK_CAPTURE(write_items, escaped, escaped_item())->Arg(1);
BENCHMARK_CAPTURE(write_items, nested, nested_item())->Arg(1);
BENCHMARK_CAPTURE(find_attribute, first, "owner");
BENCHMARK_CAPTURE(find_attribute, last, "note");
BENCHMARK_CAPTURE(find_attribute, absent, "missing");
BENCHMARK(measure_size);
BENCHMARK(check_item);
BENCHMARK_CAPTURE(normalise_number, short, "1249.95");
BENCHMARK_CAPTURE(normalise_number, integer, "1699187467");
BENCHMARK_CAPTURE(normalise_number, long, kLongNumber);
BENCHMARK_CAPTURE(number_to_key, short, "1249.95");
BENCHMARK_CAPTURE(number_to_key, integer, "1699187467");
BENCHMARK_CAPTURE(number_to_key, long, kLongNumber);
BENCHMARK_CAPTURE(number_from_key, integer, "1699187467");
BENCHMARK_CAPTURE(number_from_key, long, kLongNumber);
BENCHMARK(add);

}  // namespace
}  // namespace gatehouse::dynamo
