// Chance, and identifiers made of it: request ids, UUIDs and ULIDs. Any thread; the generator is per thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gatehouse {

// From the system: for secrets. Throws std::system_error.
void fill_random(void* to, std::size_t bytes);
// From the generator: not for secrets.
std::uint64_t random_u64();
// 32 lower-case hexadecimal digits, unique and unguessable enough for correlation, not a secret.
void write_request_id(char* to);
inline constexpr std::size_t kRequestIdSize = 32;
std::string make_uuid();  // version 4, RFC 9562
std::string make_ulid();  // sortable by time, Crockford base 32

}  // namespace gatehouse
