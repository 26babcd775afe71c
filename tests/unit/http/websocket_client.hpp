// The client's end of a WebSocket in tests: frames as bytes, right and wrong ones, and what a server's bytes say.
#pragma once

#include "gatehouse/http/websocket.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http::testing {

struct FrameShape {
  bool final = true;
  bool masked = true;
  unsigned reserved = 0;    // RSV1 to RSV3 as bits 2 to 0
  unsigned length_as = 0;   // 2 or 8: so many bytes of extended length, whatever the payload needs
  std::uint64_t claims = 0; // a length that is not the payload's
};

std::string frame(unsigned opcode, std::string_view payload, FrameShape shape = {});
inline std::string text_frame(std::string_view payload) { return frame(1, payload); }
// Code and text of a Close frame as payload.
std::string close_payload(unsigned code, std::string_view text = {});

struct SeenFrame {
  unsigned opcode;
  bool final;
  std::string payload;
  unsigned close_code() const {
    return payload.size() < 2 ? 0 : static_cast<unsigned>(static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]));
  }
  std::string close_text() const { return payload.size() < 2 ? std::string() : payload.substr(2); }
};
// The whole frames at the front of `bytes`, which are taken off. Fails the test when one is masked or has reserved bits.
std::vector<SeenFrame> take_server_frames(std::string& bytes);

}  // namespace gatehouse::http::testing
