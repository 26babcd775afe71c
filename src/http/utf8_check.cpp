#include "gatehouse/http/utf8_check.hpp"

#include <cstddef>
#include <cstring>

namespace gatehouse::http {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

}  // namespace

bool Utf8Check::take(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (missing_ == 0) {
      // Most text is ASCII for long stretches.
      while (at + sizeof(std::uint64_t) <= bytes.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof(word));
        if ((word & kHighBits) != 0) break;
        at += sizeof(word);
      }
      if (at == bytes.size()) return true;
    }
    const auto byte = static_cast<std::uint8_t>(bytes[at++]);
    if (missing_ > 0) {
      if (byte < lowest_ || byte > highest_) return false;
      --missing_;
      lowest_ = 0x80;
      highest_ = 0xbf;
    } else if (byte >= 0x80) {
      // RFC 3629 section 4: no overlong forms, no surrogates, nothing beyond U+10FFFF.
      if (byte < 0xc2 || byte > 0xf4) return false;
      missing_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      if (byte == 0xe0) lowest_ = 0xa0;
      if (byte == 0xed) highest_ = 0x9f;
      if (byte == 0xf0) lowest_ = 0x90;
      if (byte == 0xf4) highest_ = 0x8f;
    }
  }
  return true;
}

}  // namespace gatehouse::http
