// A small HTTP backend that tells what it received: something real to route to on the first day. Its own thread.
//   /status/{code} answers with that code; /bytes/{n} with n bytes; everything else with JSON about the request.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"

#include <memory>
#include <string>

namespace gatehouse::app {

class DemoServer {
 public:
  static Result<std::unique_ptr<DemoServer>> start(const Endpoint& address, std::string name);
  ~DemoServer();
  Endpoint endpoint() const;

 private:
  struct Impl;
  explicit DemoServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::app
