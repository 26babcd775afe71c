// Text helpers and the hashes. hash64 folds 64x64-bit products, the construction of wyhash
// (https://github.com/wangyi-fudan/wyhash).
#include "gatehouse/base/strings.hpp"

#include "gatehouse/base/ids.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <vector>

namespace gatehouse {
namespace {

std::uint64_t load8(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

std::uint64_t load4(const char* at) {
  std::uint32_t word;
  std::memcpy(&word, at, 4);
  return word;
}

// Every byte of A-Z becomes a-z, eight at a time; bytes above 127 stay.
std::uint64_t lower8(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low = word & (kOnes * 0x7f);
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
  const std::uint64_t past_z = low + kOnes * (0x80 - 'Z' - 1);
  const std::uint64_t upper = (from_a & ~past_z & ~word) & (kOnes * 0x80);
  return word | (upper >> 2);
}

// What is the same as it stands, as most names are, need not be folded.
[[gnu::always_inline]] inline bool same_nocase(std::uint64_t x, std::uint64_t y) { return x == y || lower8(x) == lower8(y); }

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

constexpr std::array<std::uint64_t, 20> make_powers_of_ten() {
  std::array<std::uint64_t, 20> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}

constexpr std::array<char, 200> make_two_digits() {
  std::array<char, 200> digits{};
  for (unsigned i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}

constexpr std::array<std::uint64_t, 20> kPowersOfTen = make_powers_of_ten();
constexpr std::array<char, 200> kTwoDigits = make_two_digits();

// 1233 / 4096 is the logarithm of 2 to the base 10, near enough for 64 bits.
unsigned digits_of(std::uint64_t value) {
  value |= 1;  // nothing has a digit too; no other count changes
  const auto guess = static_cast<unsigned>(std::bit_width(value)) * 1233 >> 12;
  return guess + (value >= kPowersOfTen[guess] ? 1 : 0);
}

// In front of `end`; returns where they begin.
char* put_two(char* end, unsigned value) {
  std::memcpy(end - 2, kTwoDigits.data() + 2 * value, 2);
  return end - 2;
}

constexpr std::uint64_t kSecret0 = 0xa0761d6478bd642f;
constexpr std::uint64_t kSecret1 = 0xe7037ed1a0b428db;
constexpr std::uint64_t kSecret2 = 0x8ebc6af09c88c6e3;

std::uint64_t process_seed() {
  static const std::uint64_t seed = random_u64();
  return seed;
}

struct AsIs {
  std::uint64_t operator()(std::uint64_t word) const { return word; }
};
struct Lowered {
  std::uint64_t operator()(std::uint64_t word) const { return lower8(word); }
};

template <class Transform>
std::uint64_t hash_words(std::string_view text, std::uint64_t secret, std::uint64_t seed, Transform transform) {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = mix(secret ^ seed ^ kSecret0, kSecret1 + seed);
  std::uint64_t other = state;
  while (left > 32) {
    state = mix(transform(load8(at)) ^ kSecret1, transform(load8(at + 8)) ^ state);
    other = mix(transform(load8(at + 16)) ^ kSecret2, transform(load8(at + 24)) ^ other);
    at += 32;
    left -= 32;
  }
  state ^= std::rotl(other, 29);
  if (left > 16) {
    state = mix(transform(load8(at)) ^ kSecret2, transform(load8(at + 8)) ^ state);
    at += 16;
    left -= 16;
  }
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left >= 8) {
    a = load8(at);
    b = load8(at + left - 8);
  } else if (left >= 4) {
    a = load4(at);
    b = load4(at + left - 4);
  } else if (left > 0) {
    const auto byte = [at](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])); };
    a = byte(0) | byte(left / 2) << 8 | byte(left - 1) << 16;
  }
  return mix(kSecret2 ^ text.size(), mix(transform(a) ^ kSecret1, transform(b) ^ state));
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const char* x = a.data();
  const char* y = b.data();
  std::size_t left = a.size();
  if (left < 4) {
    for (; left > 0; --left, ++x, ++y) {
      if (to_lower(*x) != to_lower(*y)) return false;
    }
    return true;
  }
  // The last four or eight, some of which were compared already.
  if (left < 8) {
    return same_nocase(load4(x), load4(y)) && same_nocase(load4(x + left - 4), load4(y + left - 4));
  }
  for (; left > 8; left -= 8, x += 8, y += 8) {
    if (!same_nocase(load8(x), load8(y))) return false;
  }
  return same_nocase(load8(x + left - 8), load8(y + left - 8));
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  if (text.empty() || text.size() > 64) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

char* write_u64(char* to, std::uint64_t value) {
  char* const end = to + digits_of(value);
  char* at = end;
  for (; value >= 10'000; value /= 10'000) {
    const auto four = static_cast<unsigned>(value % 10'000);
    at = put_two(put_two(at, four % 100), four / 100);
  }
  auto left = static_cast<unsigned>(value);
  for (; left >= 100; left /= 100) at = put_two(at, left % 100);
  if (left >= 10) {
    put_two(at, left);
  } else {
    *--at = static_cast<char>('0' + left);
  }
  return end;
}

std::uint64_t hash64(std::string_view text, std::uint64_t seed) { return hash_words(text, process_seed(), seed, AsIs()); }

std::uint64_t hash64_nocase(std::string_view text, std::uint64_t seed) { return hash_words(text, process_seed(), seed, Lowered()); }

std::uint64_t keyed_hash64(std::string_view text, std::uint64_t seed) { return hash_words(text, 0, seed, AsIs()); }

// FNV-1a (draft-eastlake-fnv) for the bytes, the finaliser of MurmurHash3 for the spread. Never change: the order
// of targets in a consistent hash depends on it.
std::uint64_t stable_hash64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  return hash;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace gatehouse
