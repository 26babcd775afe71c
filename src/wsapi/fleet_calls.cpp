#include "wsapi/fleet_calls.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {

FleetLink::Taken FleetCalls::begin(FleetMessage& request, Waiting waiting) {
  if (!state_.reachable) return FleetLink::Taken::kAway;
  if (waiting_.size() >= state_.settings.waiting) return FleetLink::Taken::kFull;
  request.from = state_.registry.node();
  request.number = ++last_number_;
  waiting.deadline = state_.background.worker().now() + state_.settings.answer;
  waiting_.emplace(request.number, std::move(waiting));
  state_.asked.fetch_add(1, std::memory_order_relaxed);
  arm();
  return FleetLink::Taken::kTaken;
}

// The request was not made.
Outcome FleetCalls::refuse(FleetLink::Taken why) {
  state_.refused.fetch_add(1, std::memory_order_relaxed);
  return why == FleetLink::Taken::kFull ? Outcome::kBusy : Outcome::kUnavailable;
}

void FleetCalls::ask(const std::string& node, FleetMessage request, Answered answered) {
  Waiting waiting;
  waiting.answered = answered;
  if (const auto begun = begin(request, std::move(waiting)); begun != FleetLink::Taken::kTaken) return answered(refuse(begun), nullptr);
  const auto number = request.number;
  const auto taken = link_.ask({{"MGET", state_.names.alive(node), state_.names.young()}, {"PUBLISH", state_.names.channel(node), write_message(request)}},
                               [this, number](const Result<redis::Replies>& replies) { on_published(number, replies); });
  if (taken != FleetLink::Taken::kTaken) finish(waiting_.find(number), refuse(taken), nullptr);
}

// A node without a sign of life is gone, also when something of it still listens. One that shows signs of life and does not
// listen is on its way back, and so may be all of them while Redis is young.
void FleetCalls::on_published(std::uint64_t number, const Result<redis::Replies>& replies) {
  using Kind = redis::Reply::Kind;
  const auto at = waiting_.find(number);
  if (at == waiting_.end()) return;
  if (!replies || (*replies)[0].items.size() != 2 || (*replies)[1].kind != Kind::kInteger) return finish(at, Outcome::kUnavailable, nullptr);
  const bool alive = (*replies)[0].items[0].kind == Kind::kText;
  const bool young = (*replies)[0].items[1].kind == Kind::kText;
  if (!alive && !young) return finish(at, Outcome::kGone, nullptr);
  if ((*replies)[1].integer == 0) finish(at, Outcome::kUnavailable, nullptr);
}

void FleetCalls::ask_all(FleetMessage request, Done<Delivered> done) {
  Waiting waiting;
  waiting.done = done;
  if (const auto begun = begin(request, std::move(waiting)); begun != FleetLink::Taken::kTaken) {
    Delivered nothing;
    nothing.outcome = refuse(begun);
    return done(nothing);
  }
  const auto number = request.number;
  const auto taken = link_.ask({{"PUBLISH", state_.names.channel_of_all(), write_message(request)}},
                               [this, number](const Result<redis::Replies>& replies) { on_published_to_all(number, replies); });
  if (taken != FleetLink::Taken::kTaken) finish(waiting_.find(number), refuse(taken), nullptr);
}

// Redis says how many heard it, this node among them.
void FleetCalls::on_published_to_all(std::uint64_t number, const Result<redis::Replies>& replies) {
  const auto at = waiting_.find(number);
  if (at == waiting_.end()) return;
  if (!replies || replies->front().kind != redis::Reply::Kind::kInteger) return finish(at, Outcome::kUnavailable, nullptr);
  at->second.expected = static_cast<std::uint64_t>(std::max<std::int64_t>(replies->front().integer - 1, 0));
  if (at->second.answers >= *at->second.expected) finish(at, at->second.sum.outcome, nullptr);
}

void FleetCalls::on_answer(const FleetMessage& answer) {
  const auto at = waiting_.find(answer.number);
  if (at == waiting_.end()) return;  // too late
  Waiting& waiting = at->second;
  if (waiting.answered) return finish(at, answer.outcome, &answer);
  waiting.sum.sent += answer.sent;
  waiting.sum.full += answer.full;
  if (answer.outcome != Outcome::kDone) waiting.sum.outcome = answer.outcome;
  ++waiting.answers;
  if (waiting.expected && waiting.answers >= *waiting.expected) finish(at, waiting.sum.outcome, nullptr);
}

void FleetCalls::finish(Table::iterator at, Outcome outcome, const FleetMessage* answer) {
  Waiting waiting = std::move(at->second);
  waiting_.erase(at);
  if (waiting.answered) return waiting.answered(outcome, answer);
  waiting.sum.outcome = outcome;
  waiting.done(waiting.sum);
}

void FleetCalls::fail_all() {
  while (!waiting_.empty()) finish(waiting_.begin(), Outcome::kUnavailable, nullptr);
}

// Numbers and deadlines have one order.
void FleetCalls::arm() {
  if (!waiting_.empty() && !armed()) state_.background.worker().timers().arm(*this, waiting_.begin()->second.deadline);
}

void FleetCalls::on_timer() {
  const TimePoint now = state_.background.worker().now();
  while (!waiting_.empty() && waiting_.begin()->second.deadline <= now) {
    state_.unanswered.fetch_add(1, std::memory_order_relaxed);
    finish(waiting_.begin(), Outcome::kUnknown, nullptr);
  }
  arm();
}

}  // namespace gatehouse::wsapi
