// Where JSON gathers on its way to a string: appending each piece of it to the string would cost more than making it. On the stack, for
// one item or for all items of a page. One thread.
#pragma once

#include "gatehouse/dynamo/wire/encoding.hpp"

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class JsonSink {
 public:
  static constexpr std::size_t kRoom = 192;

  explicit JsonSink(std::string& to) : to_(to) {}
  ~JsonSink() { flush(); }
  JsonSink(const JsonSink&) = delete;
  JsonSink& operator=(const JsonSink&) = delete;

  void put(char c) {
    *reserve(1) = c;
    ++at_;
  }

  template <std::size_t kSize>
  void literal(const char (&text)[kSize]) {
    static_assert(kSize <= kRoom);
    std::memcpy(reserve(kSize - 1), text, kSize - 1);
    at_ += kSize - 1;
  }

  // REQUIRES: something was put or written, and not flushed since.
  void replace_last(char c) { at_[-1] = c; }

  void bytes(std::string_view text);
  void escaped(std::string_view text);
  void text(const encoding::Text& text);
  void base64(std::string_view bytes);

  // For those who write by themselves, from at() on. What they wrote counts when wrote() says so.
  char* at() const { return at_; }
  void wrote(char* end) { at_ = end; }
  // Whether there is room for less than kRoom bytes behind `at`.
  bool is_short_of_room(const char* at) const { return at > buffer_ + sizeof buffer_ - kRoom; }

  // To the string, which has everything afterwards.
  void flush() {
    to_.append(buffer_, static_cast<std::size_t>(at_ - buffer_));
    at_ = buffer_;
  }

 private:
  bool fits(std::size_t size) const { return size <= static_cast<std::size_t>(buffer_ + sizeof buffer_ - at_); }

  char* reserve(std::size_t size) {
    if (!fits(size)) [[unlikely]]
      flush();
    return at_;
  }

  std::string& to_;
  char* at_ = buffer_;
  char buffer_[4096];
};

}  // namespace gatehouse::dynamo
