#include "kept_answer.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/http/validators.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::middleware {
namespace {

using http::bit;
using http::FieldId;

// Of one message, not of the answer.
constexpr std::uint64_t kNotKept = http::kHopByHop | bit(FieldId::kContentLength) | bit(FieldId::kAge) | bit(FieldId::kXRequestId);
// What a 304 says of these is not about what was kept (RFC 9111 section 3.2).
constexpr std::uint64_t kNotUpdated = kNotKept | bit(FieldId::kContentEncoding) | bit(FieldId::kContentType) | bit(FieldId::kContentRange);

// Different for every client or request: nothing that was kept would ever fit again.
constexpr std::array<std::string_view, 8> kPerRequest = {"forwarded", "traceparent",       "via",            "x-amzn-trace-id",
                                                         "x-forwarded-for", "x-forwarded-port", "x-real-ip", "x-request-id"};

// Calls `see(name, value, id)` for each field that leaves.
template <class See>
void for_each_field(const http::ResponseHead& head, See see) {
  for (std::uint32_t i = 0; head.base != nullptr && i < head.base->size(); ++i) {
    if (head.base->ref(i).named_by_connection) continue;
    const http::Field field = (*head.base)[i];
    const bool removed = field.id == FieldId::kOther ? head.edits.removes_other(field.name)
                                                     : (head.edits.removed_known() & bit(field.id)) != 0;
    if (!removed) see(field.name, field.value, field.id);
  }
  for (const auto* added = head.edits.added(); added != nullptr; added = added->next) see(added->name(), added->value, added->id);
}

class Lines {
 public:
  explicit Lines(CacheEntry& entry) : entry_(entry) {}

  void add(std::string_view name, std::string_view value, FieldId id) {
    const auto at = static_cast<std::uint32_t>(entry_.head.size());
    entry_.head.append(name).append(": ").append(value).append("\r\n");
    entry_.refs.push_back({at, static_cast<std::uint32_t>(at + name.size() + 2), static_cast<std::uint32_t>(value.size()),
                           static_cast<std::uint32_t>(entry_.head.size() - at), static_cast<std::uint16_t>(name.size()), id, false});
    present_ |= bit(id);
  }

  void finish(WallTime received) {
    if ((present_ & bit(FieldId::kDate)) == 0)
      add("Date", http::http_date(std::chrono::system_clock::to_time_t(received)), FieldId::kDate);
    entry_.head.shrink_to_fit();
    entry_.refs.shrink_to_fit();
    entry_.fields = http::Fields(entry_.head.data(), entry_.refs.data(), static_cast<std::uint32_t>(entry_.refs.size()), present_);
    entry_.etag = entry_.fields.get(FieldId::kETag).value_or("");
    entry_.last_modified = entry_.fields.get(FieldId::kLastModified).value_or("");
  }

 private:
  CacheEntry& entry_;
  std::uint64_t present_ = 0;
};

void read_vary(std::string_view list, ReadAnswer& answer) {
  for (std::string_view element; next_element(list, element);) {
    const std::string name = to_lower(element);
    if (name == "*" || std::find(kPerRequest.begin(), kPerRequest.end(), name) != kPerRequest.end()) {
      answer.facts.varies_by_all = true;
    } else if (name != "host" && name != "x-forwarded-host" && name != "x-forwarded-proto") {  // in the key
      answer.vary.push_back(name);
    }
  }
}

std::string_view without_weakness(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

ReadAnswer read_answer(const http::ResponseHead& head) {
  ReadAnswer answer;
  answer.facts.status = head.status;
  bool encoded = false;
  const auto first = [](std::optional<std::string_view>& slot, std::string_view value) {
    if (!slot) slot = value;
  };
  for_each_field(head, [&](std::string_view, std::string_view value, FieldId id) {
    switch (id) {
      case FieldId::kCacheControl: answer.facts.control.add(value); break;
      case FieldId::kDate: first(answer.facts.date, value); break;
      case FieldId::kExpires: first(answer.facts.expires, value); break;
      case FieldId::kAge: first(answer.facts.age, value); break;
      case FieldId::kSetCookie: answer.facts.sets_cookie = true; break;
      case FieldId::kVary: read_vary(value, answer); break;
      case FieldId::kETag: answer.etag = value; break;
      case FieldId::kLastModified: answer.has_validator = true; break;
      case FieldId::kContentEncoding: encoded = true; break;
      default: break;
    }
  });
  answer.has_validator = answer.has_validator || !answer.etag.empty();
  // Some backends encode without saying that they chose.
  if (encoded) answer.vary.emplace_back("accept-encoding");
  std::sort(answer.vary.begin(), answer.vary.end());
  answer.vary.erase(std::unique(answer.vary.begin(), answer.vary.end()), answer.vary.end());
  return answer;
}

ReadAnswer read_entry(const CacheEntry& entry, Arena& arena) {
  http::ResponseHead head(arena);
  head.status = entry.status;
  head.base = &entry.fields;
  return read_answer(head);
}

void keep_fields(const http::ResponseHead& head, WallTime received, CacheEntry& entry) {
  Lines lines(entry);
  for_each_field(head, [&](std::string_view name, std::string_view value, FieldId id) {
    if ((bit(id) & kNotKept) == 0) lines.add(name, value, id);
  });
  lines.finish(received);
}

void keep_updated_fields(const CacheEntry& old, const http::ResponseHead& head, WallTime received, CacheEntry& entry) {
  Lines lines(entry);
  for (std::uint32_t i = 0; i < old.fields.size(); ++i) {
    const http::Field kept = old.fields[i];
    bool replaced = kept.id == FieldId::kDate;  // the new one's, or that of its arrival
    for_each_field(head, [&](std::string_view name, std::string_view, FieldId id) {
      if ((bit(id) & kNotUpdated) == 0 && id == kept.id && (id != FieldId::kOther || iequals(name, kept.name))) replaced = true;
    });
    if (!replaced) lines.add(kept.name, kept.value, kept.id);
  }
  for_each_field(head, [&](std::string_view name, std::string_view value, FieldId id) {
    if ((bit(id) & kNotUpdated) == 0) lines.add(name, value, id);
  });
  lines.finish(received);
}

void keep_lifetime(const Lifetime& lifetime, CacheEntry& entry) {
  entry.initial_age = lifetime.initial_age;
  entry.fresh = lifetime.fresh;
  entry.stale_while_revalidate = lifetime.stale_while_revalidate;
  entry.stale_if_error = lifetime.stale_if_error;
  entry.revalidate_always = lifetime.revalidate_always;
  entry.must_revalidate = lifetime.must_revalidate;
}

bool confirms(const http::ResponseHead& head, const CacheEntry& entry) {
  const ReadAnswer answer = read_answer(head);
  return answer.etag.empty() || entry.etag.empty() || without_weakness(answer.etag) == without_weakness(entry.etag);
}

bool client_has(const http::Fields& request, const CacheEntry& entry) {
  if (entry.status != 200) return false;
  if (request.has(FieldId::kIfNoneMatch)) {
    const std::string_view etag = without_weakness(entry.etag);
    for (std::uint32_t i = 0; i < request.size(); ++i) {
      const http::Field field = request[i];
      if (field.id != FieldId::kIfNoneMatch) continue;
      if (etag.empty() ? trim(field.value) == "*" : http::lists_tag(field.value, etag)) return true;
    }
    return false;
  }
  const auto since = request.get(FieldId::kIfModifiedSince);
  if (!since || entry.last_modified.empty()) return false;
  const auto asked = http::parse_http_date(*since);
  const auto modified = http::parse_http_date(entry.last_modified);
  return asked && modified && *modified <= *asked;
}

void become(http::ResponseHead& head, const CacheEntry& entry, pipeline::RequestContext& context, bool unchanged, TimePoint now) {
  head.status = unchanged ? 304 : entry.status;
  head.reason = {};
  head.base = &entry.fields;
  head.edits = http::FieldEdits(context.arena());
  if (!context.request_id.empty()) head.edits.set_valid(FieldId::kXRequestId, context.request_id);
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(std::max(entry.age(now), Duration(0))).count();
  char text[20];
  char* const end = write_u64(text, static_cast<std::uint64_t>(age));
  head.edits.append_valid(FieldId::kAge, context.arena().copy({text, static_cast<std::size_t>(end - text)}));
  head.content_length.reset();
  if (!unchanged) head.content_length = entry.body->bytes.size();
}

}  // namespace gatehouse::middleware
