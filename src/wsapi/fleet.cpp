#include "gatehouse/wsapi/fleet.hpp"

#include "wsapi/fleet_node.hpp"

#include <future>
#include <mutex>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using Op = FleetMessage::Op;

// Larger messages reach only connections of this process, one by one.
constexpr std::size_t kLargestPayload = 16 * kMiB;

// Tells the node of connections as they come and go.
class Watcher final : public RegistryWatcher {
 public:
  explicit Watcher(std::shared_ptr<FleetState> state) : state_(std::move(state)) {}

  void on_opened(const Connection& connection) override {
    std::string record = write_record(connection.sink().api(), connection.facts());
    FleetState::with_node(state_, [id = connection.id().to_string(), record = std::move(record)](FleetNode& node) mutable {
      node.records().opened(std::move(id), std::move(record));
    });
  }
  void on_over(const ConnectionId& id) noexcept override {
    FleetState::with_node(state_, [id = id.to_string()](FleetNode& node) mutable { node.records().told(std::move(id)); });
  }

 private:
  const std::shared_ptr<FleetState> state_;
};

// What is sent here and what is sent by all others, as one.
class Both {
 public:
  explicit Both(Done<Delivered> done) : done_(std::move(done)) {}
  void add(const Delivered& part) {
    {
      const std::lock_guard lock(mutex_);
      sum_.sent += part.sent;
      sum_.full += part.full;
      if (part.outcome != Outcome::kDone) sum_.outcome = part.outcome;
      if (--left_ > 0) return;
    }
    done_(sum_);
  }

 private:
  std::mutex mutex_;
  int left_ = 2;
  Delivered sum_;
  Done<Delivered> done_;
};

// A request with texts of its own, for the way to the background thread.
struct Request {
  FleetMessage message;
  std::string api, group, payload;
  ConnectionId id;
  http::PreparedFrame frame;

  // Borrows from this.
  FleetMessage borrowed(const std::string& id_text) const {
    FleetMessage request = message;
    request.api = api;
    request.group = group;
    request.id = id_text;
    request.payload = frame.wire().empty() ? std::string_view(payload) : payload_of(frame);
    request.binary = is_binary(frame);
    return request;
  }
};

// Asks the node that holds the connection. `answered` is called on the background thread.
void ask_elsewhere(const std::shared_ptr<FleetState>& state, Request request, FleetCalls::Answered answered) {
  FleetState::with_node(
      state,
      [request = std::move(request), answered](FleetNode& node) {
        const std::string id = request.id.to_string();
        node.calls().ask(node_text(request.id.node()), request.borrowed(id), answered);
      },
      [answered] { answered(Outcome::kUnavailable, nullptr); });
}

void ask_elsewhere(const std::shared_ptr<FleetState>& state, Request request, Done<Outcome> done) {
  ask_elsewhere(state, std::move(request), [done = std::move(done)](Outcome outcome, const FleetMessage*) { done(outcome); });
}

Request make_request(Op op, std::string_view api, const ConnectionId& id) {
  Request request;
  request.message.op = op;
  request.api = api;
  request.id = id;
  return request;
}

}  // namespace

Result<std::shared_ptr<Fleet>> Fleet::start(FleetSettings settings, Registry& registry, net::BackgroundWorker& background,
                                            observe::Registry& metrics, TellEnd tell_end) {
  auto state = std::make_shared<FleetState>(std::move(settings), registry, background, std::move(tell_end));
  if (state->settings.redis.tls) {
    auto made = net::make_tls_client_context(state->settings.redis.tls_settings);
    if (!made) return made.error();
    state->tls = *made;
  }
  std::shared_ptr<Fleet> fleet(new Fleet(state));
  fleet->register_metrics(metrics);
  background.spawn("websocket fleet", [state] { return run_fleet_node(state); });
  return fleet;
}

Fleet::Fleet(std::shared_ptr<FleetState> state) : state_(std::move(state)), watcher_(std::make_shared<Watcher>(state_)) {
  state_->registry.watch(watcher_);
}

Fleet::~Fleet() {
  state_->registry.unwatch(watcher_.get());
  FleetState::with_node(state_, [state = state_](FleetNode& node) {
    node.leave(FleetNode::Leaving::kFleetOnly, [state] {
      if (state->node != nullptr) state->node->end();
    });
  });
}

const FleetSettings& Fleet::settings() const { return state_->settings; }
bool Fleet::is_local(const ConnectionId& id) const { return id.node() == state_->registry.node(); }

void Fleet::leave(Duration patience) {
  const auto left = std::make_shared<std::promise<void>>();
  auto future = left->get_future();
  FleetState::with_node(
      state_, [left](FleetNode& node) { node.leave(FleetNode::Leaving::kWithProcess, [left] { left->set_value(); }); },
      [left] { left->set_value(); });
  future.wait_for(patience);
}

void Fleet::send(std::string_view api, const ConnectionId& id, http::PreparedFrame frame, Done<Outcome> done) {
  if (is_local(id)) return state_->registry.send(api, id, std::move(frame), std::move(done));
  if (frame.payload_size() > kLargestPayload) return done(Outcome::kTooLarge);
  Request request = make_request(Op::kSend, api, id);
  request.frame = std::move(frame);
  ask_elsewhere(state_, std::move(request), std::move(done));
}

void Fleet::close(std::string_view api, const ConnectionId& id, http::websocket::CloseCode code, std::string text, Done<Outcome> done) {
  if (is_local(id)) return state_->registry.close(api, id, code, std::move(text), std::move(done));
  Request request = make_request(Op::kClose, api, id);
  request.message.code = static_cast<std::uint16_t>(code);
  request.payload = std::move(text);
  ask_elsewhere(state_, std::move(request), std::move(done));
}

void Fleet::describe(std::string_view api, const ConnectionId& id, Done<Described> done) {
  if (is_local(id)) return state_->registry.describe(api, id, std::move(done));
  const auto answered = [done = std::move(done)](Outcome outcome, const FleetMessage* answer) {
    Described described;
    described.outcome = outcome;
    if (outcome == Outcome::kDone) {
      auto descriptions = read_descriptions(answer->payload);
      if (descriptions && descriptions->size() == 1) {
        described.description = std::move(descriptions->front());
      } else {
        described.outcome = Outcome::kUnknown;
      }
    }
    done(std::move(described));
  };
  ask_elsewhere(state_, make_request(Op::kDescribe, api, id), FleetCalls::Answered(answered));
}

void Fleet::join(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) {
  if (is_local(id)) return state_->registry.join(api, group, id, std::move(done));
  Request request = make_request(Op::kJoin, api, id);
  request.group = group;
  ask_elsewhere(state_, std::move(request), std::move(done));
}

void Fleet::leave(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) {
  if (is_local(id)) return state_->registry.leave(api, group, id, std::move(done));
  Request request = make_request(Op::kLeave, api, id);
  request.group = group;
  ask_elsewhere(state_, std::move(request), std::move(done));
}

void Fleet::broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Done<Delivered> done) {
  if (frame.payload_size() > kLargestPayload) return done({0, 0, Outcome::kTooLarge});
  const auto both = std::make_shared<Both>(std::move(done));
  const auto add = [both](const Delivered& part) { both->add(part); };
  Request request = make_request(Op::kBroadcast, api, ConnectionId());
  request.group = group;
  request.frame = frame;
  state_->registry.broadcast(api, group, std::move(frame), add);
  Delivered failed;
  failed.outcome = Outcome::kUnavailable;
  FleetState::with_node(
      state_, [request = std::move(request), add](FleetNode& node) { node.calls().ask_all(request.borrowed({}), add); },
      [add, failed] { add(failed); });
}

void Fleet::list(std::string_view api, std::string_view group, std::string_view next, std::uint32_t limit, Done<Presence> done) {
  FleetState::with_node(
      state_,
      [api = std::string(api), group = std::string(group), next = std::string(next), limit, done](FleetNode& node) {
        node.list(api, group, next, limit, done);
      },
      [done] {
        Presence nothing;
        nothing.outcome = Outcome::kUnavailable;
        done(std::move(nothing));
      });
}

void Fleet::register_metrics(observe::Registry& metrics) {
  using Kind = observe::Registry::Kind;
  const auto add = [&](Kind kind, std::string_view name, std::string_view help, std::atomic<std::uint64_t> FleetState::*value) {
    metrics_.push_back(metrics.observe(kind, name, help, {}, [state = state_, value] {
      return static_cast<double>(((*state).*value).load(std::memory_order_relaxed));
    }));
  };
  metrics_.push_back(metrics.observe(Kind::kGauge, "gatehouse_websocket_fleet_connected", "1 while other gateways' connections can be reached.", {},
                                     [state = state_] { return state->reachable ? 1.0 : 0.0; }));
  add(Kind::kGauge, "gatehouse_websocket_fleet_nodes", "Gateways that show signs of life, this one among them.", &FleetState::nodes);
  add(Kind::kCounter, "gatehouse_websocket_fleet_asked_total", "Requests to other gateways.", &FleetState::asked);
  add(Kind::kCounter, "gatehouse_websocket_fleet_unanswered_total", "Of them, those that got no answer in time.", &FleetState::unanswered);
  add(Kind::kCounter, "gatehouse_websocket_fleet_refused_total", "Requests that could not be made: Redis away, or too many under way.",
      &FleetState::refused);
  add(Kind::kCounter, "gatehouse_websocket_fleet_answered_total", "Requests of other gateways.", &FleetState::answered);
  add(Kind::kCounter, "gatehouse_websocket_fleet_failures_total", "Connections to Redis that failed or broke.", &FleetState::failures);
  add(Kind::kCounter, "gatehouse_websocket_fleet_taken_over_total", "$disconnect calls made for gateways that were gone.", &FleetState::taken_over);
  add(Kind::kCounter, "gatehouse_websocket_fleet_expelled_total", "Connections closed because this gateway was taken for dead.",
      &FleetState::expelled);
  add(Kind::kCounter, "gatehouse_websocket_fleet_behind_total", "Times that too many notes of connections waited for Redis and were dropped.",
      &FleetState::behind);
  add(Kind::kCounter, "gatehouse_websocket_fleet_unsaid_total", "Answers to other gateways that could not be given: too much waited for Redis.",
      &FleetState::unsaid);
}

}  // namespace gatehouse::wsapi
