// What a connection received and nobody used yet: a view into the worker's shared buffer while the turn lasts, a pooled
// block once it must survive a suspension. One thread.
#pragma once

#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/worker.hpp"
#include "serializer.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace gatehouse::http {

class Http1Input final : private net::ReceiveBufferGuest {
 public:
  Http1Input() = default;
  ~Http1Input() { leave(); }
  Http1Input(const Http1Input&) = delete;
  Http1Input& operator=(const Http1Input&) = delete;

  std::string_view view() const { return borrowed_.empty() ? kept_.view() : borrowed_; }
  bool empty() const { return view().empty(); }
  std::size_t size() const { return view().size(); }

  // `bytes` lie in the worker's receive buffer: they are kept by themselves when it is used again, but must be kept before
  // the turn ends. REQUIRES: empty().
  void borrow(std::string_view bytes, net::Worker& worker) {
    borrowed_ = bytes;
    lender_ = &worker;
    worker.host(*this);
  }
  void keep();
  void consume(std::size_t bytes);
  // Receives at most `bytes` more, behind what is there.
  net::IoResult receive(net::Stream& stream, std::size_t bytes);
  // A large block that holds little is changed for a small one: before waiting for a peer that may be slow on purpose.
  void fit();
  void clear();

 private:
  void leave_receive_buffer() override { keep(); }
  void leave() {
    borrowed_ = {};
    if (lender_ != nullptr) std::exchange(lender_, nullptr)->forget(*this);
  }

  Bytes kept_;
  net::Worker* lender_ = nullptr;
  std::string_view borrowed_;
  std::size_t block_size_ = 0;  // of kept_, as far as it was asked for here
};

}  // namespace gatehouse::http
