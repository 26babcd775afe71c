// Expressions as requests have them: placeholders bound, text parsed into a fresh arena, then evaluated on an item of twelve
// attributes.
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/condition.hpp"
#include "gatehouse/dynamo/expr/key_condition.hpp"
#include "gatehouse/dynamo/expr/partiql.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"
#include "gatehouse/dynamo/expr/update.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;
using namespace gatehouse::dynamo;

std::string encoded(std::string_view json) {
  Arena arena;
  JsonReader reader(json, arena);
  std::string bytes;
  ValueWriter writer(bytes);
  reader.read_item(writer);
  if (!reader.finish() || reader.fault()) throw std::invalid_argument("no item");
  return bytes;
}

const Map& item() {
  static const std::string bytes = encoded(R"({"pk":{"S":"user#1234567890"},"sk":{"S":"order#2024-01-01"},"name":{"S":"Ada Lovelace"},
      "email":{"S":"ada@example.org"},"age":{"N":"36"},"version":{"N":"7"},"active":{"BOOL":true},"tags":{"SS":["a","b","c"]},
      "address":{"M":{"street":{"S":"Main"},"city":{"S":"London"},"zip":{"S":"N1"}}},"scores":{"L":[{"N":"1"},{"N":"2"}]},
      "created":{"N":"1700000000"},"note":{"S":"some text that is somewhat longer than the other ones are"}})");
  static const Map map = Map::item(bytes);
  return map;
}

Bindings bindings() {
  static const std::string bytes =
      encoded(R"({":v":{"N":"7"},":one":{"N":"1"},":a":{"S":"ada"},":pk":{"S":"user#1234567890"},":t":{"BOOL":true}})");
  Bindings all;
  all.add_name("#n", "name");
  all.set_values(Map::item(bytes));
  return all;
}

void condition(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    Arena arena;
    Bindings bound = bindings();
    const auto parsed = Condition::parse(text, ExpressionKind::kCondition, bound, arena);
    benchmark::DoNotOptimize(parsed->matches(item()));
  }
}
BENCHMARK_CAPTURE(condition, one_function, "attribute_not_exists(pk)");
BENCHMARK_CAPTURE(condition, version_check, "attribute_exists(pk) AND version = :v");
BENCHMARK_CAPTURE(condition, five_operators,
                  "version = :v AND active = :t AND (begins_with(email, :a) OR contains(#n, :a)) AND size(tags) < :v");

void evaluation(benchmark::State& state, std::string_view text) {
  Arena arena;
  Bindings bound = bindings();
  const auto parsed = Condition::parse(text, ExpressionKind::kFilter, bound, arena);
  for (auto _ : state) benchmark::DoNotOptimize(parsed->matches(item()));
}
BENCHMARK_CAPTURE(evaluation, version_check, "attribute_exists(pk) AND version = :v");
BENCHMARK_CAPTURE(evaluation, five_operators,
                  "version = :v AND active = :t AND (begins_with(email, :a) OR contains(#n, :a)) AND size(tags) < :v");

void key_condition(benchmark::State& state) {
  for (auto _ : state) {
    Arena arena;
    Bindings bound = bindings();
    benchmark::DoNotOptimize(KeyCondition::parse("pk = :pk AND begins_with(sk, :a)", bound, arena));
  }
}
BENCHMARK(key_condition);

void update(benchmark::State& state) {
  std::string bytes;
  for (auto _ : state) {
    Arena arena;
    Bindings bound = bindings();
    const auto parsed = Update::parse("SET version = version + :one, address.city = :a REMOVE note", bound, arena);
    bytes.clear();
    ValueWriter writer(bytes);
    benchmark::DoNotOptimize(parsed->apply(item(), true, writer, arena));
  }
}
BENCHMARK(update);

void projection(benchmark::State& state) {
  std::string json;
  for (auto _ : state) {
    Arena arena;
    Bindings bound = bindings();
    const auto parsed = Projection::parse("pk, #n, address.city, scores[1]", bound, arena);
    json.clear();
    parsed->write_json(item(), json);
    benchmark::DoNotOptimize(json.data());
  }
}
BENCHMARK(projection);

void statement(benchmark::State& state) {
  for (auto _ : state) {
    Arena arena;
    benchmark::DoNotOptimize(
        parse_statement("SELECT email, age FROM \"users\" WHERE pk = 'user#1234567890' AND version > 3", {}, arena));
  }
}
BENCHMARK(statement);

}  // namespace
