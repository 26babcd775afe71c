// Four characters for three bytes, by tables.
#include "dynamo/wire/base64.hpp"

#include <array>
#include <cstdint>

namespace gatehouse::dynamo {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (unsigned i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint32_t value(char c) { return kValues[static_cast<unsigned char>(c)]; }
std::uint32_t byte(char c) { return static_cast<unsigned char>(c); }

// One or two bytes, one or two padding characters.
char* decode_last(char* to, std::string_view quad) {
  const std::uint32_t a = value(quad[0]);
  const std::uint32_t b = value(quad[1]);
  if (((a | b) & 0xC0) != 0) return nullptr;
  *to++ = static_cast<char>(a << 2 | b >> 4);
  if (quad[2] == '=') return (b & 0x0F) == 0 ? to : nullptr;
  const std::uint32_t c = value(quad[2]);
  if (c == kNone || (c & 0x03) != 0) return nullptr;
  *to++ = static_cast<char>(b << 4 | c >> 2);
  return to;
}

}  // namespace

char* encode_base64(char* to, std::string_view bytes) {
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = byte(bytes[i]) << 16 | byte(bytes[i + 1]) << 8 | byte(bytes[i + 2]);
    to[0] = kAlphabet[group >> 18];
    to[1] = kAlphabet[group >> 12 & 63];
    to[2] = kAlphabet[group >> 6 & 63];
    to[3] = kAlphabet[group & 63];
    to += 4;
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return to;
  const std::uint32_t group = byte(bytes[i]) << 16 | (left == 2 ? byte(bytes[i + 1]) << 8 : 0);
  to[0] = kAlphabet[group >> 18];
  to[1] = kAlphabet[group >> 12 & 63];
  to[2] = left == 2 ? kAlphabet[group >> 6 & 63] : '=';
  to[3] = '=';
  return to + 4;
}

char* decode_base64(char* to, std::string_view text) {
  if (text.size() % 4 != 0) return nullptr;
  while (!text.empty()) {
    if (text.size() == 4 && text[3] == '=') return decode_last(to, text);
    const std::uint32_t a = value(text[0]);
    const std::uint32_t b = value(text[1]);
    const std::uint32_t c = value(text[2]);
    const std::uint32_t d = value(text[3]);
    if (((a | b | c | d) & 0xC0) != 0) return nullptr;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    to[0] = static_cast<char>(group >> 16);
    to[1] = static_cast<char>(group >> 8);
    to[2] = static_cast<char>(group);
    to += 3;
    text.remove_prefix(4);
  }
  return to;
}

}  // namespace gatehouse::dynamo
