// Whether bytes that come in pieces are UTF-8 (RFC 3629): wrong as soon as no continuation could make it right. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace gatehouse::http {

class Utf8Check {
 public:
  // False: this is no UTF-8, whatever follows.
  bool take(std::string_view bytes);
  // No character is left in its middle.
  bool complete() const { return missing_ == 0; }

 private:
  std::uint8_t missing_ = 0;     // bytes of the character that has begun
  std::uint8_t lowest_ = 0x80;   // that its next byte may be
  std::uint8_t highest_ = 0xbf;
};

inline bool is_utf8(std::string_view bytes) {
  Utf8Check check;
  return check.take(bytes) && check.complete();
}

}  // namespace gatehouse::http
