#include "conditional.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::integration {
namespace {

using http::FieldId;
using http::parse_http_date;

bool not_modified(const http::Fields& fields, const Representation& representation) {
  if (fields.has(FieldId::kIfNoneMatch)) {
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      const http::Field field = fields[i];
      if (field.id == FieldId::kIfNoneMatch && http::lists_tag(field.value, representation.etag)) return true;
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
