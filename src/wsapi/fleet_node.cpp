// Being a node: signs of life, coming back, leaving. What is asked by and of others is in fleet_requests.cpp.
#include "wsapi/fleet_node.hpp"

#include "gatehouse/base/log.hpp"

#include <optional>
#include <utility>

namespace gatehouse::wsapi {
namespace {

constexpr std::size_t kVisited = 64;  // slots of a worker in one of its turns
// A connection to Redis takes that much of one message.
constexpr std::size_t kLargestMessage = 17 * kMiB;
constexpr std::string_view kExpelled = "websocket_fleet_lost";
constexpr const char* kExpelledText = "the gateway was cut off; connect again";

redis::SubscriberSettings subscription(const FleetState& state) {
  redis::SubscriberSettings settings;
  settings.redis = state.settings.redis;
  settings.channels = {state.names.channel(node_text(state.registry.node())), state.names.channel_of_all()};
  settings.largest_message = kLargestMessage;
  return settings;
}

}  // namespace

FleetNode::FleetNode(std::shared_ptr<FleetState> state)
    : state_(std::move(state)),
      worker_(state_->background.worker()),
      ended_(worker_.ready()),
      link_(state_->background, state_->settings.redis, state_->tls, {state_->settings.queue, state_->settings.queue_bytes}, *this),
      calls_(*state_, link_),
      records_(*state_, link_, [this] { on_dead(); }),
      janitor_(*state_, link_),
      tasks_(worker_) {
  begin_stay();
  state_->node = this;
}

FleetNode::~FleetNode() {
  tasks_.stop();
  state_->node = nullptr;
  state_->reachable = false;
  calls_.fail_all();
}

void FleetNode::start() {
  tasks_.spawn("fleet link", link_.run());
  tasks_.spawn("fleet subscription", redis::run_subscriber(worker_, state_->background.resolver(), subscription(*state_), state_->tls, *this));
  tasks_.spawn("fleet signs", run_signs());
  tasks_.spawn("fleet janitor", janitor_.run());
}

net::Task<void> FleetNode::wait_for_end() {
  while (!state_->ended) co_await ended_;
}

void FleetNode::end() {
  state_->ended = true;
  ended_.wake();
}

void FleetNode::leave(Leaving leaving, std::function<void()> left) {
  left_ = true;
  records_.flush();
  const std::string& stay = records_.stay();
  Commands commands{end_of_signs(state_->names, stay)};
  if (leaving == Leaving::kFleetOnly || state_->registry.open_count() == 0) {
    commands.push_back({"DEL", state_->names.connections(stay)});
    commands.push_back({"HDEL", state_->names.nodes(), stay});
  }
  if (link_.ask(std::move(commands), [left](const Result<redis::Replies>&) { left(); }) != FleetLink::Taken::kTaken) left();
}

void FleetNode::begin_stay() {
  const std::string before = records_.stay();
  const std::string stay = stay_of(state_->registry.node(), state_->registry.begin_stay());
  records_.begin_stay(before, stay);
  janitor_.use_stay(stay);
  first_stay_ = before.empty();
  known_ = false;
}

Command FleetNode::greeting() {
  return sign_of_life(state_->names, records_.stay(), state_->registry.process(), state_->settings.alive, state_->settings.young);
}

FleetNode::Greeted FleetNode::greeted(const redis::Reply& reply) {
  if (reply.kind != redis::Reply::Kind::kText) return Greeted::kRefused;
  if (reply.text == "dead") {
    on_dead();
    return Greeted::kAgain;
  }
  if (reply.text == "taken") {
    log::error("websocket_fleet_number_taken", {{"node", node_text(state_->registry.node())}, {"remedy", "start this gateway again"}});
    return Greeted::kRefused;
  }
  // All connections are to be noted when Redis forgot them, or when they were there before the fleet.
  if ((reply.text == "new" && (known_ || first_stay_)) || records_.behind()) rewrite_ = true;
  known_ = true;
  return Greeted::kWelcome;
}

void FleetNode::on_linked() {
  reachable_or_not(nullptr);
  records_.flush();
  if (rewrite_ && !std::exchange(rewriting_, true)) tasks_.spawn("fleet records", run_rewrite());
}

void FleetNode::on_link_lost(const Error& error) {
  reachable_or_not(&error);
}

void FleetNode::on_subscribed() {
  subscribed_ = true;
  reachable_or_not(nullptr);
}

void FleetNode::on_lost(const Error& error) {
  subscribed_ = false;
  reachable_or_not(&error);
}

// Said once each way.
void FleetNode::reachable_or_not(const Error* error) {
  const bool reachable = link_.linked() && subscribed_;
  const bool was_reachable = state_->reachable.exchange(reachable);
  if (error != nullptr) state_->failures.fetch_add(1, std::memory_order_relaxed);
  if (was_reachable && !reachable) calls_.fail_all();
  if (reachable && !was_reachable) {
    said_unreachable_ = false;
    log::info("websocket_fleet_connected", {{"redis", state_->settings.redis.host}, {"node", node_text(state_->registry.node())}});
  }
  if (error != nullptr && !std::exchange(said_unreachable_, true))
    log::warn("websocket_fleet_unavailable",
              {{"redis", state_->settings.redis.host}, {"reason", error->reason()}, {"problem", error->message()}});
}

net::Task<void> FleetNode::run_signs() {
  while (true) {
    co_await net::sleep_for(worker_, state_->settings.sign);
    if (left_ || !link_.linked()) continue;
    give_sign();
    records_.flush();
    if (rewrite_ && !std::exchange(rewriting_, true)) tasks_.spawn("fleet records", run_rewrite());
  }
}

// On a new connection it is the greeting.
void FleetNode::give_sign() {
  link_.ask({greeting()},
            [this, stay = records_.stay()](const Result<redis::Replies>& replies) {
              if (replies && stay == records_.stay()) greeted(replies->front());
            },
            FleetLink::Turn::kFirst);
}

// Other nodes have taken this one for dead. They make the $disconnect calls of the connections that it had noted; clients of
// those are sent away, to come back as new ones. What was not noted yet is noted in the new stay.
void FleetNode::on_dead() {
  const bool all_noted = !records_.behind();
  log::warn("websocket_fleet_expelled", {{"node", node_text(state_->registry.node())}, {"problem", "without a sign of life for too long"}});
  begin_stay();
  give_sign();
  tasks_.spawn("fleet expulsion", run_expulsion(all_noted ? kTakenOver : kExpelled));
}

net::Task<void> FleetNode::run_expulsion(std::string_view reason) {
  const std::function<void(std::vector<Seen>)> send_away = [this, reason](std::vector<Seen> seen) {
    std::vector<ConnectionId> ids;
    for (const Seen& one : seen)
      if (!records_.is_fresh(one.id.to_string())) ids.push_back(one.id);
    state_->expelled.fetch_add(ids.size(), std::memory_order_relaxed);
    state_->registry.expel(ids, kExpelledText, reason);
  };
  net::Task<void> visiting = visit_all(false, send_away);
  co_await visiting;
  records_.forget_fresh();
}

net::Task<void> FleetNode::run_rewrite() {
  const std::string stay = records_.stay();
  rewrite_ = false;
  records_.begin_anew();
  Commands commands = forget_connections(state_->names, stay);
  net::Task<Result<redis::Replies>> forgetting = link_.call(std::move(commands));
  const Result<redis::Replies> forgotten = co_await forgetting;
  if (forgotten) {
    const std::function<void(std::vector<Seen>)> note = [this](std::vector<Seen> seen) {
      for (Seen& one : seen) records_.is_there(one.id.to_string(), std::move(one.record));
    };
    net::Task<void> visiting = visit_all(true, note);
    co_await visiting;
  }
  rewriting_ = false;
  // With the next sign of life.
  if (!forgotten || records_.behind()) rewrite_ = true;
}

// Shows `look` all connections that there were when this began, piece by piece. With records, Redis is left time to take them.
net::Task<void> FleetNode::visit_all(bool with_records, std::function<void(std::vector<Seen>)> look) {
  for (unsigned worker = 0; worker < state_->registry.workers(); ++worker) {
    std::uint64_t from = 0;
    while (from != Registry::kNoMore) {
      Awaited<std::uint64_t> next(state_->background);
      visit(worker, from, with_records, look, next.later());
      while (!next.there()) co_await next.waiter();
      from = next.value();
      while (with_records && records_.crowded() && link_.linked()) co_await net::sleep_for(worker_, std::chrono::milliseconds(10));
    }
  }
}

// What is seen is looked at in the order in which the worker tells of it: an end that it tells later must not be noted earlier.
void FleetNode::visit(unsigned worker, std::uint64_t from, bool with_records, std::function<void(std::vector<Seen>)> look,
                      Done<std::uint64_t> done) {
  const auto seen = std::make_shared<std::vector<Seen>>();
  const auto see = [seen, with_records](const Connection& connection) {
    std::string record = with_records ? write_record(connection.sink().api(), connection.facts()) : std::string();
    seen->push_back({connection.id(), std::move(record)});
  };
  state_->registry.visit(worker, from, kVisited, see, [state = state_, seen, look = std::move(look), done = std::move(done)](std::uint64_t next) {
    FleetState::with_node(state, [seen, look](FleetNode&) { look(std::move(*seen)); });
    done(next);
  });
}

net::Task<void> run_fleet_node(std::shared_ptr<FleetState> state) {
  FleetNode node(state);
  node.start();
  net::Task<void> waiting = node.wait_for_end();
  co_await waiting;
}

}  // namespace gatehouse::wsapi
