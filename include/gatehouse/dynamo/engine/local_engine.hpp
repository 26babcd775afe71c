// The engine over a storage of this process: DynamoDB's semantics on ordered bytes. Shared by all workers.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/engine/storage.hpp"
#include "gatehouse/net/blocking_pool.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

struct LocalEngineOptions {
  std::string region = "local";            // in ARNs
  std::string endpoint = "localhost:8000"; // what DescribeEndpoints answers
  std::string backup_folder;               // checkpoints, exports; empty: backups are refused
  Duration stream_retention = std::chrono::hours(24);
  bool background = true;                  // TTL sweeps, trimming: off in tests that call tick()
};

class LocalEngine final : public Engine {
 public:
  // Reads the catalogue. `pool` serves what must wait for the disk; it and `clock` outlive the engine.
  static Result<std::unique_ptr<LocalEngine>> open(std::unique_ptr<Storage> storage, EngineKind kind, LocalEngineOptions options,
                                                   const Clock& clock, net::BlockingPool& pool);
  ~LocalEngine() override;

  std::string_view kind() const override;
  net::Task<void> execute(Call& call) override;
  int execute_blocking(Operation operation, std::string_view body, std::string& answer) override;
  std::shared_ptr<void> watch_stream(std::string_view table, std::function<void()> changed) override;
  void close() override;

  // One round of background work, now: expired items are deleted, the change log is trimmed. Returns how many items expired.
  std::uint64_t tick();
  Storage& storage();

 private:
  struct Impl;
  explicit LocalEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::dynamo
