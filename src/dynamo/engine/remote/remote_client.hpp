// Behind RemoteEngine: its thread, and the way of a call there and back. Thread-safe.
#pragma once

#include "session.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace gatehouse::dynamo {

class RemoteClient {
 public:
  // The clock outlives it.
  static Result<std::unique_ptr<RemoteClient>> open(const RemoteSettings& settings, RemoteOptions options, const Clock& clock);
  ~RemoteClient();

  net::Task<void> execute(Call& call);
  int execute_blocking(Operation operation, std::string_view body, std::string& answer);
  // What still runs ends with a fault; so does everything from now on.
  void close();

 private:
  RemoteClient(const RemoteSettings& settings, RemoteOptions options);
  // False: too much waits already, or it is closed; `refusal` says which.
  bool submit(const std::shared_ptr<Job>& job, std::string& refusal);
  TimePoint deadline() const { return std::chrono::steady_clock::now() + settings_.timeout; }

  const RemoteSettings settings_;
  const RemoteOptions options_;
  JobGate gate_;
  net::Worker worker_{0};
  std::unique_ptr<RemoteSession> session_;  // the thread's, once it runs
  std::mutex mutex_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace gatehouse::dynamo
