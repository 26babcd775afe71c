// Groups, lists, and messages to many.
#include "shelf.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {
namespace {

constexpr std::size_t kMaxGroupName = 128;
// Of one turn: others have theirs after a millisecond or so.
constexpr std::size_t kDeliveriesPerTurn = 64;
constexpr std::size_t kBytesPerTurn = 1024 * 1024;
// Broadcasts that wait, and what they hold.
constexpr std::size_t kMaxBroadcasts = 1024;
constexpr std::size_t kMaxBroadcastCost = 64 * 1024 * 1024;

// An API's name holds no '/'.
std::string group_key(std::string_view api, std::string_view name) { return std::string(api).append(1, '/').append(name); }

}  // namespace

bool is_group_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxGroupName && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '/'; });
}

Group* Shelf::find_group(std::string_view api, std::string_view name) {
  const auto found = groups_.find(group_key(api, name));
  return found == groups_.end() ? nullptr : found->second.get();
}

Connection::Joined Shelf::join(Connection& connection, std::string_view name) {
  using Joined = Connection::Joined;
  if (!is_group_name(name)) return Joined::kBadName;
  if (!connection.open()) return Joined::kGone;
  Group* group = find_group(connection.sink().api(), name);
  if (connection.groups_) {
    const auto& memberships = *connection.groups_;
    if (std::any_of(memberships.begin(), memberships.end(), [group](const auto& one) { return one.group == group; })) return Joined::kAlready;
  }
  if ((connection.groups_ ? connection.groups_->size() : 0) >= connection.limits().groups) return Joined::kTooMany;
  if (group == nullptr) {
    auto made = std::make_unique<Group>();
    made->key = group_key(connection.sink().api(), name);
    group = made.get();
    groups_[group->key] = std::move(made);
  }
  if (!connection.groups_) connection.groups_ = std::make_unique<std::vector<Connection::Membership>>();
  connection.groups_->push_back({group, static_cast<std::uint32_t>(group->members.size())});
  group->members.push_back(&connection);
  return Joined::kJoined;
}

bool Shelf::leave(Connection& connection, std::string_view name) {
  const Group* const group = find_group(connection.sink().api(), name);
  if (group == nullptr || !connection.groups_) return false;
  for (std::size_t i = 0; i < connection.groups_->size(); ++i) {
    if ((*connection.groups_)[i].group != group) continue;
    take_out(connection, i);
    return true;
  }
  return false;
}

void Shelf::leave_all(Connection& connection) {
  while (connection.groups_) take_out(connection, connection.groups_->size() - 1);
}

// The group's last member takes the place.
void Shelf::take_out(Connection& connection, std::size_t membership) {
  auto& memberships = *connection.groups_;
  const auto [group, place] = memberships[membership];
  memberships[membership] = memberships.back();
  memberships.pop_back();
  if (memberships.empty()) connection.groups_.reset();
  Connection* const last = group->members.back();
  group->members.pop_back();
  if (last != &connection) {
    group->members[place] = last;
    for (auto& other : *last->groups_)
      if (other.group == group) other.place = place;
  }
  if (group->members.empty()) groups_.erase(std::string(group->key));
}

std::vector<Shelf::Target> Shelf::targets(std::string_view api, std::string_view group) {
  std::vector<Target> all;
  const auto add = [&all](const Connection& one) { all.push_back({one.id().slot(), one.serial_}); };
  if (!group.empty()) {
    const Group* const members = find_group(api, group);
    if (members == nullptr) return all;
    all.reserve(members->members.size());
    for (const Connection* member : members->members) add(*member);
  } else {
    for (const auto& connection : slots_)
      if (connection && connection->open() && connection->sink().api() == api) add(*connection);
  }
  return all;
}

void Shelf::broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Admits admits, Done<Delivered> done) {
  Broadcast broadcast{std::move(frame), std::move(admits), targets(api, group), 0, {}, std::move(done)};
  if (broadcast.targets.empty()) return broadcast.done({});
  if (broadcasts_.size() >= kMaxBroadcasts || broadcast_cost_ + broadcast.cost() > kMaxBroadcastCost)
    return broadcast.done({0, 0, Outcome::kBusy});
  broadcast_cost_ += broadcast.cost();
  broadcasts_.push_back(std::move(broadcast));
  deliver_in_next_turn();
}

void Shelf::deliver_in_next_turn() {
  if (std::exchange(delivery_posted_, true)) return;
  worker_.post([this] {
    delivery_posted_ = false;
    deliver_some();
  });
}

void Shelf::deliver_some() {
  std::size_t deliveries = 0;
  std::size_t bytes = 0;
  while (!broadcasts_.empty()) {
    Broadcast& current = broadcasts_.front();
    for (; current.next < current.targets.size(); ++current.next) {
      if (deliveries >= kDeliveriesPerTurn || bytes >= kBytesPerTurn) return deliver_in_next_turn();
      const Target target = current.targets[current.next];
      Connection* const connection = slots_[target.slot].get();
      // Gone since, or another has its place.
      if (connection == nullptr || connection->serial_ != target.serial) continue;
      ++deliveries;
      if (current.admits && !current.admits(*connection)) continue;
      const Connection::Sent sent = connection->send(current.frame);
      bytes += current.frame.wire().size();
      if (sent == Connection::Sent::kSent) ++current.delivered.sent;
      if (sent == Connection::Sent::kFull) ++current.delivered.full;
      if (sent == Connection::Sent::kTooLarge) current.delivered.outcome = Outcome::kTooLarge;
    }
    const Broadcast finished = std::move(current);
    broadcast_cost_ -= finished.cost();
    broadcasts_.pop_front();
    finished.done(finished.delivered);
  }
}

std::uint64_t Shelf::list(std::string_view api, std::string_view group, std::uint64_t from, std::size_t limit, std::vector<Description>& to) {
  std::vector<std::uint32_t> slots;
  for (const Target target : targets(api, group))
    if (target.slot >= from) slots.push_back(target.slot);
  const std::size_t count = std::min(limit, slots.size());
  std::partial_sort(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(count), slots.end());
  for (std::size_t i = 0; i < count; ++i) to.push_back(describe(*slots_[slots[i]]));
  if (count == slots.size()) return kNoSlot;
  return count == 0 ? from : std::uint64_t{slots[count - 1]} + 1;
}

}  // namespace gatehouse::wsapi
