// SHA-256 and comparison without a timing side channel. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

using Sha256 = std::array<std::uint8_t, 32>;

// FIPS 180-4. Allocates nothing.
Sha256 sha256(std::string_view bytes);
// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// Takes the same time wherever the two differ; only their sizes show.
bool constant_time_equal(std::string_view a, std::string_view b);
bool constant_time_equal(const Sha256& a, const Sha256& b);

}  // namespace gatehouse::crypto
