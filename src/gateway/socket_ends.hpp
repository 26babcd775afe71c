// The $disconnect calls that this gateway makes for others: of connections whose gateway is gone. Any thread, but for what says
// otherwise. Outlives the workers' threads.
#pragma once

#include "gatehouse/net/task_group.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/wsapi/api.hpp"
#include "gatehouse/wsapi/orphan.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gatehouse::gateway {

class SocketEnds {
 public:
  explicit SocketEnds(const std::vector<net::Worker*>& workers);

  // From now on calls are made by these.
  void use(const std::vector<std::shared_ptr<wsapi::SocketApi>>& apis);
  // `told` is called when the call is over, however it went, or when there is no such API.
  void tell(wsapi::Orphan orphan, std::function<void()> told);
  // On the worker's thread: calls that are under way are dropped, and none is made any more.
  void close(const net::Worker& worker);

 private:
  struct Desk {
    explicit Desk(net::Worker& of) : worker(of), tasks(of) {}
    net::Worker& worker;
    net::TaskGroup tasks;  // the worker's thread
  };
  std::vector<std::unique_ptr<Desk>> desks_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<wsapi::SocketApi>, std::less<>> apis_;
};

}  // namespace gatehouse::gateway
