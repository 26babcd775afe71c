// The permits of concurrency limits by the place where the limit was written, so that they outlive a reload. Control plane only.
#pragma once

#include "gatehouse/net/permits.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <map>
#include <memory>
#include <string>

namespace gatehouse::gateway {

class PermitBook {
 public:
  explicit PermitBook(observe::Registry& registry) : registry_(registry) {}
  // Those in use for `scope`, or new ones.
  std::shared_ptr<net::Permits> find(const std::string& scope);

 private:
  struct Entry;
  observe::Registry& registry_;
  std::map<std::string, std::weak_ptr<Entry>> entries_;
};

}  // namespace gatehouse::gateway
