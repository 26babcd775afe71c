// Keys as bytes: docs/storage-format.md, "Numbers in keys" and "Strings in keys".
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include "dynamo/wire/decimal.hpp"

#include <cstdint>
#include <cstring>

namespace gatehouse::dynamo {
namespace {

constexpr unsigned kZeroHead = 0x8000;
// The head of ± 0.d₁d₂… × 10^e is 0x8000 ± (e + 130), where e is one more than the exponent of d₁.d₂….
constexpr int kExponentBias = 1 - kMinExponent;
constexpr unsigned kMaxStep = kMaxExponent + kExponentBias;

constexpr char kEscape = '\0';
constexpr char kEscapedZero = '\xFF';
constexpr char kEnd = '\1';

}  // namespace

void append_number_key(std::string& to, std::string_view canonical) {
  const Decimal number = parse_canonical(canonical);
  if (number.count == 0) {
    to.append("\x80\x00", 2);
    return;
  }
  char bytes[2 + (kMaxDigits + 1) / 2 + 1];
  char* at = bytes;
  const auto step = static_cast<unsigned>(number.exponent + kExponentBias);
  const unsigned head = number.negative ? kZeroHead - step : kZeroHead + step;
  *at++ = static_cast<char>(head >> 8);
  *at++ = static_cast<char>(head & 0xFF);
  const unsigned flip = number.negative ? 0xFF : 0;
  for (unsigned i = 0; i < number.count; i += 2) {
    const unsigned second = i + 1 < number.count ? number.digits[i + 1] : 0;
    *at++ = static_cast<char>((number.digits[i] * 10U + second + 1) ^ flip);
  }
  *at++ = static_cast<char>(flip);
  to.append(bytes, at);
}

bool take_number_key(std::string_view& from, std::string& to) {
  if (from.size() < 2) return false;
  const unsigned head = static_cast<unsigned char>(from[0]) * 256U + static_cast<unsigned char>(from[1]);
  Decimal number;
  std::size_t at = 2;
  if (head != kZeroHead) {
    number.negative = head < kZeroHead;
    const unsigned step = number.negative ? kZeroHead - head : head - kZeroHead;
    if (step == 0 || step > kMaxStep) return false;
    number.exponent = static_cast<int>(step) - kExponentBias;
    const unsigned flip = number.negative ? 0xFF : 0;
    for (;; ++at) {
      if (at == from.size()) return false;
      const unsigned byte = static_cast<unsigned char>(from[at]) ^ flip;
      if (byte == 0) break;
      if (byte > 100 || number.count == kMaxDigits) return false;
      number.digits[number.count++] = static_cast<std::uint8_t>((byte - 1) / 10);
      number.digits[number.count++] = static_cast<std::uint8_t>((byte - 1) % 10);
    }
    ++at;
    if (number.count == 0 || number.digits[0] == 0) return false;
    if (number.digits[number.count - 1] == 0) --number.count;
    if (number.digits[number.count - 1] == 0) return false;  // the pair 00 at the end
  }
  NumberText text;
  print_decimal(number, text);
  to.append(text.view());
  from.remove_prefix(at);
  return true;
}

void append_escaped_key(std::string& to, std::string_view bytes) {
  while (true) {
    const std::size_t zero = bytes.find(kEscape);
    if (zero == std::string_view::npos) break;
    to.append(bytes.substr(0, zero + 1));
    to.push_back(kEscapedZero);
    bytes.remove_prefix(zero + 1);
  }
  to.append(bytes);
  to.push_back(kEscape);
  to.push_back(kEnd);
}

bool take_escaped_key(std::string_view& from, std::string& to) {
  std::string_view rest = from;
  const std::size_t before = to.size();
  while (true) {
    const std::size_t zero = rest.find(kEscape);
    if (zero == std::string_view::npos || zero + 1 == rest.size()) break;
    const char mark = rest[zero + 1];
    if (mark == kEnd) {
      to.append(rest.substr(0, zero));
      from = rest.substr(zero + 2);
      return true;
    }
    if (mark != kEscapedZero) break;
    to.append(rest.substr(0, zero + 1));
    rest.remove_prefix(zero + 2);
  }
  to.resize(before);
  return false;
}

std::optional<std::string> after_prefix(std::string_view prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.remove_suffix(1);
  if (prefix.empty()) return std::nullopt;
  std::string after(prefix);
  after.back() = static_cast<char>(static_cast<unsigned char>(after.back()) + 1);
  return after;
}

}  // namespace gatehouse::dynamo
