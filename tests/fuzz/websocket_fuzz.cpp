// The gateway's end of a WebSocket, fed what a client may send, cut anyhow, paused or not: the messages and the close code are
// those of a plain model that reads everything at once and was written from RFC 6455, not from the code. What the endpoint sends
// is always well-formed frames, the last of them the Close that was meant.
#include "fuzz_support.hpp"

#include "gatehouse/http/websocket_endpoint.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::http {
namespace {

using gatehouse::testing::require;

struct Seen {
  std::vector<std::pair<std::string, bool>> messages;
  unsigned code = 0;
  bool operator==(const Seen&) const = default;
};

std::string text_of(const Seen& seen) {
  std::string text = std::to_string(seen.code);
  for (const auto& [payload, binary] : seen.messages) text += (binary ? " b:" : " t:") + payload;
  return text;
}

// ---- The model

// One code point at the front of `bytes`: its size, 0 when there is none, or when it is cut off.
std::size_t code_point(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  const std::size_t size = at(0) < 0x80 ? 1 : at(0) >> 5 == 6 ? 2 : at(0) >> 4 == 14 ? 3 : at(0) >> 3 == 30 ? 4 : 0;
  if (size == 0 || bytes.size() < size) return 0;
  unsigned value = size == 1 ? at(0) : at(0) & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (at(i) >> 6 != 2) return 0;
    value = value << 6 | (at(i) & 0x3f);
  }
  constexpr std::array<unsigned, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  return value >= kSmallest[size] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff) ? size : 0;
}

bool whole_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = code_point(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

// Whether something can follow that makes it UTF-8.
bool begins_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = code_point(bytes);
    if (size == 0) break;
    bytes.remove_prefix(size);
  }
  if (bytes.empty()) return true;
  if (bytes.size() > 3) return false;
  for (const char first : {'\x80', '\x8f', '\x90', '\x9f', '\xa0', '\xbf'})
    for (const std::string& rest : {std::string(), std::string("\x80"), std::string("\x80\x80")})
      if (code_point(std::string(bytes) + first + rest) == bytes.size() + 1 + rest.size()) return true;
  return false;
}

bool may_close_with(unsigned code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

unsigned close_code_for(std::string_view payload) {
  if (payload.empty()) return 1005;
  if (payload.size() == 1) return 1002;
  const unsigned code = static_cast<unsigned>(static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]));
  if (!may_close_with(code)) return 1002;
  return whole_utf8(payload.substr(2)) ? code : 1007;
}

Seen expected(std::string_view bytes, const WebSocketLimits& limits) {
  Seen seen;
  seen.code = 1006;
  std::string message;
  int open = -1;  // opcode of the message that has begun
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
  while (bytes.size() >= 2) {
    const unsigned opcode = byte(0) & 15;
    const bool final = (byte(0) & 128) != 0;
    std::uint64_t length = byte(1) & 127;
    const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
    const bool masked = (byte(1) & 128) != 0;
    const std::size_t head = 2 + extra + (masked ? 4 : 0);
    if (bytes.size() < head) return seen;
    if (extra > 0) length = 0;
    for (std::size_t i = 0; i < extra; ++i) length = length << 8 | byte(2 + i);
    const bool minimal = extra == 0 || (extra == 2 ? length > 125 : length > 0xffff);
    const auto fail = [&](unsigned code) { return seen.code = code, seen; };
    if (!masked || (byte(0) & 0x70) != 0 || !minimal || length >> 63 != 0) return fail(1002);
    const bool control = opcode >= 8;
    if (control ? opcode > 10 || !final || length > 125 : opcode > 2 || (opcode == 0) != (open >= 0)) return fail(1002);
    if (opcode == 2 && !limits.binary) return fail(1003);
    if (!control && (length > limits.frame || length + message.size() > limits.message)) return fail(1009);
    std::string payload(bytes.substr(head, static_cast<std::size_t>(length)));
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ bytes[head - 4 + i % 4]);
    const bool complete = payload.size() == length;
    bytes.remove_prefix(head + payload.size());
    if (control) {
      if (!complete) return seen;
      if (opcode == 8) return fail(close_code_for(payload));
      continue;
    }
    if (open < 0) open = static_cast<int>(opcode);
    message += payload;
    if (open == 1 && !(complete && final ? whole_utf8(message) : begins_utf8(message))) return fail(1007);
    if (!complete) return seen;
    if (!final) continue;
    seen.messages.emplace_back(std::exchange(message, {}), open == 2);
    open = -1;
  }
  return seen;
}

// ---- The endpoint

// Gives the bytes in pieces, then the end; takes everything.
class Pieces final : public net::Stream {
 public:
  Pieces(std::string_view bytes, std::size_t piece, std::string& sent)
      : Stream(net::UniqueFd(::eventfd(0, EFD_CLOEXEC))), bytes_(bytes), piece_(piece), sent_(sent) {}
  net::IoResult read(std::span<char> into) override {
    if (bytes_.empty()) return {net::IoStatus::kEnd, 0, 0};
    const std::size_t size = std::min({bytes_.size(), piece_, into.size()});
    std::memcpy(into.data(), bytes_.data(), size);
    bytes_.remove_prefix(size);
    return {net::IoStatus::kOk, size, 0};
  }
  net::IoResult write(std::span<const iovec> from) override {
    std::size_t size = 0;
    for (const iovec& one : from) {
      sent_.append(static_cast<const char*>(one.iov_base), one.iov_len);
      size += one.iov_len;
    }
    return {net::IoStatus::kOk, size, 0};
  }
  void shutdown_write() override {}

 private:
  std::string_view bytes_;
  std::size_t piece_;
  std::string& sent_;
};

class Recorder final : public WebSocketEvents {
 public:
  void on_message(std::string_view payload, bool binary) override {
    require(!ended, "no message after the end");
    seen.messages.emplace_back(payload, binary);
    if (pauses) endpoint->pause();
  }
  void on_end(const WebSocketEnd& end) noexcept override {
    require(!std::exchange(ended, true), "one end");
    require(!end.reason.empty(), "an end has a reason");
    seen.code = end.code;
  }
  Seen seen;
  bool pauses = false;
  bool ended = false;
  WebSocketEndpoint* endpoint = nullptr;
};

void require_good_frames(std::string_view bytes, unsigned code) {
  std::optional<unsigned> closed;
  while (!bytes.empty()) {
    require(!closed, "nothing behind a Close");
    websocket::HeaderReader reader;
    require(reader.read(bytes), "whole headers are sent");
    const websocket::FrameHeader& header = reader.header();
    require(!header.masked && header.reserved == 0 && header.minimal && header.final && header.length <= bytes.size(), "good frames are sent");
    require(header.opcode == websocket::Opcode::kPong || header.opcode == websocket::Opcode::kClose, "pongs and a Close");
    if (header.opcode == websocket::Opcode::kClose) {
      closed = 1005;
      if (header.length >= 2) closed = static_cast<unsigned>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
    }
    bytes.remove_prefix(static_cast<std::size_t>(header.length));
  }
  require(closed.value_or(1006) == code, "the Close that was meant");
}

Seen run(net::Worker& worker, std::string_view bytes, const WebSocketLimits& limits, std::size_t piece, std::size_t behind_the_handshake, bool pauses) {
  std::string sent;
  Recorder recorder;
  recorder.pauses = pauses;
  Upgraded upgraded;
  behind_the_handshake = std::min(behind_the_handshake, bytes.size());
  upgraded.received = bytes.substr(0, behind_the_handshake);
  upgraded.stream = std::make_unique<Pieces>(bytes.substr(behind_the_handshake), piece, sent);
  WebSocketEndpoint endpoint(worker, std::move(upgraded), limits, recorder);
  recorder.endpoint = &endpoint;
  endpoint.start();
  while (!recorder.ended) {
    require(endpoint.paused(), "it reads to the end unless it is paused");
    endpoint.resume();
  }
  require(endpoint.counts().messages_in == recorder.seen.messages.size(), "messages are counted");
  require_good_frames(sent, recorder.seen.code);
  return recorder.seen;
}

}  // namespace
}  // namespace gatehouse::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::http;
  static net::Worker worker{0};
  if (size < 2) return 0;
  WebSocketLimits limits;
  limits.binary = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) limits.frame = 20;
  if ((data[0] & 4) != 0) limits.message = 30;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, std::min<std::size_t>(size - 2, 64 * 1024));
  const Seen model = expected(bytes, limits);
  const std::size_t piece = 1 + data[1] % 64;
  for (const bool pauses : {false, true})
    for (const auto& [cut, before] : {std::pair(bytes.size() + 1, std::size_t{0}), std::pair(piece, std::size_t{0}), std::pair(piece, piece)}) {
      const Seen seen = run(worker, bytes, limits, cut, before, pauses);
      gatehouse::testing::require(seen == model, "the endpoint does what the model says", text_of(seen) + "\nmodel: " + text_of(model));
    }
  return 0;
}
