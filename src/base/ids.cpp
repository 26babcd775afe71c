// A xoshiro256++ generator per thread (https://prng.di.unimi.it), seeded by the system once.
#include "gatehouse/base/ids.hpp"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

namespace gatehouse {
namespace {

struct Generator {
  std::uint64_t state[4] = {};
  bool seeded = false;
};

constinit thread_local Generator generator;

void seed(Generator& of) {
  auto* at = reinterpret_cast<char*>(of.state);
  std::size_t left = sizeof(of.state);
  while (left > 0) {
    const ssize_t got = ::getrandom(at, left, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    at += got;
    left -= static_cast<std::size_t>(got);
  }
  of.state[0] |= 1;  // the all-zero state never leaves zero
  of.seeded = true;
}

struct HexTable {
  char pairs[256][2];
  constexpr HexTable() : pairs() {
    constexpr char kDigits[] = "0123456789abcdef";
    for (int value = 0; value < 256; ++value) {
      pairs[value][0] = kDigits[value >> 4];
      pairs[value][1] = kDigits[value & 15];
    }
  }
};
constexpr HexTable kHex;

char* write_hex(char* to, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8, to += 2) std::memcpy(to, kHex.pairs[(value >> shift) & 0xff], 2);
  return to;
}

}  // namespace

std::uint64_t random_u64() {
  Generator& of = generator;
  if (!of.seeded) [[unlikely]]
    seed(of);
  auto& s = of.state;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

void write_request_id(char* to) {
  to = write_hex(to, random_u64());
  write_hex(to, random_u64());
}

std::string make_uuid() {
  const std::uint64_t high = (random_u64() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random_u64() >> 2) | (std::uint64_t{2} << 62);
  char digits[kRequestIdSize];
  write_hex(write_hex(digits, high), low);
  std::string text;
  text.reserve(36);
  constexpr std::size_t kGroups[] = {8, 4, 4, 4, 12};
  const char* at = digits;
  for (const std::size_t size : kGroups) {
    if (!text.empty()) text += '-';
    text.append(at, size);
    at += size;
  }
  return text;
}

std::string make_ulid() {
  constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  auto millis = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
  std::string text(26, '0');
  for (int i = 9; i >= 0; --i, millis >>= 5) text[static_cast<std::size_t>(i)] = kAlphabet[millis & 31];
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = random_u64();
    for (std::size_t i = 0; i < 8; ++i, bits >>= 5) text[10 + half * 8 + i] = kAlphabet[bits & 31];
  }
  return text;
}

}  // namespace gatehouse
