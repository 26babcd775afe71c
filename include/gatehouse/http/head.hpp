// The heads of messages: what was received, understood and judged, and what will be sent. Fields are all that stood in the
// head; framing and hop-by-hop ones are told apart by id and left out when a head is written.
#pragma once

#include "gatehouse/http/field_edits.hpp"
#include "gatehouse/http/fields.hpp"
#include "gatehouse/http/method.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::http {

// A request as a client sent it. Views are valid until the exchange ends.
struct RequestHead {
  Method method = Method::kGet;
  Version version = Version::kHttp11;
  bool has_body = false;  // false also when Content-Length is 0
  std::string_view method_text;
  std::string_view scheme;     // "http" or "https": how the client reached the listener
  std::string_view authority;  // Host, or of an absolute-form target, which wins (RFC 9112 section 3.2.2); as written
  std::string_view path;       // raw, begins with '/', or "*" for OPTIONS
  std::string_view query;      // raw, without '?'; the data pointer is null when there was no '?'
  std::string_view protocol;   // the Upgrade token that the client offers, or empty
  std::optional<std::uint64_t> content_length;
  Fields fields;
};

// A response as a backend sent it. Views are valid until the call ends.
struct IncomingResponse {
  int status = 0;
  Version version = Version::kHttp11;
  bool has_body = false;
  std::string_view reason;
  std::string_view protocol;  // the Upgrade token of a 101
  std::optional<std::uint64_t> content_length;
  Fields fields;
};

// What is sent: a base of received fields (may be none) less the hop-by-hop ones, less and plus the edits. The
// serialiser alone writes framing: Content-Length or chunked, Connection, Date.
struct OutgoingRequest {
  std::string_view method;
  std::string_view target;     // origin-form
  std::string_view authority;  // becomes Host
  std::string_view upgrade;    // a protocol to upgrade to, or empty
  const Fields* base = nullptr;
  FieldEdits* edits = nullptr;
  bool has_body = false;
  std::optional<std::uint64_t> content_length;  // with has_body and no length: chunked
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : edits(arena) {}
  int status = 200;
  std::string_view reason;  // empty: the standard phrase
  const Fields* base = nullptr;
  FieldEdits edits;
  std::optional<std::uint64_t> content_length;  // none: unknown, framed as the client's version allows
};

}  // namespace gatehouse::http
