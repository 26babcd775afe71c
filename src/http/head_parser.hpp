// Finds and judges one HTTP/1 head at the front of what was received: our scanner behind one seam, strict where smuggling
// lives (RFC 9112 sections 2 to 6). Continues where it stopped when more bytes come. Views only, no copies. One thread.
#pragma once

#include "gatehouse/http/fields.hpp"
#include "gatehouse/http/head.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace gatehouse::http {

struct HeadLimits {
  std::uint64_t head;
  std::uint64_t uri;  // requests only
  std::uint32_t headers;
};

enum class ParseStatus : std::uint8_t { kIncomplete, kComplete, kMalformed };

// What a malformed head is answered with, and the stable reason for log and metrics.
struct Malformed {
  int status = 400;
  std::string_view reason;
};

enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

// Where the parser leaves fields. Kept by the owner between messages so that its capacity is reused.
using FieldRefs = std::vector<FieldRef>;

class HeadParser {
 public:
  explicit HeadParser(HeadLimits limits) : limits_(limits) {}

  // Forgets the message, keeps the limits.
  void restart();
  void set_limits(HeadLimits limits) { limits_ = limits; }

  // Looks at `bytes`, which begin with the head and begin with all that was given before (the address may differ).
  // Empty lines before a request line are skipped (RFC 9112 section 2.2) and count towards the head's size.
  ParseStatus parse_request(std::string_view bytes, FieldRefs& refs);
  ParseStatus parse_response(std::string_view bytes, FieldRefs& refs);

  const Malformed& malformed() const { return malformed_; }
  // After kComplete: how many bytes the head took, with the empty line.
  std::size_t head_size() const { return position_; }
  // True once a byte of a message, other than an empty line, was seen.
  bool started() const { return started_; }

  // After kComplete, over bytes at `base` (where the head now lives).
  RequestHead request(const char* base, const FieldRefs& refs) const;
  // `request_method` decides whether there is a body (HEAD).
  IncomingResponse response(const char* base, const FieldRefs& refs, Method request_method) const;

  // After kComplete of a request; of a response together with the request's method.
  Framing request_framing() const;
  Framing response_framing(Method request_method) const;
  bool keep_alive() const { return keep_alive_; }           // what the peer wants, by version and Connection
  bool expects_continue() const { return expects_continue_; }

 private:
  // (the state of the scan; private members are the implementation's business)
  HeadLimits limits_;
  Malformed malformed_;
  std::size_t position_ = 0;
  bool started_ = false;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
};

}  // namespace gatehouse::http
