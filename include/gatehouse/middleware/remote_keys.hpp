// A key set that is fetched, kept fresh in the background, and kept while it cannot be fetched. Made and destroyed on the control
// plane; asked by every worker. Those who hold it share it.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/crypto/jwk.hpp"
#include "gatehouse/middleware/jwt_settings.hpp"
#include "gatehouse/net/background_worker.hpp"
#include "gatehouse/net/remote_wake.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace gatehouse::middleware {

class RemoteKeys {
 public:
  // So many requests may wait for keys at once; more are refused.
  static constexpr std::size_t kMaxWaiting = 1000;

  // The first fetch begins at once. `background` and `clock` must outlive this.
  RemoteKeys(const JwksSettings& settings, const Clock& clock, net::BackgroundWorker& background);
  ~RemoteKeys();
  RemoteKeys(const RemoteKeys&) = delete;
  RemoteKeys& operator=(const RemoteKeys&) = delete;

  // Counts the key sets that were taken over; 0: there is none yet. Cheap.
  std::uint64_t generation() const;
  struct View {
    std::uint64_t generation = 0;
    std::shared_ptr<const crypto::KeySet> keys;  // null: none yet
  };
  View view() const;

  // For a request that the keys of this generation do not help.
  struct Outlook {
    enum class Kind : std::uint8_t {
      kMayHelp,      // wait for a fetch
      kUnavailable,  // fetching failed, and is tried again later
      kUnknown,      // just now the keys were fetched for this very key: there is no such key
    };
    Kind kind = Kind::kMayHelp;
    Duration retry_after{};  // of kUnavailable
  };
  // `key`: a hash of what names the key in the token.
  Outlook outlook(std::uint64_t key) const;
  // After a fetch that did not help.
  void remember_unknown(std::uint64_t key);

  // Asks for a fetch, soon; `waiter` is woken when it is over. The number of that fetch, or 0 when too many wait already.
  std::uint64_t ask(const net::RemoteWake::Handle& waiter);
  // Whether fetch `number` is over.
  bool is_over(std::uint64_t number) const;
  // How long a request should wait at most.
  Duration longest_wait() const;

  struct Counters {
    std::atomic<std::uint64_t> fetched{0}, failed{0};
    std::atomic<std::int64_t> last_good_ns{0};  // steady clock; 0: never
  };
  std::shared_ptr<const Counters> counters() const;

 private:
  struct State;
  static net::Task<void> run_fetching(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // shared with the task
};

}  // namespace gatehouse::middleware
