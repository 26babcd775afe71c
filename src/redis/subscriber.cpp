#include "gatehouse/redis/subscriber.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/net/remote_wake.hpp"
#include "gatehouse/net/task_group.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace gatehouse::redis {
namespace {

// Handled in a row; then others on the thread have their turn.
constexpr unsigned kMostInARow = 64;

Error protocol_error(std::string message) {
  return {ErrorKind::kProtocol, ErrorSource::kUpstream, "redis_protocol", std::move(message)};
}

Error refused(const Reply& reply) { return {ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", reply.text}; }

bool is_push(const Reply& reply, std::string_view kind) {
  return reply.kind == Reply::Kind::kList && reply.items.size() == 3 && reply.items[0].text == kind;
}

// RESP2: within subscriptions PING is answered by a list.
bool is_pong(const Reply& reply) {
  return reply.kind == Reply::Kind::kList && reply.items.size() == 2 && reply.items[0].text == "pong";
}

class Session {
 public:
  Session(net::Worker& worker, const SubscriberSettings& settings, Client& client, SubscriberEvents& events)
      : worker_(worker), settings_(settings), client_(client), events_(events), turn_(worker.ready()), wake_(worker, turn_) {}

  // Ends with what ended the connection.
  net::Task<Error> run() {
    net::Task<Result<void>> connecting = client_.connect();
    const Result<void> connected = co_await connecting;
    if (!connected) co_return connected.error();
    net::Task<Result<void>> subscribing = subscribe();
    const Result<void> subscribed = co_await subscribing;
    if (!subscribed) co_return subscribed.error();
    subscribed_ = true;
    events_.on_subscribed();
    net::Task<Error> listening = listen();
    co_return co_await listening;
  }
  bool subscribed() const { return subscribed_; }

 private:
  net::Task<Result<void>> subscribe() {
    std::vector<std::string_view> words{"SUBSCRIBE"};
    words.insert(words.end(), settings_.channels.begin(), settings_.channels.end());
    client_.append(words);
    const TimePoint until = worker_.now() + settings_.redis.timeout;
    // Messages can come before the last channel is there.
    for (std::size_t done = 0; done < settings_.channels.size();) {
      net::Task<Result<std::optional<Reply>>> waiting = client_.next(until);
      const Result<std::optional<Reply>> reply = co_await waiting;
      if (!reply) co_return reply.error();
      if (!*reply) co_return Error(ErrorKind::kTimeout, ErrorSource::kUpstream, "redis_timeout", "subscribing took too long", Retry::kAllowed);
      if ((*reply)->kind == Reply::Kind::kError) co_return refused(**reply);
      if (is_push(**reply, "subscribe")) {
        ++done;
      } else if (!is_push(**reply, "message")) {
        co_return protocol_error("no answer to SUBSCRIBE");
      }
    }
    co_return Result<void>();
  }

  net::Task<Error> listen() {
    bool asked = false;
    unsigned in_a_row = 0;
    while (true) {
      const TimePoint until = worker_.now() + (asked ? settings_.redis.timeout : settings_.quiet);
      net::Task<Result<std::optional<Reply>>> waiting = client_.next(until);
      const Result<std::optional<Reply>> reply = co_await waiting;
      if (!reply) co_return reply.error();
      if (!*reply) {
        if (asked) co_return Error(ErrorKind::kTimeout, ErrorSource::kUpstream, "redis_timeout", "no word from Redis", Retry::kAllowed);
        asked = true;
        client_.append(std::array<std::string_view, 1>{"PING"});
        continue;
      }
      if (is_push(**reply, "message")) {
        events_.on_message((*reply)->items[1].text, (*reply)->items[2].text);
      } else if ((*reply)->kind == Reply::Kind::kError) {
        co_return refused(**reply);
      } else if (!is_pong(**reply)) {
        co_return protocol_error("an answer that nobody asked for");
      }
      asked = false;
      if (++in_a_row % kMostInARow == 0) {
        wake_.handle().wake();
        co_await turn_;
      }
    }
  }

  net::Worker& worker_;
  const SubscriberSettings& settings_;
  Client& client_;
  SubscriberEvents& events_;
  net::Waiter turn_;
  net::RemoteWake wake_;
  bool subscribed_ = false;
};

}  // namespace

Duration Pause::take() {
  const Duration whole = next_;
  next_ = std::min(next_ * 3 / 2, longest_);
  return whole / 2 + Duration(static_cast<Duration::rep>(random_u64() % static_cast<std::uint64_t>(whole.count() / 2 + 1)));
}

net::Task<void> run_subscriber(net::Worker& worker, net::Resolver& resolver, SubscriberSettings settings,
                               std::shared_ptr<const net::TlsClientContext> tls, SubscriberEvents& events) {
  // Around a message: the words of the push, and the channel.
  constexpr std::size_t kEnvelope = 1024;
  Pause pause(settings.first_pause, settings.longest_pause);
  while (true) {
    Client client(worker, resolver, settings.redis, tls, settings.largest_message + kEnvelope);
    Session session(worker, settings, client, events);
    net::Task<Error> running = session.run();
    const Error error = co_await running;
    client.close();
    events.on_lost(error);
    if (session.subscribed()) pause.reset();
    co_await net::sleep_for(worker, pause.take());
  }
}

}  // namespace gatehouse::redis
