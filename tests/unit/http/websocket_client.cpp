#include "unit/http/websocket_client.hpp"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse::http::testing {
namespace {

constexpr std::array<std::uint8_t, 4> kMask{0x37, 0xfa, 0x21, 0x3d};

}  // namespace

std::string frame(unsigned opcode, std::string_view payload, FrameShape shape) {
  const std::uint64_t length = shape.claims > 0 ? shape.claims : payload.size();
  unsigned long_bytes = length < 126 ? 0 : length <= 0xffff ? 2 : 8;
  if (shape.length_as > 0) long_bytes = shape.length_as;
  std::string bytes(1, static_cast<char>((shape.final ? 0x80 : 0) | shape.reserved << 4 | opcode));
  const unsigned short_length = long_bytes == 0 ? static_cast<unsigned>(length) : long_bytes == 2 ? 126 : 127;
  bytes += static_cast<char>((shape.masked ? 0x80 : 0) | short_length);
  for (; long_bytes > 0; --long_bytes) bytes += static_cast<char>(length >> (8 * (long_bytes - 1)));
  if (!shape.masked) return bytes.append(payload);
  bytes.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return bytes;
}

std::string close_payload(unsigned code, std::string_view text) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}.append(text);
}

std::vector<SeenFrame> take_server_frames(std::string& bytes) {
  std::vector<SeenFrame> frames;
  while (true) {
    websocket::HeaderReader reader;
    std::string_view rest = bytes;
    if (!reader.read(rest) || rest.size() < reader.header().length) return frames;
    const websocket::FrameHeader& header = reader.header();
    EXPECT_FALSE(header.masked);
    EXPECT_EQ(header.reserved, 0);
    EXPECT_TRUE(header.minimal);
    const auto length = static_cast<std::size_t>(header.length);
    frames.push_back({static_cast<unsigned>(header.opcode), header.final, std::string(rest.substr(0, length))});
    bytes.erase(0, bytes.size() - rest.size() + length);
  }
}

}  // namespace gatehouse::http::testing
