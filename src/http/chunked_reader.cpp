#include "chunked_reader.hpp"

#include "byte_scan.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <limits>

namespace gatehouse::http {
namespace {

constexpr std::uint32_t kMaxDigits = 16;
constexpr std::uint32_t kMaxExtensionBytes = 4096;
// A chunk pays for its own framing with 16 bytes and twice its data; what is beyond adds up. Otherwise chunks of one byte
// with 4 KiB of extension each make the gateway read four thousand times the body that it lets through (CVE-2023-39326).
constexpr std::uint64_t kFreeOverhead = 16;
constexpr std::uint64_t kMaxOverhead = 16 * 1024;

// RFC 9110 section 6.5.1: nothing that frames, routes, authenticates or controls may come behind the body, where it was
// looked for in front. That is every field the gateway knows but ETag, every Content-*, and these.
bool is_forbidden_trailer(FieldId id, std::string_view name) {
  if (id != FieldId::kOther) return id != FieldId::kETag;
  constexpr std::string_view kContent = "content-";
  constexpr std::string_view kXForwarded = "x-forwarded-";
  for (const std::string_view prefix : {kContent, kXForwarded}) {
    if (iequals(name.substr(0, prefix.size()), prefix)) return true;
  }
  for (const std::string_view forbidden : {"max-forwards", "pragma", "warning", "set-cookie2", "authentication-info"}) {
    if (iequals(name, forbidden)) return true;
  }
  return false;
}

// What a byte is to an extension.
enum class Piece : std::uint8_t { kToken, kBlank, kEquals, kSemicolon, kQuote, kBackslash, kCr, kText, kNone };

Piece piece_of(char c) {
  switch (c) {
    case ' ':
    case '\t': return Piece::kBlank;
    case '=': return Piece::kEquals;
    case ';': return Piece::kSemicolon;
    case '"': return Piece::kQuote;
    case '\\': return Piece::kBackslash;
    case '\r': return Piece::kCr;
    default: break;
  }
  if (scan::is(c, scan::kTokenByte)) return Piece::kToken;
  return scan::is(c, scan::kValueByte) ? Piece::kText : Piece::kNone;
}

}  // namespace

void ChunkedReader::restart(HeadLimits trailer_limits) {
  *this = ChunkedReader();
  trailer_limits_ = trailer_limits;
}

ChunkedReader::Step ChunkedReader::next(std::string_view bytes) {
  std::size_t used = 0;
  while (used != bytes.size() && phase_ < Phase::kEnd) {
    if (phase_ == Phase::kData) {
      const std::string_view rest = bytes.substr(used);
      return {State::kData, used, rest.substr(0, std::min<std::uint64_t>(rest.size(), remaining_))};
    }
    if (phase_ == Phase::kTrailers) {
      used += take_trailers(bytes.substr(used));
    } else {
      step(bytes[used]);
      // The first byte of the trailers is looked at again, by their parser.
      if (phase_ != Phase::kTrailers) ++used;
    }
  }
  if (phase_ == Phase::kMalformed) return {State::kMalformed, used, {}};
  return {phase_ == Phase::kEnd ? State::kEnd : State::kNeedMore, used, {}};
}

void ChunkedReader::took(std::size_t body_bytes) {
  remaining_ -= body_bytes;
  if (remaining_ == 0 && phase_ == Phase::kData) phase_ = Phase::kDataCr;
}

void ChunkedReader::fail(std::string_view reason, int status) {
  phase_ = Phase::kMalformed;
  malformed_ = {status, reason};
}

void ChunkedReader::step(char c) {
  switch (phase_) {
    case Phase::kSizeBegin:
    case Phase::kSize: return step_size(c);
    case Phase::kSizeLf:
      if (c != '\n') return fail("bare_cr");
      return begin_chunk();
    case Phase::kDataCr:
      if (c != '\r') return fail(c == '\n' ? "bare_lf" : "invalid_chunk_end");
      phase_ = Phase::kDataLf;
      return;
    case Phase::kDataLf:
      if (c != '\n') return fail("bare_cr");
      phase_ = Phase::kSizeBegin;
      return;
    case Phase::kTrailerBegin:
      if (c == '\r') {
        phase_ = Phase::kLastLf;
      } else {
        phase_ = Phase::kTrailers;
        trailers_ = std::make_unique<Trailers>(trailer_limits_);
      }
      return;
    case Phase::kLastLf:
      if (c != '\n') return fail("bare_cr");
      phase_ = Phase::kEnd;
      return;
    default: return step_extension(c);
  }
}

void ChunkedReader::step_size(char c) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    if (phase_ == Phase::kSizeBegin) {
      remaining_ = 0;
      digits_ = 0;
      phase_ = Phase::kSize;
    }
    if (++digits_ > kMaxDigits) return fail("invalid_chunk_size");
    remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
    // As with Content-Length: signed arithmetic on sizes must not overflow anywhere.
    if (remaining_ > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return fail("invalid_chunk_size");
    return;
  }
  if (c == '\n') return fail("bare_lf");
  if (phase_ == Phase::kSizeBegin || (c != '\r' && c != ';')) return fail("invalid_chunk_size");
  extension_bytes_ = c == ';' ? 1 : 0;
  phase_ = c == '\r' ? Phase::kSizeLf : Phase::kExtension;
}

// RFC 9112 section 7.1.1: *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), except that no space may stand
// directly behind the size. Read to be sure where the line ends, then forgotten.
void ChunkedReader::step_extension(char c) {
  using enum Phase;
  constexpr Phase kNo = kMalformed;
  // A row per phase from kExtension on, a column per piece.
  // clang-format off
  static constexpr Phase kNext[9][9] = {
      // token        blank              =                ;                "                    \\                 CR       text              none
      {kExtensionName,   kExtension,        kNo,              kNo,              kNo,                 kNo,               kNo,     kNo,              kNo},
      {kExtensionName,   kExtensionNameEnd, kExtensionValue,  kExtension,       kNo,                 kNo,               kSizeLf, kNo,              kNo},
      {kNo,              kExtensionNameEnd, kExtensionValue,  kExtension,       kNo,                 kNo,               kNo,     kNo,              kNo},
      {kExtensionToken,  kExtensionValue,   kNo,              kNo,              kExtensionQuoted,    kNo,               kNo,     kNo,              kNo},
      {kExtensionToken,  kExtensionEnd,     kNo,              kExtension,       kNo,                 kNo,               kSizeLf, kNo,              kNo},
      {kExtensionQuoted, kExtensionQuoted,  kExtensionQuoted, kExtensionQuoted, kExtensionQuotedEnd, kExtensionEscaped, kNo,     kExtensionQuoted, kNo},
      {kExtensionQuoted, kExtensionQuoted,  kExtensionQuoted, kExtensionQuoted, kExtensionQuoted,    kExtensionQuoted,  kNo,     kExtensionQuoted, kNo},
      {kNo,              kExtensionEnd,     kNo,              kExtension,       kNo,                 kNo,               kSizeLf, kNo,              kNo},
      {kNo,              kExtensionEnd,     kNo,              kExtension,       kNo,                 kNo,               kNo,     kNo,              kNo},
  };
  // clang-format on
  if (c == '\n') return fail("bare_lf");
  if (c != '\r' && ++extension_bytes_ > kMaxExtensionBytes) return fail("chunk_extension_too_large");
  const auto row = static_cast<std::size_t>(phase_) - static_cast<std::size_t>(kExtension);
  phase_ = kNext[row][static_cast<std::size_t>(piece_of(c))];
  if (phase_ == kNo) fail("invalid_chunk_extension");
}

// The size line is complete.
void ChunkedReader::begin_chunk() {
  const std::uint64_t paid = kFreeOverhead + 2 * std::min<std::uint64_t>(remaining_, kMaxOverhead);
  overhead_ += digits_ + extension_bytes_ + 4;
  overhead_ -= std::min(overhead_, paid);
  if (overhead_ > kMaxOverhead) return fail("chunk_overhead_too_large");
  phase_ = remaining_ == 0 ? Phase::kTrailerBegin : Phase::kData;
}

// Returns how many of `bytes` belong to the trailers.
std::size_t ChunkedReader::take_trailers(std::string_view bytes) {
  std::string& kept = trailers_->bytes;
  const std::size_t before = kept.size();
  kept.append(bytes.substr(0, std::min<std::uint64_t>(bytes.size(), trailer_limits_.head - before)));
  switch (trailers_->parser.parse_trailers(kept, trailers_->refs)) {
    case ParseStatus::kIncomplete: break;
    case ParseStatus::kComplete:
      kept.resize(trailers_->parser.head_size());
      drop_forbidden();
      phase_ = Phase::kEnd;
      break;
    case ParseStatus::kMalformed: {
      const Malformed& why = trailers_->parser.malformed();
      if (why.reason == "head_too_large") {
        fail("trailers_too_large", why.status);
      } else if (why.reason == "too_many_headers") {
        fail("too_many_trailers", why.status);
      } else {
        fail(why.reason, why.status);
      }
      break;
    }
  }
  return kept.size() - before;
}

void ChunkedReader::drop_forbidden() {
  const char* const base = trailers_->bytes.data();
  std::erase_if(trailers_->refs, [base](const FieldRef& ref) {
    return ref.named_by_connection || is_forbidden_trailer(ref.id, {base + ref.name_at, ref.name_size});
  });
  for (const FieldRef& ref : trailers_->refs) trailers_->present |= bit(ref.id);
}

Fields ChunkedReader::trailers() const {
  if (trailers_ == nullptr) return {};
  return {trailers_->bytes.data(), trailers_->refs.data(), static_cast<std::uint32_t>(trailers_->refs.size()),
          trailers_->present};
}

}  // namespace gatehouse::http
