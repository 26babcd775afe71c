// Services over one store in memory, as gateways of one fleet.
#pragma once

#include "gatehouse/dynamo/engine/local_engine.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/plans/service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

namespace gatehouse::plans {

// A store that can be out of order: reads and writes fail while it is.
class FlakyEngine final : public dynamo::Engine {
 public:
  explicit FlakyEngine(EnginePtr engine) : engine_(std::move(engine)) {}
  std::string_view kind() const override { return engine_->kind(); }
  net::Task<void> execute(dynamo::Call& call) override {
    if (broken) {
      fail(call.answer);
      call.status = 500;
      co_return;
    }
    net::Task<void> executing = engine_->execute(call);
    co_await executing;
  }
  int execute_blocking(dynamo::Operation operation, std::string_view body, std::string& answer) override {
    if (!broken) return engine_->execute_blocking(operation, body, answer);
    fail(answer);
    return 500;
  }
  void close() override {}

  std::atomic<bool> broken{false};

 private:
  static void fail(std::string& answer) { answer = R"({"__type":"InternalServerError","message":"out of order"})"; }
  EnginePtr engine_;
};

// Turned by the test while background threads read it.
class SharedClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point now() const override {
    const std::lock_guard lock(mutex_);
    return clock_.now();
  }
  std::chrono::system_clock::time_point wall() const override {
    const std::lock_guard lock(mutex_);
    return clock_.wall();
  }
  void advance(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    clock_.advance(by);
  }

 private:
  mutable std::mutex mutex_;
  ManualClock clock_;
};

class ServiceTest : public ::testing::Test {
 protected:
  // A gateway's part of it.
  struct Node {
    Node(const Clock& clock, const PlanSetup& setup) : service(clock, background, registry) { use(setup); }
    ~Node() { stop(); }
    void use(const PlanSetup& setup) {
      auto prepared = service.prepare(setup);
      error = prepared ? "" : prepared.error().message();
      if (!prepared) return;
      parts = std::move(*prepared);
      service.adopt(setup);
    }
    void stop() {
      background.stop();
      service.close();
    }
    // What a worker does for a request of this key.
    bool take(const std::string& id, const std::string& plan) {
      const Plan* const found = parts.book->find(plan);
      Account* const account = parts.book->ledger()->find(0, id, found->settings.quota.per);
      return account != nullptr && account->take(found->settings.quota.limit, today).admitted;
    }
    int take(const std::string& id, const std::string& plan, int attempts) {
      int passed = 0;
      for (int i = 0; i < attempts; ++i) passed += take(id, plan) ? 1 : 0;
      return passed;
    }

    observe::Registry registry{1};
    net::BackgroundWorker background{1};
    PlanService service;
    PlanService::Prepared parts;
    Day today = 0;
    std::string error;
  };

  ServiceTest() {
    dynamo::LocalEngineOptions options;
    options.background = false;
    auto engine = dynamo::LocalEngine::open(dynamo::open_memory(), dynamo::EngineKind::kMemory, options, clock_, pool_);
    engine_ = std::make_shared<FlakyEngine>(EnginePtr(std::move(*engine)));
    setup_.plans = {{"daily", {}, 0, {10, {Unit::kDay, 0}}}, {"monthly", {}, 0, {10, {Unit::kMonth, 0}}}, {"rated", {5, std::chrono::seconds(1)}, 10, {}}};
    setup_.written_keys = {{"a", "daily"}, {"m", "monthly"}, {"none", ""}};
    setup_.key_stores = {{"main", engine_, std::chrono::hours(1)}};
    setup_.usage = {true, "main", std::chrono::hours(24 * 400)};
    setup_.usage_engine = engine_;
  }

  std::unique_ptr<Node> node() {
    auto made = std::make_unique<Node>(clock_, setup_);
    made->today = day_of(clock_.wall());
    return made;
  }

  SharedClock clock_;
  net::BlockingPool pool_{1, 64};
  std::shared_ptr<FlakyEngine> engine_;
  PlanSetup setup_;
};

}  // namespace gatehouse::plans
