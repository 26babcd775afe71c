// The commands of a fleet's node to Redis: asked for one by one, sent together, answered one by one. One connection, which
// comes back with growing pauses. One thread; lives in a coroutine's frame.
#pragma once

#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/redis/client.hpp"
#include "gatehouse/redis/subscriber.hpp"
#include "wsapi/fleet_names.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::wsapi {

class FleetLinkEvents {
 public:
  // The first commands on a new connection. One goes at a time: greeted() may ask for another.
  virtual Command greeting() = 0;
  enum class Greeted : std::uint8_t { kWelcome, kAgain, kRefused };
  virtual Greeted greeted(const redis::Reply& reply) = 0;
  virtual void on_linked() = 0;
  // Also for each try to connect that failed.
  virtual void on_link_lost(const Error& error) = 0;

 protected:
  ~FleetLinkEvents() = default;
};

class FleetLink {
 public:
  struct Limits {
    std::size_t waiting;        // things asked for that are not answered
    std::size_t waiting_bytes;  // and their size
    Duration longest_pause = std::chrono::seconds(2);
  };
  // As many replies as commands, or why there are none.
  using Answered = std::function<void(Result<redis::Replies>)>;
  enum class Taken : std::uint8_t { kTaken, kFull, kAway };
  enum class Turn : std::uint8_t { kNext, kFirst };

  FleetLink(net::BackgroundWorker& background, redis::Settings settings, std::shared_ptr<const net::TlsClientContext> tls, Limits limits,
            FleetLinkEvents& events);

  bool linked() const { return linked_; }
  TimePoint linked_since() const { return linked_since_; }
  // `answered` is called only when it was taken, and not before this returns.
  Taken ask(Commands commands, Answered answered, Turn turn = Turn::kNext);
  // For coroutines that live no longer than the link.
  net::Task<Result<redis::Replies>> call(Commands commands);

  // Until its frame is destroyed.
  net::Task<void> run();

 private:
  struct Asked {
    Commands commands;
    Answered answered;
    std::size_t bytes = 0;
  };
  net::Task<Result<void>> live(redis::Client& client);
  net::Task<Result<void>> greet(redis::Client& client);
  net::Task<Result<void>> serve(redis::Client& client);
  void take_batch();
  void append_batch(redis::Client& client);
  void hand_out(redis::Replies replies);
  void give_back(Asked& asked, Result<redis::Replies> replies);
  void fail_all(const Error& error);

  net::BackgroundWorker& background_;
  const redis::Settings settings_;
  const std::shared_ptr<const net::TlsClientContext> tls_;
  const Limits limits_;
  FleetLinkEvents& events_;
  net::Waiter waiter_;
  std::deque<Asked> queue_;
  std::vector<Asked> batch_;
  std::size_t bytes_ = 0;  // of the queue and the batch
  TimePoint linked_since_{};
  bool linked_ = false;
};

}  // namespace gatehouse::wsapi
