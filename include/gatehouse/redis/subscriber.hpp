// A connection that has subscribed to channels, for as long as it is wanted: what is published there goes to a callback, and
// when Redis goes away it is asked again with growing pauses. RESP2. One thread; lives in the frame of a coroutine of its
// worker.
#pragma once

#include "gatehouse/redis/client.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::redis {

struct SubscriberSettings {
  Settings redis;
  std::vector<std::string> channels;
  Duration quiet = std::chrono::seconds(1);  // without a word, then Redis is asked whether it is still there
  Duration first_pause = std::chrono::milliseconds(50);  // before it is tried again; grows by half
  Duration longest_pause = std::chrono::seconds(2);
  std::size_t largest_message = 1 << 20;  // what is larger ends the connection
};

// Who listens. Called on the worker's thread; must not throw and not destroy the subscriber.
class SubscriberEvents {
 public:
  // All channels are subscribed to.
  virtual void on_subscribed() = 0;
  // Valid during the call.
  virtual void on_message(std::string_view channel, std::string_view payload) = 0;
  // What was published since the last message, and is until the next on_subscribed(), is not seen. Also for each try to
  // connect that failed.
  virtual void on_lost(const Error& error) = 0;

 protected:
  ~SubscriberEvents() = default;
};

// As long as the worker lives, or until its frame is destroyed. `events` outlives it.
net::Task<void> run_subscriber(net::Worker& worker, net::Resolver& resolver, SubscriberSettings settings,
                               std::shared_ptr<const net::TlsClientContext> tls, SubscriberEvents& events);

// Between two tries to connect: grows by half and is jittered, so that a fleet does not come back all at once.
class Pause {
 public:
  Pause(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}
  Duration take();
  void reset() { next_ = first_; }

 private:
  Duration first_, longest_, next_;
};

}  // namespace gatehouse::redis
