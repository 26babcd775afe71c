#include "wsapi/fleet_janitor.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/net/alarm.hpp"
#include "gatehouse/net/task_group.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::wsapi {
namespace {

using Kind = redis::Reply::Kind;

void log_begin(std::string_view stay) { log::warn("websocket_node_gone", {{"node", std::string(node_of(stay))}}); }
void log_end(std::string_view stay, std::uint64_t connections) {
  log::info("websocket_node_ended", {{"node", std::string(node_of(stay))}, {"connections", connections}});
}
// A Redis that is away is told of elsewhere.
void log_failure(const Error& error) {
  if (error.reason() == "redis_refused") log::warn("websocket_fleet_refused", {{"problem", error.message()}});
}

Error refused(const redis::Reply& reply) {
  return {ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", reply.kind == Kind::kError ? reply.text : "not the answer that was asked for"};
}

}  // namespace

// Connections whose ends are being told.
struct FleetJanitor::Batch {
  // For the time in which somebody waits.
  class Waits {
   public:
    Waits(Batch& batch, net::Waiter& waiter) : batch_(batch) { batch.waiter = &waiter; }
    ~Waits() { batch_.waiter = nullptr; }
    Waits(const Waits&) = delete;
    Waits& operator=(const Waits&) = delete;

   private:
    Batch& batch_;
  };

  std::vector<Orphan> orphans;
  std::string cursor;  // where the next piece begins
  Command told;  // HDEL, once they are
  std::size_t left = 0;
  net::Waiter* waiter = nullptr;  // on the background thread, while somebody waits
};

net::Task<void> FleetJanitor::run() {
  net::Worker& worker = state_.background.worker();
  while (true) {
    const Duration pause = state_.settings.sign;
    co_await net::sleep_for(worker, pause / 2 + Duration(static_cast<Duration::rep>(random_u64() % static_cast<std::uint64_t>(pause.count()))));
    // Who has just come back does not know yet who else is about to.
    if (!link_.linked()) continue;
    net::Task<Result<void>> looking = look();
    const Result<void> looked = co_await looking;
    if (!looked) log_failure(looked.error());
  }
}

net::Task<Result<void>> FleetJanitor::find_stays(std::vector<std::string>& alive, std::vector<std::string>& dead) {
  Commands commands = known_stays(state_.names);
  net::Task<Result<redis::Replies>> asking = link_.call(std::move(commands));
  const Result<redis::Replies> known = co_await asking;
  if (!known) co_return known.error();
  if (known->front().kind != Kind::kList) co_return refused(known->front());
  std::vector<std::string> stays;
  for (const redis::Reply& stay : known->front().items) stays.push_back(stay.text);
  if (stays.empty()) co_return Result<void>();
  commands = signs_of(state_.names, stays);
  net::Task<Result<redis::Replies>> asking_for_signs = link_.call(std::move(commands));
  const Result<redis::Replies> signs = co_await asking_for_signs;
  if (!signs) co_return signs.error();
  if (signs->front().items.size() != stays.size()) co_return refused(signs->front());
  for (std::size_t i = 0; i < stays.size(); ++i) (signs->front().items[i].text == stays[i] ? alive : dead).push_back(stays[i]);
  co_return Result<void>();
}

net::Task<Result<std::vector<std::string>>> FleetJanitor::living() {
  std::vector<std::string> alive;
  std::vector<std::string> dead;
  net::Task<Result<void>> finding = find_stays(alive, dead);
  const Result<void> found = co_await finding;
  if (!found) co_return found.error();
  for (std::string& stay : alive) stay.resize(node_of(stay).size());
  std::sort(alive.begin(), alive.end());
  co_return alive;
}

net::Task<Result<void>> FleetJanitor::look() {
  std::vector<std::string> alive;
  std::vector<std::string> dead;
  net::Task<Result<void>> finding = find_stays(alive, dead);
  const Result<void> found = co_await finding;
  if (!found) co_return found;
  state_.nodes.store(alive.size(), std::memory_order_relaxed);
  if (state_.background.worker().now() - link_.linked_since() < state_.settings.patience) co_return Result<void>();
  // Twice in a row: one may be between two stays.
  const std::vector<std::string> missed = std::exchange(missed_, dead);
  for (const std::string& stay : dead) {
    if (stay == own_ || std::find(missed.begin(), missed.end(), stay) == missed.end()) continue;
    net::Task<Result<void>> ending = end_stay(stay);
    const Result<void> ended = co_await ending;
    if (!ended) co_return ended;
  }
  co_return Result<void>();
}

net::Task<Result<bool>> FleetJanitor::has_claim(std::string stay) {
  Commands commands = one_command(claim(state_.names, stay, own_, state_.settings.lease));
  net::Task<Result<redis::Replies>> asking = link_.call(std::move(commands));
  const Result<redis::Replies> replies = co_await asking;
  if (!replies) co_return replies.error();
  if (replies->front().kind != Kind::kInteger) co_return refused(replies->front());
  co_return replies->front().integer == 1;
}

// Piece by piece: each is told, then forgotten, so that another node can go on where this one ends.
net::Task<Result<void>> FleetJanitor::end_stay(std::string stay) {
  net::Task<Result<bool>> claiming = has_claim(stay);
  const Result<bool> claimed = co_await claiming;
  if (!claimed) co_return claimed.error();
  if (!*claimed) co_return Result<void>();
  log_begin(stay);
  std::uint64_t told = 0;
  std::string cursor = "0";
  do {
    Commands commands = scan_connections(state_.names, stay, cursor);
    net::Task<Result<redis::Replies>> scanning = link_.call(std::move(commands));
    const Result<redis::Replies> piece = co_await scanning;
    if (!piece) co_return piece.error();
    const std::shared_ptr<Batch> batch = read_batch(piece->front(), stay);
    if (!batch) co_return refused(piece->front());
    cursor = batch->cursor;
    told += batch->orphans.size();
    if (batch->told.size() == 2) continue;
    net::Task<Result<void>> telling = tell_all(stay, batch);
    const Result<void> all_told = co_await telling;
    if (!all_told) co_return all_told;
  } while (cursor != "0");
  Commands commands = forget_stay(state_.names, stay);
  net::Task<Result<redis::Replies>> forgetting = link_.call(std::move(commands));
  const Result<redis::Replies> forgotten = co_await forgetting;
  if (!forgotten) co_return forgotten.error();
  log_end(stay, told);
  co_return Result<void>();
}

// Null: that is no piece of a hash. What is no record is forgotten.
std::shared_ptr<FleetJanitor::Batch> FleetJanitor::read_batch(const redis::Reply& piece, std::string_view stay) const {
  if (piece.items.size() != 2) return nullptr;
  auto batch = std::make_shared<Batch>();
  batch->cursor = piece.items[0].text;
  batch->told = {"HDEL", state_.names.connections(stay)};
  const std::vector<redis::Reply>& pairs = piece.items[1].items;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    batch->told.push_back(pairs[i].text);
    const auto id = ConnectionId::parse(pairs[i].text);
    auto orphan = id ? read_record(*id, pairs[i + 1].text) : std::nullopt;
    if (orphan) batch->orphans.push_back(std::move(*orphan));
  }
  return batch;
}

void FleetJanitor::begin_telling(const std::shared_ptr<Batch>& batch) {
  batch->left = batch->orphans.size();
  for (Orphan& orphan : batch->orphans)
    state_.tell_end(std::move(orphan), [batch, &background = state_.background] {
      background.post([batch] {
        --batch->left;
        if (batch->waiter != nullptr) batch->waiter->wake();
      });
    });
}

// Side by side. Keeps the claim meanwhile; without it another node does the rest.
net::Task<Result<void>> FleetJanitor::tell_all(std::string stay, std::shared_ptr<Batch> batch) {
  net::Worker& worker = state_.background.worker();
  net::Waiter waiter(worker.ready());
  const Batch::Waits waits(*batch, waiter);
  begin_telling(batch);
  const TimePoint deadline = worker.now() + state_.settings.call;
  while (batch->left > 0 && worker.now() < deadline) {
    const net::Alarm alarm(worker, waiter, worker.now() + state_.settings.lease / 3);
    while (batch->left > 0 && !alarm.rang()) co_await waiter;
    net::Task<Result<bool>> claiming = has_claim(stay);
    const Result<bool> claimed = co_await claiming;
    if (!claimed) co_return claimed.error();
    if (!*claimed) co_return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "claim_lost", "another node goes on");
  }
  state_.taken_over.fetch_add(batch->orphans.size(), std::memory_order_relaxed);
  Commands commands = one_command(std::move(batch->told));
  net::Task<Result<redis::Replies>> forgetting = link_.call(std::move(commands));
  const Result<redis::Replies> forgotten = co_await forgetting;
  if (!forgotten) co_return forgotten.error();
  co_return Result<void>();
}

}  // namespace gatehouse::wsapi
