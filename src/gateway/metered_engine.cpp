#include "gateway/metered_engine.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kResultNames[] = {"ok", "refused", "failed"};

std::size_t result_of(int status) { return status < 400 ? 0 : status < 500 ? 1 : 2; }

}  // namespace

MeteredEngine::MeteredEngine(std::unique_ptr<dynamo::Engine> engine, std::string store, observe::Registry& registry)
    : engine_(std::move(engine)), store_(std::move(store)), registry_(registry) {}

net::Task<void> MeteredEngine::execute(dynamo::Call& call) {
  const TimePoint began = std::chrono::steady_clock::now();
  net::Task<void> executing = engine_->execute(call);
  co_await executing;
  const unsigned worker = call.worker.index();
  calls(call.operation, call.status).add(worker);
  duration(call.operation).record(worker, std::chrono::steady_clock::now() - began);
}

int MeteredEngine::execute_blocking(dynamo::Operation operation, std::string_view body, std::string& answer) {
  return engine_->execute_blocking(operation, body, answer);
}

// Two workers that need a series at once get the same one from the registry.
observe::Counter& MeteredEngine::calls(dynamo::Operation operation, int status) {
  const std::size_t result = result_of(status);
  auto& slot = series_[static_cast<std::size_t>(operation)].calls[result];
  observe::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) [[unlikely]] {
    counter = &registry_.counter("gatehouse_store_operations_total", "Operations on the store's tables.",
                                 {{"store", store_},
                                  {"operation", std::string(dynamo::operation_name(operation))},
                                  {"result", std::string(kResultNames[result])}});
    slot.store(counter, std::memory_order_release);
  }
  return *counter;
}

observe::Histogram& MeteredEngine::duration(dynamo::Operation operation) {
  auto& slot = series_[static_cast<std::size_t>(operation)].duration;
  observe::Histogram* histogram = slot.load(std::memory_order_acquire);
  if (histogram == nullptr) [[unlikely]] {
    histogram = &registry_.histogram("gatehouse_store_operation_duration_seconds", "Time that an operation took, until it was durable.",
                                     {{"store", store_}, {"operation", std::string(dynamo::operation_name(operation))}});
    slot.store(histogram, std::memory_order_release);
  }
  return *histogram;
}

}  // namespace gatehouse::gateway
