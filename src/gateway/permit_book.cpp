#include "gateway/permit_book.hpp"

namespace gatehouse::gateway {

struct PermitBook::Entry {
  net::Permits permits;
  observe::Registry::Handle in_use, waiting;  // gone before the permits are
};

std::shared_ptr<net::Permits> PermitBook::find(const std::string& scope) {
  using Kind = observe::Registry::Kind;
  auto& known = entries_[scope];
  auto entry = known.lock();
  if (!entry) {
    entry = std::make_shared<Entry>();
    const observe::Labels labels{{"scope", scope}};
    entry->in_use = registry_.observe(Kind::kGauge, "gatehouse_concurrency_in_flight", "Requests that a concurrency limit counts now.",
                                      labels, [&permits = entry->permits] { return double(permits.held()); });
    entry->waiting = registry_.observe(Kind::kGauge, "gatehouse_concurrency_waiting", "Requests that wait in line for a permit.",
                                       labels, [&permits = entry->permits] { return double(permits.waiting()); });
    known = entry;
  }
  return {entry, &entry->permits};
}

}  // namespace gatehouse::gateway
