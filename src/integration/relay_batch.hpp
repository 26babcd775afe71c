// What the relays of one worker have read in one batch of the reactor and send when it ends. So the system's way in and its
// way out each stay in the processor's caches while they are walked, which is a twentieth of what a short message costs. The
// bytes stay where they were read, in the worker's receive buffer. One thread.
#pragma once

#include "gatehouse/net/worker.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace gatehouse::integration {

class RelayBatch final : private net::ReceiveBufferGuest {
 public:
  static constexpr std::size_t kRoom = 32 * 1024;

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
  void keep(net::Worker& worker, Sender& sender, std::size_t bytes);
  // `sender` is not asked.
  void forget(const Sender& sender);

 private:
  void leave_receive_buffer() override;

  std::vector<Sender*> senders_;
  std::span<char> buffer_;  // while there are senders: the worker's
  std::size_t used_ = 0;
  net::Worker* lender_ = nullptr;
};

}  // namespace gatehouse::integration
