// What other nodes ask of this one, and lists, which are made of all nodes' lists.
#include "wsapi/fleet_node.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::wsapi {
namespace {

// Of an answer: beyond it a page of a list says so instead of growing.
constexpr std::size_t kLargestAnswer = 8 * kMiB;
constexpr std::size_t kNodeText = 8;

FleetMessage with_outcome(const FleetMessage& request, Outcome outcome) {
  FleetMessage answer;
  answer.number = request.number;
  answer.outcome = outcome;
  return answer;
}

}  // namespace

void FleetNode::on_message(std::string_view, std::string_view payload) {
  const auto message = read_message(payload);
  if (!message || message->from == state_->registry.node()) return;
  if (message->op == Op::kAnswer) return calls_.on_answer(*message);
  state_->answered.fetch_add(1, std::memory_order_relaxed);
  if (handling_ >= state_->settings.waiting) return answer(message->from, with_outcome(*message, Outcome::kBusy));
  ++handling_;
  handle(*message);
}

void FleetNode::answer(std::uint32_t to, FleetMessage answer) {
  if (say(to, answer) != FleetLink::Taken::kFull) return;
  // A page of a list that does not fit: whoever asked need not wait for it.
  if (!answer.payload.empty() && say(to, with_outcome(answer, Outcome::kBusy)) != FleetLink::Taken::kFull) return;
  state_->unsaid.fetch_add(1, std::memory_order_relaxed);
}

FleetLink::Taken FleetNode::say(std::uint32_t to, FleetMessage answer) {
  answer.from = state_->registry.node();
  return link_.ask({{"PUBLISH", state_->names.channel(node_text(to)), write_message(answer)}}, [](const Result<redis::Replies>&) {});
}

Done<Outcome> FleetNode::answer_later(const FleetMessage& request) {
  return [state = state_, to = request.from, number = request.number](Outcome outcome) {
    FleetState::with_node(state, [to, number, outcome](FleetNode& node) {
      --node.handling_;
      FleetMessage answer;
      answer.number = number;
      answer.outcome = outcome;
      node.answer(to, answer);
    });
  };
}

// Ids that are none belong to no connection.
void FleetNode::handle(const FleetMessage& request) {
  Registry& registry = state_->registry;
  const ConnectionId id = ConnectionId::parse(request.id).value_or(ConnectionId());
  const auto answer_with = [state = state_, to = request.from, number = request.number](FleetMessage answer, std::string id_text, std::string payload) {
    FleetState::with_node(state, [to, number, answer, id_text = std::move(id_text), payload = std::move(payload)](FleetNode& node) mutable {
      --node.handling_;
      answer.number = number;
      answer.id = id_text;
      answer.payload = payload;
      node.answer(to, answer);
    });
  };
  switch (request.op) {
    case Op::kSend: return registry.send(request.api, id, frame_of(request), answer_later(request));
    case Op::kClose:
      return registry.close(request.api, id, static_cast<http::websocket::CloseCode>(request.code), std::string(request.payload), answer_later(request));
    case Op::kJoin: return registry.join(request.api, request.group, id, answer_later(request));
    case Op::kLeave: return registry.leave(request.api, request.group, id, answer_later(request));
    case Op::kDescribe:
      return registry.describe(request.api, id, [answer_with](Directory::Described described) {
        FleetMessage answer;
        answer.outcome = described.outcome;
        answer_with(answer, {}, described.outcome == Outcome::kDone ? write_descriptions({std::move(described.description)}) : std::string());
      });
    case Op::kBroadcast:
      return registry.broadcast(request.api, request.group, frame_of(request), [answer_with](Delivered delivered) {
        FleetMessage answer;
        answer.outcome = delivered.outcome;
        answer.sent = delivered.sent;
        answer.full = delivered.full;
        answer_with(answer, {}, {});
      });
    case Op::kList:
      return registry.list(request.api, request.group, request.id, request.limit, [answer_with](Presence page) {
        FleetMessage answer;
        answer.outcome = page.outcome;
        std::string descriptions = write_descriptions(page.connections);
        if (descriptions.size() > kLargestAnswer) {
          answer.outcome = Outcome::kTooLarge;
          descriptions.clear();
        }
        answer_with(answer, std::move(page.next), std::move(descriptions));
      });
    case Op::kAnswer: break;
  }
}

void FleetNode::list(std::string api, std::string group, std::string next, std::uint32_t limit, Done<Presence> done) {
  if (tasks_.spawn("fleet list", run_list(std::move(api), std::move(group), std::move(next), limit, done))) return;
  Presence nothing;
  nothing.outcome = Outcome::kBusy;
  done(std::move(nothing));
}

// Those that show signs of life, and this one.
net::Task<Result<std::vector<std::string>>> FleetNode::nodes_to_list() {
  net::Task<Result<std::vector<std::string>>> looking = janitor_.living();
  Result<std::vector<std::string>> nodes = co_await looking;
  if (!nodes) co_return nodes;
  std::string own = node_text(state_->registry.node());
  const auto at = std::lower_bound(nodes->begin(), nodes->end(), own);
  if (at == nodes->end() || *at != own) nodes->insert(at, std::move(own));
  co_return nodes;
}

// One node after the other, in the order of their numbers: "1a2b3c4d:" and where that node goes on. A node that is gone by then
// has no page; one that does not answer shows in the outcome.
net::Task<void> FleetNode::run_list(std::string api, std::string group, std::string next, std::uint32_t limit, Done<Presence> done) {
  Presence page;
  const auto colon = next.find(':');
  const std::string first = next.substr(0, colon);
  std::string rest = next.empty() ? next : next.substr(std::min(colon, next.size() - 1) + 1);
  if (!next.empty() && first.size() != kNodeText) {
    page.outcome = Outcome::kBadName;
    co_return done(std::move(page));
  }
  net::Task<Result<std::vector<std::string>>> looking = nodes_to_list();
  Result<std::vector<std::string>> nodes = co_await looking;
  if (!nodes) {
    page.outcome = Outcome::kUnavailable;
    nodes = std::vector<std::string>(1, node_text(state_->registry.node()));
  }
  for (const std::string& node : *nodes) {
    if (node < first) continue;
    if (page.connections.size() >= limit) {
      page.next = node + ':';
      break;
    }
    if (node != first) rest.clear();
    Awaited<Presence> part(state_->background);
    ask_for_page(node, api, group, rest, limit - static_cast<std::uint32_t>(page.connections.size()), part.later());
    while (!part.there()) co_await part.waiter();
    const Outcome outcome = part.value().outcome;
    if (outcome != Outcome::kDone && outcome != Outcome::kGone) page.outcome = outcome;
    for (Description& description : part.value().connections) page.connections.push_back(std::move(description));
    if (part.value().next.empty()) continue;
    page.next = node + ':' + part.value().next;
    break;
  }
  done(std::move(page));
}

void FleetNode::ask_for_page(const std::string& node, const std::string& api, const std::string& group, const std::string& next,
                             std::uint32_t limit, Done<Presence> done) {
  if (node == node_text(state_->registry.node())) return state_->registry.list(api, group, next, limit, std::move(done));
  FleetMessage request;
  request.op = Op::kList;
  request.api = api;
  request.group = group;
  request.id = next;
  request.limit = limit;
  calls_.ask(node, request, [done = std::move(done)](Outcome outcome, const FleetMessage* answer) {
    Presence page;
    page.outcome = outcome;
    if (answer != nullptr && outcome == Outcome::kDone) {
      auto descriptions = read_descriptions(answer->payload);
      if (descriptions) page.connections = std::move(*descriptions);
      page.next = answer->id;
      if (!descriptions) page.outcome = Outcome::kUnknown;
    }
    done(std::move(page));
  });
}

}  // namespace gatehouse::wsapi
