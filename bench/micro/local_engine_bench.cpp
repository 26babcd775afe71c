// The embedded engine above its storage: JSON in, JSON out, on one thread. Over memory what the engine itself costs; over RocksDB,
// log without sync, what a request costs but for network and signature.
#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/local_engine.hpp"

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace gatehouse::dynamo {
namespace {

constexpr int kItems = 20'000;
constexpr int kInPartition = 100;

class Engine {
 public:
  explicit Engine(EngineKind kind) {
    std::unique_ptr<Storage> storage;
    if (kind == EngineKind::kMemory) {
      storage = open_memory();
    } else {
      std::string name = (std::filesystem::temp_directory_path() / "gatehouse-bench-XXXXXX").string();
      folder_ = ::mkdtemp(name.data());
      EmbeddedSettings settings;
      settings.path = folder_ + "/data";
      settings.durability = Durability::kNone;
      storage = std::move(open_rocks(settings).value());
    }
    LocalEngineOptions options;
    options.background = false;
    engine_ = LocalEngine::open(std::move(storage), kind, options, clock_, pool_).value();
    call(Operation::kCreateTable, R"({"TableName":"bench","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]})");
    for (int item = 0; item < kItems; ++item) call(Operation::kPutItem, put(item));
  }
  ~Engine() {
    engine_->close();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  const std::string& call(Operation operation, std::string_view body) {
    answer_.clear();
    if (engine_->execute_blocking(operation, body, answer_) != 200) throw std::runtime_error(answer_);
    return answer_;
  }

  static std::string key(int item) {
    return R"("pk":{"S":"user-)" + std::to_string(item / kInPartition) + R"("},"sk":{"N":")" +
           std::to_string(item % kInPartition) + R"("})";
  }
  static std::string put(int item) {
    return R"({"TableName":"bench","Item":{)" + key(item) +
           R"(,"name":{"S":"Ada Lovelace"},"email":{"S":"ada@example.com"},"age":{"N":"36"},"active":{"BOOL":true},)"
           R"("note":{"S":"wrote what may be the first program, for a machine that was never built"}}})";
  }

 private:
  std::string folder_;
  SystemClock clock_;
  net::BlockingPool pool_{1, 10};
  std::unique_ptr<LocalEngine> engine_;
  std::string answer_;
};

EngineKind kind_of(const benchmark::State& state) { return state.range(0) == 0 ? EngineKind::kMemory : EngineKind::kEmbedded; }

void get_item(benchmark::State& state) {
  Engine engine(kind_of(state));
  const std::string body = R"({"TableName":"bench","Key":{)" + Engine::key(4242) + "}}";
  for (auto _ : state) benchmark::DoNotOptimize(engine.call(Operation::kGetItem, body));
}

void put_item(benchmark::State& state) {
  Engine engine(kind_of(state));
  const std::string body = Engine::put(4242);
  // An item that is put as it already is costs no write.
  std::string changed = body;
  changed.replace(changed.find("36"), 2, "37");
  bool even = false;
  for (auto _ : state) benchmark::DoNotOptimize(engine.call(Operation::kPutItem, (even = !even) ? body : changed));
}

void update_item(benchmark::State& state) {
  Engine engine(kind_of(state));
  const std::string body = R"({"TableName":"bench","Key":{)" + Engine::key(4242) +
                           R"(},"UpdateExpression":"SET age = age + :one","ExpressionAttributeValues":{":one":{"N":"1"}}})";
  for (auto _ : state) benchmark::DoNotOptimize(engine.call(Operation::kUpdateItem, body));
}

void query_100(benchmark::State& state) {
  Engine engine(kind_of(state));
  const std::string body = R"({"TableName":"bench","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"user-42"}}})";
  for (auto _ : state) benchmark::DoNotOptimize(engine.call(Operation::kQuery, body));
}

// 0: memory, 1: RocksDB.
BENCHMARK(get_item)->Arg(0)->Arg(1);
BENCHMARK(put_item)->Arg(0)->Arg(1);
BENCHMARK(update_item)->Arg(0)->Arg(1);
BENCHMARK(query_100)->Arg(0)->Arg(1);

}  // namespace
}  // namespace gatehouse::dynamo
