// What tells one state of a resource from another: times and entity tags (RFC 9110 sections 5.6.7, 8.8 and 13.1). Pure.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(std::time_t time);
// Each of the three forms that section asks to accept.
std::optional<std::time_t> parse_http_date(std::string_view text);

// Whether an If-None-Match field names `etag`, by weak comparison. `etag` has its quotes and no W/.
bool lists_tag(std::string_view list, std::string_view etag);

}  // namespace gatehouse::http
