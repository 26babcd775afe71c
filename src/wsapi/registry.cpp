// What reaches a connection from elsewhere goes to its worker as posted work, batched there with whatever else came.
#include "gatehouse/wsapi/registry.hpp"

#include "shelf.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/strings.hpp"

#include <mutex>
#include <utility>

namespace gatehouse::wsapi {
namespace {

// A broadcast has many answers and one end.
class Gather {
 public:
  Gather(std::size_t parts, Done<Delivered> done) : waiting_(parts), done_(std::move(done)) {}

  void add(const Delivered& part) {
    {
      const std::lock_guard lock(mutex_);
      sum_.sent += part.sent;
      sum_.full += part.full;
      if (part.outcome != Outcome::kDone) sum_.outcome = part.outcome;
      if (--waiting_ > 0) return;
    }
    done_(sum_);
  }

 private:
  std::mutex mutex_;
  std::size_t waiting_;
  Delivered sum_;
  Done<Delivered> done_;
};

// "1-250": worker and slot.
bool parse_place(std::string_view text, std::uint64_t& worker, std::uint64_t& slot) {
  worker = slot = 0;
  if (text.empty()) return true;
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto first = parse_u64(text.substr(0, dash));
  const auto second = parse_u64(text.substr(dash + 1));
  if (!first || !second) return false;
  worker = *first;
  slot = *second;
  return true;
}

Outcome to_outcome(Connection::Sent sent) {
  switch (sent) {
    case Connection::Sent::kSent: return Outcome::kDone;
    case Connection::Sent::kFull: return Outcome::kFull;
    case Connection::Sent::kTooLarge: return Outcome::kTooLarge;
    case Connection::Sent::kGone: break;
  }
  return Outcome::kGone;
}

Outcome to_outcome(Connection::Joined joined) {
  switch (joined) {
    case Connection::Joined::kJoined:
    case Connection::Joined::kAlready: return Outcome::kDone;
    case Connection::Joined::kTooMany: return Outcome::kTooMany;
    case Connection::Joined::kBadName: return Outcome::kBadName;
    case Connection::Joined::kGone: break;
  }
  return Outcome::kGone;
}

}  // namespace

struct Registry::Listing {
  std::string api, group;
  std::size_t limit;
  Presence page;
  Done<Presence> done;
};

Reservation::~Reservation() {
  if (shelf_ != nullptr) shelf_->give_back(id_);
}

Registry::Registry(std::vector<net::Worker*> workers) : node_(static_cast<std::uint32_t>(random_u64())), process_(make_uuid()) {
  for (net::Worker* worker : workers) shelves_.push_back(std::make_unique<Shelf>(*worker, node_));
}

Registry::~Registry() = default;

Shelf* Registry::shelf_of(const ConnectionId& id) const {
  return id.node() == node_ && id.worker() < shelves_.size() ? shelves_[id.worker()].get() : nullptr;
}

Reservation Registry::reserve(const net::Worker& worker) {
  Shelf& shelf = *shelves_[worker.index()];
  return {shelf, shelf.reserve()};
}

std::shared_ptr<Connection> Registry::open(Reservation reserved, http::Upgraded upgraded, const ConnectionFacts& facts,
                                           std::shared_ptr<const ConnectionLimits> limits, std::shared_ptr<MessageSink> sink) {
  if (!upgraded.stream) return nullptr;
  Shelf* const shelf = std::exchange(reserved.shelf_, nullptr);
  return shelf->open(reserved.id(), std::move(upgraded), facts, std::move(limits), std::move(sink));
}

std::shared_ptr<Connection> Registry::find(std::string_view api, const ConnectionId& id) {
  Shelf* const shelf = shelf_of(id);
  Connection* const found = shelf == nullptr ? nullptr : shelf->find(api, id);
  return found == nullptr ? nullptr : shelf->share(*found);
}

void Registry::drain(net::Worker& worker, Duration over) { shelves_[worker.index()]->drain(over); }
void Registry::close_all(const net::Worker& worker) { shelves_[worker.index()]->clear(); }

std::uint64_t Registry::open_count() const {
  std::uint64_t sum = 0;
  for (const auto& shelf : shelves_) sum += shelf->count();
  return sum;
}

// Runs `work` with the connection, or null, on its worker.
template <class Work>
void Registry::with(std::string_view api, const ConnectionId& id, Work work) {
  Shelf* const shelf = shelf_of(id);
  if (shelf == nullptr) return work(static_cast<Connection*>(nullptr));
  shelf->worker().post([shelf, id, api = std::string(api), work = std::move(work)] { work(shelf->find(api, id)); });
}

void Registry::send(std::string_view api, const ConnectionId& id, http::PreparedFrame frame, Done<Outcome> done) {
  with(api, id, [frame = std::move(frame), done = std::move(done)](Connection* connection) {
    done(connection == nullptr ? Outcome::kGone : to_outcome(connection->send(frame)));
  });
}

void Registry::close(std::string_view api, const ConnectionId& id, http::websocket::CloseCode code, std::string text, Done<Outcome> done) {
  with(api, id, [code, text = std::move(text), done = std::move(done)](Connection* connection) {
    if (connection != nullptr) connection->close(code, text, "websocket_closed_by_api");
    done(connection == nullptr ? Outcome::kGone : Outcome::kDone);
  });
}

void Registry::describe(std::string_view api, const ConnectionId& id, Done<Described> done) {
  with(api, id, [done = std::move(done)](Connection* connection) {
    done(connection == nullptr ? Described() : Described{Outcome::kDone, Shelf::describe(*connection)});
  });
}

void Registry::join(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) {
  with(api, id, [group = std::string(group), done = std::move(done)](Connection* connection) {
    done(connection == nullptr ? Outcome::kGone : to_outcome(connection->join(group)));
  });
}

void Registry::leave(std::string_view api, std::string_view group, const ConnectionId& id, Done<Outcome> done) {
  with(api, id, [group = std::string(group), done = std::move(done)](Connection* connection) {
    done(connection == nullptr ? Outcome::kGone : connection->leave(group) ? Outcome::kDone : Outcome::kNotThere);
  });
}

void Registry::broadcast(std::string_view api, std::string_view group, http::PreparedFrame frame, Done<Delivered> done) {
  broadcast_here(api, group, std::move(frame), nullptr, std::move(done));
}

void Registry::broadcast_here(std::string_view api, std::string_view group, http::PreparedFrame frame, const Admits& admits, Done<Delivered> done) {
  const auto gather = std::make_shared<Gather>(shelves_.size(), std::move(done));
  for (const auto& shelf : shelves_)
    shelf->worker().post([&shelf = *shelf, api = std::string(api), group = std::string(group), frame, admits, gather] {
      shelf.broadcast(api, group, frame, admits, [gather](const Delivered& part) { gather->add(part); });
    });
}

void Registry::list(std::string_view api, std::string_view group, std::string_view next, std::uint32_t limit, Done<Presence> done) {
  std::uint64_t worker = 0;
  std::uint64_t slot = 0;
  if (!parse_place(next, worker, slot)) {
    Presence nothing;
    nothing.outcome = Outcome::kBadName;
    return done(std::move(nothing));
  }
  list_from(worker, slot, std::make_shared<Listing>(Listing{std::string(api), std::string(group), limit, {}, std::move(done)}));
}

// One worker after the other, until the page is full.
void Registry::list_from(std::uint64_t worker, std::uint64_t slot, std::shared_ptr<Listing> listing) {
  if (worker >= shelves_.size()) return listing->done(std::move(listing->page));
  Shelf& shelf = *shelves_[worker];
  shelf.worker().post([this, &shelf, worker, slot, listing = std::move(listing)] {
    auto& page = listing->page.connections;
    const std::uint64_t next = shelf.list(listing->api, listing->group, slot, listing->limit - page.size(), page);
    if (next == Shelf::kNoSlot) return list_from(worker + 1, 0, listing);
    listing->page.next = std::to_string(worker) + '-' + std::to_string(next);
    listing->done(std::move(listing->page));
  });
}

}  // namespace gatehouse::wsapi
