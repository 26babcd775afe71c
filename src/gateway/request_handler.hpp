// The way of a request above the session: look at it, route it, walk the chain, let the integration answer, close the books.
// One per worker, on its thread.
#pragma once

#include "gateway/snapshot.hpp"
#include "gateway/trail_tokens.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/config/settings.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/net/task_group.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/observe/metrics.hpp"

#include <atomic>
#include <list>
#include <memory>

namespace gatehouse::gateway {

class RequestHandler final : public http::Handler {
 public:
  RequestHandler(net::Worker& worker, observe::Registry& registry, const TrailTokens& trail_tokens, const Clock& clock);
  ~RequestHandler();

  // From now on new requests use `snapshot`; running ones keep theirs, which is let go when the last of them ends.
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  const Snapshot& current() const { return *current_->snapshot; }

  // For listeners of that purpose.
  http::Handler& entrance(config::ListenerPurpose purpose);

  net::Task<void> handle(http::Exchange& exchange) override;
  void on_refusal(const http::Refusal& refusal) override;
  void on_connection_opened() override;
  void on_connection_closed() override;

  // Any thread.
  std::uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }
  std::uint64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  // A snapshot and how many requests of this worker run on it: counting here costs no atomic and no shared cache line.
  struct Pinned {
    std::shared_ptr<const Snapshot> snapshot;
    std::size_t requests = 0;
  };
  class Pin;
  class Books;
  struct Refresh;

  // Where SDK clients come in: their requests are not routed.
  class TablesEntrance final : public http::Handler {
   public:
    explicit TablesEntrance(RequestHandler& handler) : handler_(handler) {}
    net::Task<void> handle(http::Exchange& exchange) override { return handler_.serve(exchange, config::ListenerPurpose::kTables); }
    void on_refusal(const http::Refusal& refusal) override { handler_.on_refusal(refusal); }
    void on_connection_opened() override { handler_.on_connection_opened(); }
    void on_connection_closed() override { handler_.on_connection_closed(); }

   private:
    RequestHandler& handler_;
  };

  // Whether an operator's token asks for the decision trail.
  bool wants_trail(const http::RequestHead& request) const;
  net::Task<void> serve(http::Exchange& exchange, config::ListenerPurpose purpose);
  void begin_refresh(const Pin& pin, pipeline::RequestContext& of);
  net::Task<void> run_refresh(std::unique_ptr<Refresh> work);

  net::Worker& worker_;
  observe::Registry& registry_;
  const TrailTokens& trail_tokens_;
  const Clock& clock_;
  TablesEntrance tables_{*this};
  std::list<Pinned> pinned_;
  Pinned* current_ = nullptr;
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> in_flight_{0};
  net::TaskGroup refreshes_;  // last: what runs there may use all of the above
};

}  // namespace gatehouse::gateway
