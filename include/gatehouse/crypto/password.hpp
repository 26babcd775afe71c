// Passwords as crypt(5) keeps them: yescrypt, bcrypt, SHA-crypt. Any thread. Source: crypt(5) of libxcrypt.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::crypto {

// Longer passwords match nothing (CRYPT_MAX_PASSPHRASE_SIZE).
inline constexpr std::size_t kLongestPassword = 511;

// "$y$j9T$…", "$2b$12$…", "$6$…": a whole hash by a method that is still thought strong.
bool is_password_hash(std::string_view text);
// Takes as long as the hash asks for, tens to hundreds of milliseconds: never on a worker. False also when `hash` is none.
bool matches_password_hash(std::string_view password, const std::string& hash);

}  // namespace gatehouse::crypto
