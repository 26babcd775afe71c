#include "gatehouse/http/validators.hpp"

#include "gatehouse/base/strings.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace gatehouse::http {
namespace {

constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The next entity tag of a list, without W/ (for weak comparison), which is cut off; empty at the end or where there is none.
std::string_view take_tag(std::string_view& list) {
  const std::size_t begin = std::min(list.find_first_not_of(" \t,"), list.size());
  list.remove_prefix(begin);
  if (list.starts_with("W/")) list.remove_prefix(2);
  if (!list.starts_with('"')) return {};
  const std::size_t end = list.find('"', 1);
  if (end == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  return tag;
}

}  // namespace

bool lists_tag(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  for (std::string_view tag = take_tag(list); !tag.empty(); tag = take_tag(list)) {
    if (tag == etag) return true;
  }
  return false;
}

std::string http_date(std::time_t time) {
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char text[64];
  const int size = std::snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                                 utc.tm_min, utc.tm_sec);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<std::time_t> parse_http_date(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() >= kLongest) return std::nullopt;
  char terminated[kLongest] = {};
  text.copy(terminated, text.size());
  for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm utc{};
    const char* const end = ::strptime(terminated, format, &utc);
    if (end != nullptr && *end == '\0') return ::timegm(&utc);
  }
  return std::nullopt;
}

}  // namespace gatehouse::http
