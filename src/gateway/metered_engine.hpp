// An engine whose operations are counted and timed: for the metrics of a store. As thread-safe as the engine within.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace gatehouse::gateway {

class MeteredEngine final : public dynamo::Engine {
 public:
  // `registry` outlives it.
  MeteredEngine(std::unique_ptr<dynamo::Engine> engine, std::string store, observe::Registry& registry);

  std::string_view kind() const override { return engine_->kind(); }
  net::Task<void> execute(dynamo::Call& call) override;
  // Of tools and the start: not counted.
  int execute_blocking(dynamo::Operation operation, std::string_view body, std::string& answer) override;
  std::shared_ptr<void> watch_stream(std::string_view table, std::function<void()> changed) override {
    return engine_->watch_stream(table, std::move(changed));
  }
  void close() override { engine_->close(); }

 private:
  static constexpr std::size_t kResults = 3;  // 2xx, 4xx, 5xx
  // Made when they are first needed: few operations are ever used.
  struct Series {
    std::array<std::atomic<observe::Counter*>, kResults> calls{};
    std::atomic<observe::Histogram*> duration{nullptr};
  };
  observe::Counter& calls(dynamo::Operation operation, int status);
  observe::Histogram& duration(dynamo::Operation operation);

  std::unique_ptr<dynamo::Engine> engine_;
  std::string store_;
  observe::Registry& registry_;
  std::array<Series, static_cast<std::size_t>(dynamo::Operation::kCount)> series_;
};

}  // namespace gatehouse::gateway
