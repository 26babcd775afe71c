#include "conditional.hpp"

#include "gatehouse/base/strings.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace gatehouse::integration {
namespace {

using http::FieldId;

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

bool lists(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  for (std::string_view tag = take_tag(list); !tag.empty(); tag = take_tag(list)) {
    if (tag == etag) return true;
  }
  return false;
}

bool not_modified(const http::Fields& fields, const Representation& representation) {
  if (fields.has(FieldId::kIfNoneMatch)) {
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      const http::Field field = fields[i];
      if (field.id == FieldId::kIfNoneMatch && lists(field.value, representation.etag)) return true;
    }
    return false;
  }
  const auto since = fields.get(FieldId::kIfModifiedSince);
  if (!since) return false;
  const auto time = parse_http_date(*since);
  return time && representation.modified <= *time;
}

// A part is only good for a client that has the rest of the same file.
bool range_applies(const http::Fields& fields, const Representation& representation) {
  const auto condition = fields.get(FieldId::kIfRange);
  if (!condition) return true;
  if (condition->starts_with('"')) return *condition == representation.etag;
  const auto time = parse_http_date(*condition);
  return time && *time == representation.modified;
}

// "bytes=1-5", "bytes=5-", "bytes=-5". Unchanged when the field means nothing to us.
void apply_range(std::string_view range, const Representation& representation, Selection& selection) {
  constexpr std::string_view kUnit = "bytes=";
  if (range.size() < kUnit.size() || !iequals(range.substr(0, kUnit.size()), kUnit)) return;
  range = trim(range.substr(kUnit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return;
  const std::string_view first_text = range.substr(0, dash);
  const std::string_view last_text = range.substr(dash + 1);
  const auto first = parse_u64(first_text);
  const auto last = parse_u64(last_text);
  const std::uint64_t size = representation.size;
  if ((!first && !first_text.empty()) || (!last && !last_text.empty()) || (!first && !last)) return;
  if (first && last && *last < *first) return;

  const std::uint64_t begin = first ? *first : size - std::min(*last, size);
  if (begin >= size) {
    selection = {416, 0, 0};
    return;
  }
  const std::uint64_t end = first && last && *last < size - 1 ? *last + 1 : size;
  selection = {206, begin, end - begin};
}

}  // namespace

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

Selection select(const http::RequestHead& request, const Representation& representation) {
  if (not_modified(request.fields, representation)) return {304, 0, 0};
  Selection selection{200, 0, representation.size};
  const auto range = request.fields.get(FieldId::kRange);
  if (range && request.method == http::Method::kGet && range_applies(request.fields, representation)) {
    apply_range(*range, representation, selection);
  }
  return selection;
}

}  // namespace gatehouse::integration
