// The normal form of one path segment (RFC 3986 section 6.2.2): the same rule for what clients send and for what the
// configuration says, so that both can be compared byte by byte. Pure functions.
#pragma once

#include <string_view>

namespace gatehouse::pipeline {

// A quick look at a whole path: true only when it is in normal form, every segment and all slashes. (False for some that
// are, such as "/.well-known".)
bool is_plain_path(std::string_view path);

// Writes the segment with escapes of unreserved characters decoded, what may not stand in a path escaped, and hexadecimal
// digits in upper case. `to` has room for 3 * segment.size() bytes. Returns the end, or null when the segment must be
// refused: an invalid escape, NUL (also %00), a raw backslash, or a dot segment set off by an escaped slash or backslash
// ("..%2Fadmin"), which a backend that decodes first would follow.
char* normalise_segment(std::string_view segment, char* to);

// "." or "..", in normal form.
inline bool is_dot_segment(std::string_view segment) { return segment == "." || segment == ".."; }
// Whether any segment of `path` is one.
bool has_dot_segment(std::string_view path);

}  // namespace gatehouse::pipeline
