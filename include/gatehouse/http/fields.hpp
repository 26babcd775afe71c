// The fields of a parsed head or trailer section: views over the bytes that were received, names as they were written.
// Valid as long as the head that owns them. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::http {

// Fields that the gateway itself looks at. The order is free; there are fewer than 64, so that a set is one word.
enum class FieldId : std::uint8_t {
  kOther,
  kAccept, kAcceptEncoding, kAccessControlRequestHeaders, kAccessControlRequestMethod, kAge, kAllow, kAuthorization,
  kCacheControl, kConnection, kContentEncoding, kContentLength, kContentRange, kContentType, kCookie, kDate, kETag,
  kExpect, kExpires, kForwarded, kHost, kIfMatch, kIfModifiedSince, kIfNoneMatch, kIfRange, kIfUnmodifiedSince,
  kKeepAlive, kLastModified, kLocation, kOrigin, kProxyAuthenticate, kProxyAuthorization, kProxyConnection, kRange,
  kReferer, kRetryAfter, kServer, kSetCookie, kTe, kTraceparent, kTracestate, kTrailer, kTransferEncoding, kUpgrade, kUserAgent,
  kVary, kVia, kWwwAuthenticate, kXAmznTraceId, kXForwardedFor, kXForwardedHost, kXForwardedPort, kXForwardedPrefix,
  kXForwardedProto, kXGatehouseTrace, kXRealIp, kXRequestId,
  kCount
};
static_assert(static_cast<int>(FieldId::kCount) < 64);

constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }

FieldId field_id(std::string_view name);      // any letter case
std::string_view field_name(FieldId id);      // as commonly written: "Content-Type"; empty for kOther
inline constexpr std::size_t kLongestKnownName = 30;

// Fields that mean something between two neighbours only (RFC 9110 section 7.6.1), whatever Connection says.
inline constexpr std::uint64_t kHopByHop = bit(FieldId::kConnection) | bit(FieldId::kKeepAlive) | bit(FieldId::kProxyConnection) |
                                           bit(FieldId::kTransferEncoding) | bit(FieldId::kTe) | bit(FieldId::kTrailer) |
                                           bit(FieldId::kUpgrade) | bit(FieldId::kProxyAuthenticate) | bit(FieldId::kProxyAuthorization);

struct FieldRef {
  std::uint32_t name_at;   // from the head's first byte; the field line begins here
  std::uint32_t value_at;
  std::uint32_t value_size;
  std::uint32_t line_size;  // with the line's end, so that runs of untouched lines are copied at once
  std::uint16_t name_size;
  FieldId id;
  // Never forwarded: a Connection option names it, so that it is hop-by-hop for this message; or it is the underscore
  // twin (X_Forwarded_For) of a field that the gateway knows. Always false for known fields.
  bool named_by_connection;
};

struct Field {
  std::string_view name, value;
  FieldId id;
};

class Fields {
 public:
  Fields() = default;
  Fields(const char* base, const FieldRef* refs, std::uint32_t count, std::uint64_t present)
      : base_(base), refs_(refs), count_(count), present_(present) {}

  std::uint32_t size() const { return count_; }
  Field operator[](std::uint32_t i) const {
    const FieldRef& ref = refs_[i];
    return {name(ref), value(ref), ref.id};
  }
  const FieldRef& ref(std::uint32_t i) const { return refs_[i]; }
  // All of them, for loops that look at few.
  std::span<const FieldRef> refs() const { return {refs_, count_}; }
  std::string_view name(const FieldRef& ref) const { return {base_ + ref.name_at, ref.name_size}; }
  std::string_view value(const FieldRef& ref) const { return {base_ + ref.value_at, ref.value_size}; }
  const char* base() const { return base_; }

  bool has(FieldId id) const { return (present_ & bit(id)) != 0; }
  // The first with that name.
  std::optional<std::string_view> get(FieldId id) const;
  std::optional<std::string_view> get(std::string_view wanted) const;
  // That with this name, if there is exactly one.
  std::optional<std::string_view> only(FieldId id) const;
  std::uint32_t count(FieldId id) const;

 private:
  const char* base_ = nullptr;
  const FieldRef* refs_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint64_t present_ = 0;  // bit(id) for every known field that occurs; kOther's bit for any other
};

}  // namespace gatehouse::http
