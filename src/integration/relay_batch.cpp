#include "relay_batch.hpp"

#include <utility>

namespace gatehouse::integration {

RelayBatch::~RelayBatch() {
  if (lender_ != nullptr) lender_->forget(*this);
}

std::span<char> RelayBatch::room(net::Worker& worker) {
  if (lender_ != nullptr && buffer_.size() - used_ >= kRoom) return buffer_.subspan(used_, kRoom);
  buffer_ = worker.receive_buffer();  // asks for what is in it to be sent
  used_ = 0;
  return buffer_.first(kRoom);
}

void RelayBatch::keep(net::Worker& worker, Sender& sender, std::size_t bytes, Towards towards) {
  used_ += bytes;
  senders_[static_cast<std::size_t>(towards)].push_back(&sender);
  lender_ = &worker;
  worker.host(*this, net::Worker::Stay::kBatch);
}

void RelayBatch::forget(const Sender& sender) {
  for (auto& senders : senders_) std::erase(senders, &sender);
}

void RelayBatch::leave_receive_buffer() {
  lender_ = nullptr;
  for (auto& senders : senders_) {
    for (std::size_t i = 0; i < senders.size(); ++i) senders[i]->send_batched();
    senders.clear();
  }
}

}  // namespace gatehouse::integration
