// The frames of WebSocket (RFC 6455 section 5): their headers, read incrementally and written. Knows no connection. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::http::websocket {

enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

constexpr bool is_control(Opcode opcode) { return (static_cast<unsigned>(opcode) & 8U) != 0; }

// RFC 6455 section 7.4.1, and the registry for 1012 and 1013.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kInvalidPayload = 1007,
  kPolicyViolation = 1008,
  kTooBig = 1009,
  kInternalError = 1011,
  kServiceRestart = 1012,
  kTryAgainLater = 1013,
};

struct FrameHeader {
  bool final = true;
  std::uint8_t reserved = 0;  // RSV1 to RSV3 as bits 2 to 0
  Opcode opcode = Opcode::kText;  // may be a reserved number
  bool masked = false;
  std::array<std::uint8_t, 4> mask{};
  std::uint64_t length = 0;  // of the payload, bytes
  bool minimal = true;       // the length was written in the shortest form
};

inline constexpr std::size_t kMaxHeader = 14;
// So many pings in a row that the client answered with nothing: it is taken for dead when the next one is due.
inline constexpr std::uint8_t kPingsOfTheDead = 2;
inline constexpr std::size_t kMaxControlPayload = 125;

// Collects a header from pieces.
class HeaderReader {
 public:
  // Takes bytes off the front of `bytes` until the header is complete. True: header() is there, and the next call begins a
  // new one. A length with its highest bit set is no length: impossible().
  bool read(std::string_view& bytes);
  const FrameHeader& header() const { return header_; }
  bool impossible() const { return impossible_; }
  // Nothing of a next header has been seen.
  bool at_start() const { return have_ == 0; }

 private:
  void decode();

  std::array<std::uint8_t, kMaxHeader> bytes_{};
  std::uint8_t have_ = 0;
  std::uint8_t need_ = 2;
  bool impossible_ = false;
  FrameHeader header_;
};

// Writes an unmasked header, as servers send it. `to` has room for kMaxHeader bytes; returns the end.
char* write_header(char* to, Opcode opcode, std::uint64_t length, bool final = true);

// A whole unmasked Close frame: the code, and as much of `reason` as fits into a control frame. `to` has room for
// 2 + kMaxControlPayload bytes; returns the end.
char* write_close(char* to, CloseCode code, std::string_view reason);

// Masks or unmasks in place. `offset`: how much of the payload came before.
void apply_mask(char* bytes, std::size_t size, const std::array<std::uint8_t, 4>& mask, std::uint64_t offset);

}  // namespace gatehouse::http::websocket
