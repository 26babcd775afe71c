// Finds and judges one HTTP/1 head at the front of what was received: our scanner behind one seam, strict where smuggling
// lives (RFC 9112 sections 2 to 6). Continues where it stopped when more bytes come; what it says of a head does not depend
// on how the bytes were cut: the first wrong byte decides. Views only, no copies. One thread.
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

// What a malformed head is answered with (502 for every malformed response), and the stable reason for log and metrics.
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
  void restart() { state_ = {}; }
  void set_limits(HeadLimits limits) { limits_ = limits; }

  // Looks at `bytes`, which begin with the head and begin with all that was given before (the address may differ).
  // Empty lines before a request line are skipped (RFC 9112 section 2.2) and count towards the head's size.
  // The same `refs` must be given until the head is complete; what was in it before is dropped.
  ParseStatus parse_request(std::string_view bytes, FieldRefs& refs);
  ParseStatus parse_response(std::string_view bytes, FieldRefs& refs);
  // Field lines and the empty line alone. Nothing is judged but syntax and limits.
  ParseStatus parse_trailers(std::string_view bytes, FieldRefs& refs);

  const Malformed& malformed() const { return state_.malformed; }
  // After kComplete: how many bytes the head took, with the empty line.
  std::size_t head_size() const { return state_.position; }
  // True once a byte of a message, other than an empty line, was seen.
  bool started() const { return state_.started; }

  // After kComplete, over bytes at `base` (where the head now lives).
  // `scheme` is left empty: the session knows it.
  RequestHead request(const char* base, const FieldRefs& refs) const;
  // `request_method` decides whether there is a body (HEAD).
  IncomingResponse response(const char* base, const FieldRefs& refs, Method request_method) const;
  Fields fields(const char* base, const FieldRefs& refs) const {
    return {base, refs.data(), static_cast<std::uint32_t>(refs.size()), state_.present};
  }

  // After kComplete of a request; of a response together with the request's method. Content-Length: 0 is kNone.
  Framing request_framing() const;
  Framing response_framing(Method request_method) const;
  bool keep_alive() const { return state_.keep_alive; }  // what the peer wants, by version and Connection
  bool expects_continue() const { return state_.expects_continue; }

 private:
  enum class Kind : std::uint8_t { kRequest, kResponse, kTrailers };
  // What the byte at `position` belongs to.
  enum class Phase : std::uint8_t {
    kBefore,
    kMethod,
    kTarget,
    kVersion,
    kStatus,
    kReason,
    kLine,
    kName,
    kSpace,
    kValue,
    kEnd,
    kComplete,
    kMalformed
  };
  // A piece of the head, from its first byte.
  struct Piece {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
    std::string_view over(const char* base) const { return {base + at, size}; }
  };
  // What is looked at in one call.
  struct Window {
    const char* base;
    const char* end;  // of the bytes that are there and within the limit
  };
  struct State {
    Malformed malformed;
    std::size_t position = 0;
    std::uint64_t present = 0;
    std::uint64_t content_length = 0;
    std::uint32_t mark = 0;  // where the part of the start line that is being read began
    int status = 0;
    FieldRef field{};  // the line that is being read
    Piece method_text, target, authority, reason, upgrade;
    std::uint32_t query_at = 0;  // behind the '?'; 0: none
    Kind kind = Kind::kRequest;
    Phase phase = Phase::kBefore;
    Method method = Method::kGet;
    Version version = Version::kHttp11;
    bool started = false;
    bool keep_alive = true;
    bool expects_continue = false;
    bool says_close = false;
    bool says_keep_alive = false;
    bool says_upgrade = false;
    bool nominates = false;  // Connection names fields that are not known ones
    bool absolute = false;
  };

  ParseStatus parse(std::string_view bytes, FieldRefs& refs);
  std::uint64_t head_limit() const;
  ParseStatus outcome(std::string_view bytes);
  // Each goes on from state_.position and is true when its part is done; false when bytes are missing or malformed.
  bool scan_start(const Window& window);
  bool scan_method(const Window& window);
  bool scan_target(const Window& window);
  bool scan_version(const Window& window, char terminator);
  bool scan_version_slowly(const Window& window, char terminator);
  bool scan_status(const Window& window);
  bool scan_reason(const Window& window);
  bool scan_line_end(const Window& window, const char* at, Phase phase);
  bool scan_fields(const Window& window, FieldRefs& refs);
  bool take_usual_lines(const Window& window, FieldRefs& refs);
  bool scan_line(const Window& window, FieldRefs& refs);
  bool begin_line(char first, std::size_t count);
  bool check_name(const Window& window, const char* name, const char* from, const char* to);
  bool end_head(const Window& window, const char* at);
  void go_to(const Window& window, Phase phase, const char* at);
  bool stop(const Window& window, Phase phase, const char* at);
  bool fail(std::string_view reason, int status = 400);

  std::uint64_t judged_fields() const;
  bool judge_target(const char* base);
  bool judge_absolute_target(const char* base);
  bool judge_field(const char* base, const FieldRef& ref);
  bool judge_content_length(std::string_view value);
  bool judge_transfer_encoding(std::string_view value);
  bool judge_connection(std::string_view value);
  bool judge_head(const char* base, FieldRefs& refs);
  bool mark_nominated(const char* base, FieldRefs& refs);
  void note_upgrade(const char* base, const FieldRef& ref);

  HeadLimits limits_;
  State state_;
};

}  // namespace gatehouse::http
