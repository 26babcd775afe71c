// The running gateway: workers, listeners and the current snapshot. Control plane calls, from one thread (the one that made
// it) unless a method says otherwise; none of them waits for the network.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/config/settings.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/plans/service.hpp"
#include "gatehouse/wsapi/management.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gateway {

struct Status {
  std::uint64_t config_version;  // 1 at start, one more with each successful reload
  bool last_reload_ok;
  std::string last_reload_error;  // empty when ok
  bool draining;
  std::uint64_t connections;
  unsigned workers;
};

class Gateway {
 public:
  // Binds every listener, builds the first snapshot, starts the workers. When it fails nothing runs; the error names the
  // listener, file or backend that is wrong.
  static Result<std::unique_ptr<Gateway>> start(config::Settings settings, const Clock& clock);
  // Closes every connection at once; drain() first to let requests finish.
  ~Gateway();

  // Builds a whole new snapshot and swaps it in on every worker; running requests end on the old one. When it fails
  // nothing changes and status() tells.
  Result<void> reload(config::Settings settings);
  // A configuration that could not even be read: status() and metrics tell, nothing changes.
  void reload_failed(const std::string& why);

  // No new connections; idle ones close; the others after their answer.
  void drain();
  // Open downstream connections of all workers. Any thread.
  std::uint64_t connections() const;

  // Where the listeners are bound, in the order of the file (port 0 resolved).
  std::vector<Endpoint> endpoints() const;
  Status status() const;
  observe::Registry& registry();  // any thread
  plans::PlanService& plans();    // any thread that may wait
  void reopen_logs();
  // A management call to the connections of that API, by an operator. False, and `done` is not called, when there is no WebSocket API of
  // that name.
  bool manage_sockets(std::string_view api, const wsapi::ManagementRequest& request, wsapi::Done<wsapi::ManagementReply> done);
  // Bytes of the largest message that one of the WebSocket APIs allows; 0: there are none.
  std::uint64_t largest_socket_message() const;
  // For X-Gatehouse-Trace: requests that carry it are told what decided about them. Good for `lifetime`, a day at most.
  std::string issue_trail_token(Duration lifetime);
  // Takes answers out of the cache: of that API, that route ("GET /orders/{id}"), with paths that begin so; empty texts match
  // everything. Returns how many. Any thread.
  std::size_t flush_cache(std::string_view api, std::string_view route, std::string_view path_prefix);

 private:
  struct Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::gateway
