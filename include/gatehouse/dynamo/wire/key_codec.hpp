// Key values as bytes whose order is that of the values: numbers numerically, strings and binaries as unsigned bytes.
// Formats: docs/storage-format.md. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// A canonical number in 2 to 22 bytes, prefix-free.
void append_number_key(std::string& to, std::string_view canonical);
// Cuts a number off the front of `from` and appends its canonical text to `to`. False when the bytes are no such number.
bool take_number_key(std::string_view& from, std::string& to);

// A string or binary where something follows: 00 becomes 00 FF, the end is 00 01. (Where nothing follows, raw bytes do.)
void append_escaped_key(std::string& to, std::string_view bytes);
bool take_escaped_key(std::string_view& from, std::string& to);

// The smallest bytes that are greater than every string with that prefix; nullopt when there are none (all FF or empty).
std::optional<std::string> after_prefix(std::string_view prefix);

}  // namespace gatehouse::dynamo
