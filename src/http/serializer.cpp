#include "serializer.hpp"

#include "byte_scan.hpp"
#include "fields_table.hpp"
#include "gatehouse/base/byte_copy.hpp"
#include "gatehouse/base/strings.hpp"

#include <cstring>

namespace gatehouse::http {
namespace {

// What the serialiser alone writes, or nobody.
constexpr std::uint64_t kFramingFields = kHopByHop | bit(FieldId::kContentLength);
constexpr std::uint64_t kRequestDropped = kFramingFields | bit(FieldId::kHost) | bit(FieldId::kExpect);
// Start line without its variable parts, framing, Connection, Upgrade's name, Date, the empty line; and what the copy of a
// known name may write beyond it.
constexpr std::size_t kFixedBytes = 256 + sizeof(table::Prefix);

// Most texts of a head are short.
[[gnu::always_inline]] inline char* put(char* to, std::string_view text) { return copy_bytes(to, text.data(), text.size()); }

char* put_field(char* to, std::string_view name, std::string_view value) {
  to = put(to, name);
  to = put(to, ": ");
  to = put(to, value);
  return put(to, "\r\n");
}

// With ": ". Writes a whole Prefix, whatever the name's size.
char* put_known_name(char* to, FieldId id) {
  const auto index = static_cast<std::size_t>(id);
  std::memcpy(to, table::kPrefixes.data()[index].text, sizeof(table::Prefix));
  return to + table::kNames.data()[index].size() + 2;
}

bool may_be_sent(const FieldEdits::Added& added) {
  return is_valid_field_value(added.value) && (added.id != FieldId::kOther || is_token(added.written));
}

std::size_t size_bound(const Fields* fields) {
  if (fields == nullptr || fields->size() == 0) return 0;
  const FieldRef& last = fields->ref(fields->size() - 1);
  return last.name_at + last.line_size - fields->ref(0).name_at;
}

std::size_t size_bound(const FieldEdits* edits) { return edits == nullptr ? 0 : edits->added_bytes(); }

// Copies the field lines that stay, whole runs of neighbours at once.
char* put_base(char* to, const Fields* fields, const FieldEdits* edits, std::uint64_t dropped) {
  if (fields == nullptr) return to;
  const bool by_name = edits != nullptr && edits->removes_others();
  const char* const base = fields->base();
  std::uint32_t run_begin = 0;
  std::uint32_t run_end = 0;
  for (const FieldRef& ref : fields->refs()) {
    if ((bit(ref.id) & dropped) != 0 || ref.named_by_connection) continue;
    if (by_name && ref.id == FieldId::kOther && edits->removes_other({base + ref.name_at, ref.name_size})) continue;
    if (ref.name_at != run_end) {
      to = put(to, {base + run_begin, run_end - run_begin});
      run_begin = ref.name_at;
    }
    run_end = ref.name_at + ref.line_size;
  }
  return put(to, {base + run_begin, run_end - run_begin});
}

char* put_added(char* to, const FieldEdits* edits, std::uint64_t dropped, std::uint64_t& present) {
  for (const auto* added = edits == nullptr ? nullptr : edits->added(); added != nullptr; added = added->next) {
    if ((bit(added->id) & dropped) != 0) continue;
    if (added->checked == FieldEdits::Checked::kNo && !may_be_sent(*added)) continue;
    to = added->written.empty() ? put_known_name(to, added->id) : put(put(to, added->written), ": ");
    to = put(put(to, added->value), "\r\n");
    present |= bit(added->id);
  }
  return to;
}

char* put_length(char* to, std::uint64_t length) {
  to = put(to, "Content-Length: ");
  to = write_u64(to, length);
  return put(to, "\r\n");
}

char* put_connection(char* to, ConnectionOption connection) {
  switch (connection) {
    case ConnectionOption::kNone: break;
    case ConnectionOption::kClose: return put(to, "Connection: close\r\n");
    case ConnectionOption::kKeepAlive: return put(to, "Connection: keep-alive\r\n");
    case ConnectionOption::kUpgrade: return put(to, "Connection: Upgrade\r\n");
  }
  return to;
}

char* put_response_framing(char* to, const ResponseHead& head, Framing framing, bool head_only) {
  // RFC 9110 section 8.6, RFC 9112 section 6.1: neither in 1xx nor in 204.
  if (head.status < 200 || head.status == 204) return to;
  switch (framing) {
    case Framing::kChunked: return put(to, "Transfer-Encoding: chunked\r\n");
    case Framing::kLength: return put_length(to, head.content_length.value_or(0));
    case Framing::kUntilClose: return to;
    case Framing::kNone: break;
  }
  // In 304 and towards HEAD it is the length that GET would have had.
  if (head_only || head.status == 304) return head.content_length ? put_length(to, *head.content_length) : to;
  return put_length(to, 0);
}

// RFC 9110 section 8.6: methods that define a meaning for a body say that it is empty.
bool expects_length(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

char* put_request_framing(char* to, const OutgoingRequest& head, Framing framing) {
  if (framing == Framing::kChunked) return put(to, "Transfer-Encoding: chunked\r\n");
  if (framing == Framing::kLength) return put_length(to, head.content_length.value_or(0));
  return head.content_length || expects_length(head.method) ? put_length(to, 0) : to;
}

char* put_status_line(char* to, int status, std::string_view reason) {
  to = put(to, "HTTP/1.1 ");
  *to++ = static_cast<char>('0' + status / 100 % 10);
  *to++ = static_cast<char>('0' + status / 10 % 10);
  *to++ = static_cast<char>('0' + status % 10);
  *to++ = ' ';
  to = put(to, reason);
  return put(to, "\r\n");
}

char* put_escaped(char* to, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (scan::is(c, scan::kVisible)) {
      *to++ = c;
      continue;
    }
    *to++ = '%';
    *to++ = kHex[static_cast<unsigned char>(c) >> 4];
    *to++ = kHex[static_cast<unsigned char>(c) & 15];
  }
  return to;
}

bool adds(const FieldEdits& edits, FieldId id) {
  for (const auto* added = edits.added(); added != nullptr; added = added->next)
    if (added->id == id) return true;
  return false;
}

bool is_visible(std::string_view text) {
  const char* const end = text.data() + text.size();
  return scan::find_invisible(text.data(), end) == end;
}

}  // namespace

void write_response_head(Bytes& to, const ResponseHead& head, Framing framing, ConnectionOption connection,
                         bool head_only, std::string_view date) {
  std::string_view reason = head.reason;
  if (reason.empty() || !is_valid_field_value(reason)) reason = reason_phrase(head.status);
  std::uint64_t framing_fields = kFramingFields;
  if (connection == ConnectionOption::kUpgrade) framing_fields &= ~bit(FieldId::kUpgrade);
  const std::uint64_t dropped = framing_fields | head.edits.removed_known();
  // RFC 9110 section 15.5.22: 426 says which protocol is asked for. A backend's stays between it and us.
  if (head.status == 426 && connection == ConnectionOption::kNone && adds(head.edits, FieldId::kUpgrade)) {
    framing_fields &= ~bit(FieldId::kUpgrade);
    connection = ConnectionOption::kUpgrade;
  }

  char* const begin =
      to.reserve(kFixedBytes + reason.size() + date.size() + size_bound(head.base) + size_bound(&head.edits));
  char* at = put_status_line(begin, head.status, reason);
  at = put_base(at, head.base, &head.edits, dropped);
  std::uint64_t present = 0;
  at = put_added(at, &head.edits, framing_fields, present);
  if (head.base != nullptr && head.base->has(FieldId::kDate)) present |= bit(FieldId::kDate) & ~dropped;
  if ((present & bit(FieldId::kDate)) == 0 && !date.empty()) at = put_field(at, "Date", date);
  at = put_response_framing(at, head, framing, head_only);
  at = put_connection(at, connection);
  at = put(at, "\r\n");
  to.commit(static_cast<std::size_t>(at - begin));
}

void write_request_head(Bytes& to, const OutgoingRequest& head, Framing framing, ConnectionOption connection) {
  const bool clean = is_visible(head.target);
  const std::size_t target_bytes = clean ? head.target.size() : 3 * head.target.size();
  const std::string_view authority = is_visible(head.authority) ? head.authority : std::string_view();
  char* const begin = to.reserve(kFixedBytes + head.method.size() + target_bytes + authority.size() +
                                 head.upgrade.size() + size_bound(head.base) + size_bound(head.edits));
  char* at = put(begin, head.method);
  *at++ = ' ';
  at = clean ? put(at, head.target) : put_escaped(at, head.target);
  at = put(at, " HTTP/1.1\r\nHost: ");
  at = put(at, authority);
  at = put(at, "\r\n");
  at = put_base(at, head.base, head.edits, kRequestDropped | (head.edits == nullptr ? 0 : head.edits->removed_known()));
  std::uint64_t present = 0;
  at = put_added(at, head.edits, kRequestDropped, present);
  at = put_request_framing(at, head, framing);
  at = put_connection(at, connection);
  if (connection == ConnectionOption::kUpgrade) at = put_field(at, "Upgrade", head.upgrade);
  at = put(at, "\r\n");
  to.commit(static_cast<std::size_t>(at - begin));
}

void write_informational(Bytes& to, int status, const Fields* fields) {
  const std::string_view reason = reason_phrase(status);
  char* const begin = to.reserve(kFixedBytes + reason.size() + size_bound(fields));
  char* at = put_status_line(begin, status, reason);
  at = put_base(at, fields, nullptr, kFramingFields);
  at = put(at, "\r\n");
  to.commit(static_cast<std::size_t>(at - begin));
}

char* write_chunk_header(char* to, std::uint64_t size) {
  constexpr std::string_view kHex = "0123456789abcdef";
  int digits = 1;
  while (digits < 16 && size >> (4 * digits) != 0) ++digits;
  for (int i = digits - 1; i >= 0; --i) *to++ = kHex[size >> (4 * i) & 15];
  return put(to, "\r\n");
}

void write_last_chunk(Bytes& to, const Fields& trailers) {
  char* const begin = to.reserve(kFixedBytes + size_bound(&trailers));
  char* at = put(begin, "0\r\n");
  at = put_base(at, &trailers, nullptr, kFramingFields);
  at = put(at, "\r\n");
  to.commit(static_cast<std::size_t>(at - begin));
}

bool is_valid_field_value(std::string_view value) {
  const char* const end = value.data() + value.size();
  const char* at = scan::find_control(value.data(), end);
  while (at != end && *at == '\t') at = scan::find_control(at + 1, end);
  return at == end;
}

bool is_token(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && scan::skip(text.data(), end, scan::kTokenByte) == end;
}

}  // namespace gatehouse::http
