#include "wsapi/fleet_link.hpp"

#include "gatehouse/net/task_group.hpp"
#include "wsapi/fleet_awaited.hpp"

#include <utility>

namespace gatehouse::wsapi {
namespace {

constexpr std::size_t kMostInBatch = 256;
constexpr std::size_t kMostBytesInBatch = 4 * kMiB;
constexpr std::size_t kLargestReply = 8 * kMiB;  // a piece of a dead node's connections
constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr int kMostGreetings = 3;

std::size_t size_of(const Commands& commands) {
  std::size_t size = 0;
  for (const Command& command : commands)
    for (const std::string& word : command) size += word.size() + 16;
  return size;
}

void append(redis::Client& client, const Command& command) {
  std::vector<std::string_view> words(command.begin(), command.end());
  client.append(words);
}

}  // namespace

FleetLink::FleetLink(net::BackgroundWorker& background, redis::Settings settings, std::shared_ptr<const net::TlsClientContext> tls,
                     Limits limits, FleetLinkEvents& events)
    : background_(background),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      limits_(limits),
      events_(events),
      waiter_(background.worker().ready()) {}

FleetLink::Taken FleetLink::ask(Commands commands, Answered answered, Turn turn) {
  if (!linked_) return Taken::kAway;
  Asked asked{std::move(commands), std::move(answered)};
  asked.bytes = size_of(asked.commands);
  if (turn == Turn::kNext && (queue_.size() + batch_.size() >= limits_.waiting || bytes_ + asked.bytes > limits_.waiting_bytes))
    return Taken::kFull;
  bytes_ += asked.bytes;
  if (turn == Turn::kFirst) {
    queue_.push_front(std::move(asked));
  } else {
    queue_.push_back(std::move(asked));
  }
  waiter_.wake();
  return Taken::kTaken;
}

net::Task<Result<redis::Replies>> FleetLink::call(Commands commands) {
  Awaited<Result<redis::Replies>> replies(background_);
  const Taken taken = ask(std::move(commands), replies.later());
  if (taken != Taken::kTaken) co_return Error(ErrorKind::kUnavailable, ErrorSource::kUpstream, "redis_unreachable", "no connection", Retry::kAllowed);
  while (!replies.there()) co_await replies.waiter();
  co_return std::move(replies.value());
}

net::Task<void> FleetLink::run() {
  redis::Pause pause(kFirstPause, limits_.longest_pause);
  while (true) {
    redis::Client client(background_.worker(), background_.resolver(), settings_, tls_, kLargestReply);
    net::Task<Result<void>> living = live(client);
    const Result<void> ended = co_await living;
    client.close();
    if (std::exchange(linked_, false)) pause.reset();
    fail_all(ended.error());
    events_.on_link_lost(ended.error());
    co_await net::sleep_for(background_.worker(), pause.take());
  }
}

// Ends with an error.
net::Task<Result<void>> FleetLink::live(redis::Client& client) {
  net::Task<Result<void>> connecting = client.connect();
  const Result<void> connected = co_await connecting;
  if (!connected) co_return connected;
  net::Task<Result<void>> greeting = greet(client);
  const Result<void> greeted = co_await greeting;
  if (!greeted) co_return greeted;
  linked_ = true;
  linked_since_ = background_.worker().now();
  events_.on_linked();
  net::Task<Result<void>> serving = serve(client);
  co_return co_await serving;
}

net::Task<Result<void>> FleetLink::greet(redis::Client& client) {
  for (int i = 0; i < kMostGreetings; ++i) {
    append(client, events_.greeting());
    net::Task<Result<redis::Replies>> asking = client.exchange();
    const Result<redis::Replies> replies = co_await asking;
    if (!replies) co_return replies.error();
    const redis::Reply& reply = replies->front();
    const FleetLinkEvents::Greeted greeted = events_.greeted(reply);
    if (greeted == FleetLinkEvents::Greeted::kWelcome) co_return Result<void>();
    if (greeted == FleetLinkEvents::Greeted::kRefused)
      co_return Error(ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", reply.text);
  }
  co_return Error(ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", "the fleet does not take this node back");
}

net::Task<Result<void>> FleetLink::serve(redis::Client& client) {
  client.wake_too(waiter_);
  while (true) {
    take_batch();
    if (batch_.empty()) {
      const Result<void> looked = client.look();
      if (!looked) co_return looked;
      co_await waiter_;
      continue;
    }
    append_batch(client);
    net::Task<Result<redis::Replies>> asking = client.exchange();
    Result<redis::Replies> replies = co_await asking;
    if (!replies) co_return replies.error();
    hand_out(std::move(*replies));
  }
}

void FleetLink::append_batch(redis::Client& client) {
  for (const Asked& asked : batch_)
    for (const Command& command : asked.commands) append(client, command);
}

void FleetLink::hand_out(redis::Replies replies) {
  std::vector<Asked> batch = std::exchange(batch_, {});
  auto next = replies.begin();
  for (Asked& asked : batch) {
    const auto end = next + static_cast<std::ptrdiff_t>(asked.commands.size());
    give_back(asked, redis::Replies(std::make_move_iterator(next), std::make_move_iterator(end)));
    next = end;
  }
}

void FleetLink::take_batch() {
  std::size_t bytes = 0;
  while (!queue_.empty() && batch_.size() < kMostInBatch && (batch_.empty() || bytes + queue_.front().bytes <= kMostBytesInBatch)) {
    bytes += queue_.front().bytes;
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

void FleetLink::give_back(Asked& asked, Result<redis::Replies> replies) {
  bytes_ -= asked.bytes;
  asked.answered(std::move(replies));
}

void FleetLink::fail_all(const Error& error) {
  std::vector<Asked> batch = std::exchange(batch_, {});
  std::deque<Asked> queue = std::exchange(queue_, {});
  for (Asked& asked : batch) give_back(asked, error);
  for (Asked& asked : queue) give_back(asked, error);
}

}  // namespace gatehouse::wsapi
