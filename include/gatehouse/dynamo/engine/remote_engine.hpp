// The engine that is somewhere else: Amazon DynamoDB, a ScyllaDB Alternator cluster, another Gatehouse. Requests pass through as they
// are, signed; answers come back as they are, checked. Shared by all workers; its connections live on a thread of its own.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// What is tried again, until the attempts or the time are used up, with jittered pauses in between and on another node where there is
// one: whatever the store says it has not done (throttling, 503), what was never sent, and reads. A write that may have been done is
// never sent twice: its client learns that it is not known.
class RemoteEngine final : public Engine {
 public:
  // Waits for nothing. Without endpoints it is Amazon's of the region. Fails when an endpoint is no URL or the TLS files cannot be used.
  static Result<std::unique_ptr<RemoteEngine>> open(const RemoteSettings& settings, const Clock& clock);
  ~RemoteEngine() override;

  std::string_view kind() const override { return "remote"; }
  net::Task<void> execute(Call& call) override;
  int execute_blocking(Operation operation, std::string_view body, std::string& answer) override;
  void close() override;

 private:
  struct Impl;
  explicit RemoteEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::dynamo
