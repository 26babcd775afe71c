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
  fill_random(of.state, sizeof of.state);
  of.state[0] |= 1;  // the all-zero state never leaves zero
  of.seeded = true;
}

using Bytes16 = unsigned char __attribute__((vector_size(16)));

// 32 digits, all of them at once: half-bytes side by side, then '0' and, beyond nine, what lies between it and 'a'.
void write_hex(char* to, std::uint64_t high, std::uint64_t low) {
  if constexpr (std::endian::native == std::endian::little) {
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low);
  }
  Bytes16 bytes;
  std::memcpy(&bytes, &high, 8);
  std::memcpy(reinterpret_cast<char*>(&bytes) + 8, &low, 8);
  const Bytes16 first = bytes >> 4;
  const Bytes16 second = bytes & 15;
  const auto write = [](char* at, Bytes16 halves) {
    const auto beyond_nine = reinterpret_cast<Bytes16>(halves > 9);
    const Bytes16 digits = halves + '0' + (beyond_nine & ('a' - '0' - 10));
    std::memcpy(at, &digits, sizeof(digits));
  };
  write(to, __builtin_shufflevector(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  write(to + 16, __builtin_shufflevector(first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}

}  // namespace

void fill_random(void* to, std::size_t bytes) {
  for (char* at = static_cast<char*>(to); bytes > 0;) {
    const ssize_t got = ::getrandom(at, bytes, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

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
  const std::uint64_t high = random_u64();
  write_hex(to, high, random_u64());
}

std::string make_uuid() {
  const std::uint64_t high = (random_u64() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random_u64() >> 2) | (std::uint64_t{2} << 62);
  char digits[kRequestIdSize];
  write_hex(digits, high, low);
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
