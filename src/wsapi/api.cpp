#include "gatehouse/wsapi/api.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/wsapi/orphan.hpp"
#include "reply.hpp"
#include "socket_call.hpp"

#include <utility>

namespace gatehouse::wsapi {
namespace {

// Amazon's words where the client's Close frame had none.
constexpr std::string_view kNoStatus = "Client-side close frame status not set";
constexpr std::string_view kNoFrame = "Connection closed abnormally";

struct Chosen {
  const SocketRoute& route;
  Content content;
};

// $connect and $disconnect are no keys of messages, whatever a client writes.
Chosen choose(const SocketRoutes& routes, const Message& message) {
  Content content = message.binary ? Content::kBinary : Content::kText;
  if (!message.binary) {
    Arena arena;
    if (const auto key = routes.selection.evaluate(message.payload, arena)) {
      content = Content::kJson;
      const auto found = routes.messages.find(*key);
      if (found != routes.messages.end()) return {found->second, content};
    }
  }
  return {routes.otherwise ? *routes.otherwise : routes.nowhere, content};
}

std::string_view end_text(const Ending& ending) {
  if (!ending.text.empty()) return ending.text;
  if (ending.code == 1005) return kNoStatus;
  return ending.code == 1006 && ending.reason.empty() ? kNoFrame : ending.reason;
}

void count(observe::Counter* counter, const net::Worker& worker) {
  if (counter != nullptr) counter->add(worker.index());
}

}  // namespace

SocketApi::SocketApi(std::string id, std::size_t workers, const Clock& clock, SocketObserver& observer)
    : id_(std::move(id)), clock_(clock), observer_(observer), by_worker_(workers) {}

void SocketApi::adopt(const net::Worker& worker, std::shared_ptr<const SocketRoutes> routes) {
  by_worker_[worker.index()] = std::move(routes);
}

std::shared_ptr<const SocketRoutes> SocketApi::routes(const net::Worker& worker) const { return by_worker_[worker.index()]; }

net::Task<void> SocketApi::on_message(std::shared_ptr<Connection> connection, Message message) {
  net::Worker& worker = connection->worker();
  const std::shared_ptr<const SocketRoutes> now = routes(worker);
  const Chosen chosen = choose(*now, message);
  count(chosen.route.counters.messages, worker);
  SocketCall call(worker, *now, chosen.route, connection->id(), connection->facts(), "MESSAGE", clock_);
  call.set_payload(message.payload, chosen.content);
  net::Task<void> running = call.run();
  co_await running;
  const Replied replied = reply(call, *connection, now->errors);
  if (replied == Replied::kSent) count(chosen.route.counters.replies, worker);
  if (replied == Replied::kIntegrationFailed) count(chosen.route.counters.integration_errors, worker);
}

net::Task<void> SocketApi::on_closed(std::shared_ptr<Connection> connection, Ending ending) {
  const ConnectionFacts facts = connection->facts();
  const std::string id = connection->id().to_string();
  observer_.on_socket_closed(connection->worker(), {id_, facts.route, facts.request_id, id, facts.source, ending});
  if (ending.reason == kTakenOver) co_return;  // another node tells
  net::Task<void> telling = tell_end(connection->worker(), connection->id(), facts, std::move(ending));
  co_await telling;
}

net::Task<void> SocketApi::tell_end(net::Worker& worker, ConnectionId id, ConnectionFacts facts, Ending ending) {
  const std::shared_ptr<const SocketRoutes> now = routes(worker);
  if (!now->disconnect) co_return;
  const SocketRoute& route = *now->disconnect;
  count(route.counters.messages, worker);
  SocketCall call(worker, *now, route, id, facts, "DISCONNECT", clock_);
  call.set_end(ending.code, end_text(ending));
  net::Task<void> running = call.run();
  co_await running;
  const int status = call.exchange().answered().status;
  if (status >= 200 && status < 300) co_return;
  count(route.counters.integration_errors, worker);
  log::warn("disconnect_not_told", {{"api", id_},
                                    {"connection_id", call.socket().connection_id},
                                    {"request_id", call.context().request_id},
                                    {"status", std::uint64_t(status)},
                                    {"reason", call.context().reason}});
}

}  // namespace gatehouse::wsapi
