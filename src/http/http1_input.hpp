// What a connection received and nobody used yet: a view into the worker's shared buffer while the turn lasts, a pooled
// block once it must survive a suspension. One thread.
#pragma once

#include "gatehouse/net/stream.hpp"
#include "serializer.hpp"

#include <cstddef>
#include <string_view>

namespace gatehouse::http {

class Http1Input {
 public:
  std::string_view view() const { return borrowed_.empty() ? kept_.view() : borrowed_; }
  bool empty() const { return view().empty(); }
  std::size_t size() const { return view().size(); }

  // `bytes` lie in the shared buffer: keep() before anyone else reads into it. REQUIRES: empty().
  void borrow(std::string_view bytes) { borrowed_ = bytes; }
  void keep();
  void consume(std::size_t bytes);
  // Receives at most `bytes` more, behind what is there.
  net::IoResult receive(net::Stream& stream, std::size_t bytes);
  // A large block that holds little is changed for a small one: before waiting for a peer that may be slow on purpose.
  void fit();
  void clear();

 private:
  Bytes kept_;
  std::string_view borrowed_;
  std::size_t block_size_ = 0;  // of kept_, as far as it was asked for here
};

}  // namespace gatehouse::http
