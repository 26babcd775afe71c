// The scan: one pass over the bytes, resumable at every one of them. What the pieces mean is judged in
// head_parser_rules.cpp.
#include "head_parser.hpp"

#include "byte_scan.hpp"
#include "fields_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace gatehouse::http {
namespace {

using scan::is;

// Longer than any registered method; RFC 9110 section 9.1 asks for 501 beyond what a server knows.
constexpr std::ptrdiff_t kMaxMethodBytes = 32;
constexpr std::ptrdiff_t kMaxNameBytes = 1024;
// Offsets are 32 bits wide.
constexpr std::uint64_t kMaxHeadBytes = std::numeric_limits<std::uint32_t>::max();

// Backends behind CGI, WSGI and the like take Content_Length for Content-Length and X_Forwarded_For for X-Forwarded-For:
// such a field is never forwarded.
bool is_underscore_twin(const char* name, std::size_t size) {
  std::array<char, sizeof(table::Lowered::text)> dashed;
  if (size > dashed.size() || std::memchr(name, '_', size) == nullptr) return false;
  std::replace_copy(name, name + size, dashed.data(), '_', '-');
  return table::find(dashed.data(), size) != FieldId::kOther;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A name with its colon, valid and without '_'; no colon when it is anything else.
struct UsualName {
  const char* colon = nullptr;
  FieldId id = FieldId::kOther;
};

inline UsualName read_usual_name(const char* name, const char* end) {
#if defined(__SSE2__)
  if (end - name > 16) {
    const __m128i bytes = scan::load16(name);
    const __m128i colons = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'));
    const unsigned stops = scan::mask_of(_mm_or_si128(scan::is_control(bytes), colons));
    if (stops >> 4 != 0 && (stops & 15) == 0) {
      const auto size = static_cast<unsigned>(__builtin_ctz(stops));
      const unsigned all = (1U << size) - 1;
      if (name[size] != ':') return {};
      // A name that is known is known to be valid.
      const FieldId id = table::candidate(name, size);
      const __m128i known = scan::load16(table::lowered(id).text);
      const unsigned same = scan::mask_of(_mm_cmpeq_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), known));
      if (table::lowered(id).size == size && (same & all) == all) return {name + size, id};
      const unsigned usual = scan::mask_of(scan::is_usual_in_names(bytes));
      if ((usual & all) == all) return {name + size, FieldId::kOther};
    }
  }
#endif
  const char* const colon = scan::find_colon(name, end);
  if (colon == end || *colon != ':') return {};
  const auto size = static_cast<std::size_t>(colon - name);
  const FieldId id = table::find(name, size);
  const bool plain = id != FieldId::kOther || (size != 0 && colon - name <= kMaxNameBytes &&
                                               scan::skip(name, colon, scan::kPlainNameByte) == colon);
  return plain ? UsualName{colon, id} : UsualName();
}

struct UsualLine {
  UsualName name;
  const char* value = nullptr;
  const char* value_end = nullptr;
};

// Reads a line that is there as a whole, has a valid name without '_', at most one space behind the colon, a value that is
// not empty, and no other blank around it. value_end is null when it is anything else.
inline UsualLine read_usual_line(const char* at, const char* end) {
  UsualLine line{read_usual_name(at, end)};
  const char* const colon = line.name.colon;
  if (colon == nullptr || end - colon < 4) return line;
  line.value = colon + (colon[1] == ' ' ? 2 : 1);
  const char* const value_end = scan::find_control(line.value, end);
  if (end - value_end < 2 || std::memcmp(value_end, "\r\n", 2) != 0) return line;
  // Above the space: no blank, and at the front no CR.
  const bool blank = static_cast<unsigned char>(*line.value) <= ' ' || static_cast<unsigned char>(value_end[-1]) <= ' ';
  if (!blank) line.value_end = value_end;
  return line;
}

}  // namespace

ParseStatus HeadParser::parse_request(std::string_view bytes, FieldRefs& refs) {
  state_.kind = Kind::kRequest;
  return parse(bytes, refs);
}

ParseStatus HeadParser::parse_response(std::string_view bytes, FieldRefs& refs) {
  state_.kind = Kind::kResponse;
  return parse(bytes, refs);
}

ParseStatus HeadParser::parse_trailers(std::string_view bytes, FieldRefs& refs) {
  state_.kind = Kind::kTrailers;
  return parse(bytes, refs);
}

std::uint64_t HeadParser::head_limit() const { return std::min(limits_.head, kMaxHeadBytes); }

ParseStatus HeadParser::parse(std::string_view bytes, FieldRefs& refs) {
  const Window window{bytes.data(), bytes.data() + std::min<std::uint64_t>(bytes.size(), head_limit())};
  if (state_.phase == Phase::kBefore) refs.clear();
  if (state_.phase < Phase::kLine && !scan_start(window)) return outcome(bytes);
  if (state_.phase < Phase::kComplete && scan_fields(window, refs) && judge_head(window.base, refs)) {
    state_.phase = Phase::kComplete;
  }
  return outcome(bytes);
}

ParseStatus HeadParser::outcome(std::string_view bytes) {
  if (state_.phase == Phase::kComplete) return ParseStatus::kComplete;
  if (state_.phase != Phase::kMalformed && bytes.size() >= head_limit()) {
    if (state_.phase == Phase::kTarget) {
      fail("uri_too_long", 414);
    } else {
      fail("head_too_large", 431);
    }
  }
  return state_.phase == Phase::kMalformed ? ParseStatus::kMalformed : ParseStatus::kIncomplete;
}

void HeadParser::go_to(const Window& window, Phase phase, const char* at) {
  state_.phase = phase;
  state_.position = static_cast<std::size_t>(at - window.base);
}

// Always false.
bool HeadParser::stop(const Window& window, Phase phase, const char* at) {
  go_to(window, phase, at);
  return false;
}

bool HeadParser::fail(std::string_view reason, int status) {
  state_.phase = Phase::kMalformed;
  state_.malformed = {state_.kind == Kind::kResponse ? 502 : status, reason};
  return false;
}

// The start line.
bool HeadParser::scan_start(const Window& window) {
  if (state_.kind == Kind::kTrailers) {
    state_.phase = Phase::kLine;
    return true;
  }
  const char* at = window.base + state_.position;
  if (state_.phase == Phase::kBefore) {
    while (state_.kind == Kind::kRequest && at != window.end && *at == '\r') {
      if (at + 1 == window.end) return stop(window, Phase::kBefore, at);
      if (at[1] != '\n') return fail("bare_cr");
      at += 2;
    }
    if (at == window.end) return stop(window, Phase::kBefore, at);
    if (*at == '\n') return fail("bare_lf");
    state_.started = true;
    state_.mark = static_cast<std::uint32_t>(at - window.base);
    state_.phase = state_.kind == Kind::kRequest ? Phase::kMethod : Phase::kVersion;
    state_.position = state_.mark;
  }
  if (state_.kind == Kind::kResponse) {
    return (state_.phase > Phase::kVersion || scan_version(window, ' ')) &&
           (state_.phase > Phase::kStatus || scan_status(window)) && scan_reason(window);
  }
  return (state_.phase > Phase::kMethod || scan_method(window)) &&
         (state_.phase > Phase::kTarget || scan_target(window)) && scan_version(window, '\r');
}

bool HeadParser::scan_method(const Window& window) {
  const char* const begin = window.base + state_.mark;
  const char* const limit = window.end - begin > kMaxMethodBytes ? begin + kMaxMethodBytes : window.end;
  const char* const at = scan::skip(window.base + state_.position, limit, scan::kTokenByte);
  if (at == window.end) return stop(window, Phase::kMethod, at);
  if (*at != ' ') {
    if (is(*at, scan::kTokenByte)) return fail("method_too_long", 501);
    return fail(*at == '\n' ? "bare_lf" : "invalid_method");
  }
  if (at == begin) return fail("invalid_method");
  state_.method_text = {state_.mark, static_cast<std::uint32_t>(at - begin)};
  state_.method = parse_method(state_.method_text.over(window.base));
  // This is no forward proxy: there is nothing to tunnel to.
  if (state_.method == Method::kConnect) return fail("connect_not_supported", 405);
  go_to(window, Phase::kTarget, at + 1);
  state_.mark = static_cast<std::uint32_t>(state_.position);
  return true;
}

bool HeadParser::scan_target(const Window& window) {
  const char* const begin = window.base + state_.mark;
  const bool cut = static_cast<std::uint64_t>(window.end - begin) > limits_.uri;
  const char* const limit = cut ? begin + limits_.uri : window.end;
  const char* at = window.base + state_.position;
  if (state_.query_at == 0) {
    at = scan::find_path_end(at, limit);
    if (at != limit && *at == '?') state_.query_at = static_cast<std::uint32_t>(++at - window.base);
  }
  if (state_.query_at != 0) at = scan::find_query_end(at, limit);
  if (at == window.end) return stop(window, Phase::kTarget, at);
  if (*at != ' ') {
    if (at == limit) return fail("uri_too_long", 414);
    if (*at == '\r') return fail("invalid_version");  // there is none: HTTP/0.9
    return fail(*at == '\n' ? "bare_lf" : "invalid_target");
  }
  state_.target = {state_.mark, static_cast<std::uint32_t>(at - begin)};
  if (!judge_target(window.base)) return false;
  go_to(window, Phase::kVersion, at + 1);
  state_.mark = static_cast<std::uint32_t>(state_.position);
  return true;
}

// "HTTP/1.1" and what ends it: in a request the end of the line, in a response a space.
bool HeadParser::scan_version(const Window& window, char terminator) {
  const char* const at = window.base + state_.mark;
  if (window.end - at < 10 || std::memcmp(at, "HTTP/1.", 7) != 0 || (at[7] != '0' && at[7] != '1') ||
      at[8] != terminator || (terminator == '\r' && at[9] != '\n')) {
    return scan_version_slowly(window, terminator);
  }
  state_.version = at[7] == '0' ? Version::kHttp10 : Version::kHttp11;
  go_to(window, terminator == '\r' ? Phase::kLine : Phase::kStatus, at + (terminator == '\r' ? 10 : 9));
  state_.mark = static_cast<std::uint32_t>(state_.position);
  return true;
}

// Byte by byte, always from the first: it is ten bytes at most.
bool HeadParser::scan_version_slowly(const Window& window, char terminator) {
  constexpr std::string_view kShape = "HTTP/0.0";
  const char* const begin = window.base + state_.mark;
  const char* at = begin;
  for (const char expected : kShape) {
    if (at == window.end) return stop(window, Phase::kVersion, at);
    if (*at == '\n') return fail("bare_lf");
    if (expected == '0' ? !is_digit(*at) : *at != expected) return fail("invalid_version");
    ++at;
  }
  if (begin[5] != '1' || begin[7] > '1') return fail("unsupported_version", 505);
  if (at == window.end) return stop(window, Phase::kVersion, at);
  if (*at != terminator) return fail(*at == '\n' ? "bare_lf" : "invalid_version");
  state_.version = begin[7] == '0' ? Version::kHttp10 : Version::kHttp11;
  if (terminator == '\r') return scan_line_end(window, at, Phase::kVersion);
  go_to(window, Phase::kStatus, at + 1);
  state_.mark = static_cast<std::uint32_t>(state_.position);
  return true;
}

// CR, which is at `at`, and LF. Stops in `phase` when the LF is not there yet.
bool HeadParser::scan_line_end(const Window& window, const char* at, Phase phase) {
  if (at + 1 == window.end) return stop(window, phase, at);
  if (at[1] != '\n') return fail("bare_cr");
  go_to(window, Phase::kLine, at + 2);
  return true;
}

// Three digits, then a space and a reason, or (many servers leave out both) the end of the line.
bool HeadParser::scan_status(const Window& window) {
  const char* const begin = window.base + state_.mark;
  const char* at = begin;
  for (; at != begin + 3; ++at) {
    if (at == window.end) return stop(window, Phase::kStatus, at);
    if (*at == '\n') return fail("bare_lf");
    // RFC 9110 section 15: statuses are 100 to 599.
    if (!is_digit(*at) || (at == begin && (*at == '0' || *at > '5'))) return fail("invalid_status");
  }
  if (at == window.end) return stop(window, Phase::kStatus, at);
  if (*at != ' ' && *at != '\r') return fail(*at == '\n' ? "bare_lf" : "invalid_status");
  state_.status = (begin[0] - '0') * 100 + (begin[1] - '0') * 10 + (begin[2] - '0');
  go_to(window, Phase::kReason, *at == ' ' ? at + 1 : at);
  state_.mark = static_cast<std::uint32_t>(state_.position);
  return true;
}

bool HeadParser::scan_reason(const Window& window) {
  if (state_.phase > Phase::kReason) return true;
  const char* const at = scan::find_value_end(window.base + state_.position, window.end);
  if (at == window.end) return stop(window, Phase::kReason, at);
  if (*at != '\r') return fail(*at == '\n' ? "bare_lf" : "invalid_reason");
  state_.reason = {state_.mark, static_cast<std::uint32_t>(at - window.base) - state_.mark};
  return scan_line_end(window, at, Phase::kReason);
}

// Whether a field line may begin with `first`, behind `count` others.
bool HeadParser::begin_line(char first, std::size_t count) {
  if (is_blank(first)) return fail("obs_fold");
  if (first == '\n') return fail("bare_lf");
  return count < limits_.headers || fail("too_many_headers", 431);
}

// Judges the bytes [from, to) of the name that begins at `name`, and the one that ends it, if it is there.
bool HeadParser::check_name(const Window& window, const char* name, const char* from, const char* to) {
  const char* const limit = to - name > kMaxNameBytes ? name + kMaxNameBytes : to;
  const char* const at = scan::skip(from, limit, scan::kTokenByte);
  if (at == limit && limit != to) return fail("field_name_too_long", 431);
  if (at == window.end) return true;
  if (*at == ':' && at != name) return true;
  if (is_blank(*at)) return fail("space_before_colon");
  return fail(*at == '\n' ? "bare_lf" : "invalid_field_name");
}

std::uint64_t HeadParser::judged_fields() const {
  constexpr std::uint64_t kJudged = bit(FieldId::kConnection) | bit(FieldId::kContentLength) | bit(FieldId::kExpect) |
                                    bit(FieldId::kHost) | bit(FieldId::kTransferEncoding) | bit(FieldId::kUpgrade);
  return state_.kind == Kind::kTrailers ? 0 : kJudged;
}

// Field lines up to the empty one.
bool HeadParser::scan_fields(const Window& window, FieldRefs& refs) {
  for (;;) {
    if (state_.phase == Phase::kLine && !take_usual_lines(window, refs)) return false;
    if (!scan_line(window, refs)) return state_.phase == Phase::kEnd;
  }
}

// The fast lane: lines that are there as a whole and look as nearly all do. The first that does not is left to scan_line().
bool HeadParser::take_usual_lines(const Window& window, FieldRefs& refs) {
  const char* const base = window.base;
  const char* at = base + state_.position;
  const std::uint64_t judged = judged_fields();
  std::uint64_t present = state_.present;
  for (std::size_t room = limits_.headers - refs.size(); room != 0; --room) {
    if (at == window.end || *at == '\r') break;
    const UsualLine line = read_usual_line(at, window.end);
    if (line.value_end == nullptr) break;
    const char* const next = line.value_end + 2;
    refs.push_back(FieldRef{.name_at = static_cast<std::uint32_t>(at - base),
                            .value_at = static_cast<std::uint32_t>(line.value - base),
                            .value_size = static_cast<std::uint32_t>(line.value_end - line.value),
                            .line_size = static_cast<std::uint32_t>(next - at),
                            .name_size = static_cast<std::uint16_t>(line.name.colon - at),
                            .id = line.name.id,
                            .named_by_connection = false});
    at = next;
    if ((bit(line.name.id) & judged) != 0) {
      state_.present = present;
      if (!judge_field(base, refs.back())) return false;
    }
    present |= bit(line.name.id);
  }
  state_.present = present;
  go_to(window, Phase::kLine, at);
  return true;
}

// One field line, however it looks and wherever it stops; false also when it is the empty one. What is known of it is
// kept in state_.field over a stop.
bool HeadParser::scan_line(const Window& window, FieldRefs& refs) {
  const char* const end = window.end;
  const char* at = window.base + state_.position;
  FieldRef& field = state_.field;
  if (state_.phase <= Phase::kName) {
    const char* const from = at;
    if (state_.phase == Phase::kLine) {
      if (at == end) return stop(window, Phase::kLine, at);
      if (*at == '\r') return end_head(window, at);
      if (!begin_line(*at, refs.size())) return false;
      field = {};
      field.name_at = static_cast<std::uint32_t>(at - window.base);
    }
    at = scan::find_colon(at, end);
    const char* const name = window.base + field.name_at;
    if (!check_name(window, name, from, at)) return false;
    if (at == end) return stop(window, Phase::kName, at);
    field.name_size = static_cast<std::uint16_t>(at - name);
    field.id = table::find(name, field.name_size);
    field.named_by_connection = field.id == FieldId::kOther && is_underscore_twin(name, field.name_size);
    ++at;
  }
  if (state_.phase <= Phase::kSpace) {
    while (at != end && is_blank(*at)) ++at;
    if (at == end) return stop(window, Phase::kSpace, at);
    field.value_at = static_cast<std::uint32_t>(at - window.base);
  }
  at = scan::find_value_end(at, end);
  if (at == end) return stop(window, Phase::kValue, at);
  if (*at != '\r') return fail(*at == '\n' ? "bare_lf" : "invalid_field_value");
  if (at + 1 == end) return stop(window, Phase::kValue, at);
  if (at[1] != '\n') return fail("bare_cr");
  const char* const value = window.base + field.value_at;
  const char* value_end = at;
  while (value_end != value && is_blank(value_end[-1])) --value_end;
  field.value_size = static_cast<std::uint32_t>(value_end - value);
  field.line_size = static_cast<std::uint32_t>(at + 2 - window.base) - field.name_at;
  refs.push_back(field);
  if ((bit(field.id) & judged_fields()) != 0 && !judge_field(window.base, field)) return false;
  state_.present |= bit(field.id);
  go_to(window, Phase::kLine, at + 2);
  return true;
}

// The empty line: CR is at `at`. Always false: there is no field line.
bool HeadParser::end_head(const Window& window, const char* at) {
  if (at + 1 == window.end) return stop(window, Phase::kLine, at);
  if (at[1] != '\n') return fail("bare_cr");
  return stop(window, Phase::kEnd, at + 2);
}

}  // namespace gatehouse::http
