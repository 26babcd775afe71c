// What a request for a file gets: all of it, a part, or word that nothing changed (RFC 9110 sections 13 and 14). Pure.
#pragma once

#include "gatehouse/http/head.hpp"
#include "gatehouse/http/validators.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::integration {

using http::http_date;
using http::parse_http_date;

struct Representation {
  std::uint64_t size = 0;
  std::time_t modified = 0;
  std::string_view etag;  // strong, with its quotes
};

struct Selection {
  int status = 200;         // 200, 206, 304, 416
  std::uint64_t first = 0;  // of 200 and 206: the bytes to send
  std::uint64_t count = 0;
};

// Several ranges, and what is no range of bytes, get the whole. REQUIRES: GET or HEAD.
Selection select(const http::RequestHead& request, const Representation& representation);

}  // namespace gatehouse::integration
