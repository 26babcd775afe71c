// Content codings of both directions (RFC 9110 section 8.4.1). Contexts are kept per thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

enum class Coding : unsigned char { kIdentity, kGzip, kDeflate, kUnknown };

// Of a Content-Encoding field; more than one coding is kUnknown.
Coding find_coding(std::string_view content_encoding);
std::string_view coding_name(Coding coding);  // "gzip"

enum class Inflated : unsigned char { kDone, kMalformed, kTooLarge };
// Replaces `to`. Stops as soon as the result would be larger than `limit`: a bomb costs no more than that. "deflate" is zlib's
// format, or without its head, as some clients send it.
Inflated inflate(Coding coding, std::string_view bytes, std::uint64_t limit, std::string& to);

// What the client takes best of gzip and deflate, by Accept-Encoding; kIdentity when it wants neither.
Coding choose_coding(std::string_view accept_encoding);
// Replaces `to`. False when it would not be smaller.
bool compress(Coding coding, std::string_view bytes, std::string& to);

// Smaller ones fit into one packet anyway.
inline constexpr std::size_t kWorthCompressing = 2048;

}  // namespace gatehouse::dynamo
