// What the relays of one worker have read in one batch of the reactor and send when it ends: first all that goes to backends,
// then all that goes to clients. The bytes stay where they were read, in the worker's receive buffer. One thread.
//
// A process that sleeps is woken by the first message to it, at the sender's cost, and falls asleep when it has none left. What
// comes to it in one go wakes it once. And the system's way in and its way out each stay in the processor's caches while they
// are walked.
#pragma once

#include "gatehouse/net/worker.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace gatehouse::integration {

class RelayBatch final : private net::ReceiveBufferGuest {
 public:
  static constexpr std::size_t kRoom = 32 * 1024;

  // Backends are first: they work while the clients have theirs.
  enum class Towards : unsigned char { kBackend, kClient };

  class Sender {
   public:
    virtual void send_batched() = 0;

   protected:
    ~Sender() = default;
  };

  RelayBatch() = default;
  ~RelayBatch();
  RelayBatch(const RelayBatch&) = delete;
  RelayBatch& operator=(const RelayBatch&) = delete;

  // kRoom bytes to read into.
  std::span<char> room(net::Worker& worker);
  // The first `bytes` of the room stay until `sender` was asked to send them: when the batch ends, or before the buffer is
  // used for something else.
  void keep(net::Worker& worker, Sender& sender, std::size_t bytes, Towards towards);
  // `sender` is not asked.
  void forget(const Sender& sender);

 private:
  void leave_receive_buffer() override;

  std::array<std::vector<Sender*>, 2> senders_;  // by Towards
  net::Worker* lender_ = nullptr;                // while its buffer is ours
  std::span<char> buffer_;
  std::size_t used_ = 0;
};

}  // namespace gatehouse::integration
