#include "gatehouse/http/websocket.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::http::websocket {
namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kTwoBytes = 126;
constexpr std::uint8_t kEightBytes = 127;

// Bytes of a header that begins with these two.
std::uint8_t header_size(std::uint8_t second) {
  const std::uint8_t length = second & 0x7f;
  const int size = 2 + (length == kTwoBytes ? 2 : length == kEightBytes ? 8 : 0) + ((second & kMasked) != 0 ? 4 : 0);
  return static_cast<std::uint8_t>(size);
}

}  // namespace

bool HeaderReader::read(std::string_view& bytes) {
  while (have_ < need_) {
    const std::size_t taken = std::min<std::size_t>(need_ - have_, bytes.size());
    if (taken == 0) return false;
    std::memcpy(bytes_.data() + have_, bytes.data(), taken);
    bytes.remove_prefix(taken);
    have_ = static_cast<std::uint8_t>(have_ + taken);
    if (have_ == 2) need_ = header_size(bytes_[1]);
  }
  decode();
  have_ = 0;
  need_ = 2;
  return true;
}

void HeaderReader::decode() {
  header_.final = (bytes_[0] & kFinal) != 0;
  header_.reserved = static_cast<std::uint8_t>((bytes_[0] >> 4) & 7);
  header_.opcode = static_cast<Opcode>(bytes_[0] & 0x0f);
  header_.masked = (bytes_[1] & kMasked) != 0;
  std::size_t at = 2;
  const std::uint8_t short_length = bytes_[1] & 0x7f;
  std::size_t long_bytes = 0;
  if (short_length == kTwoBytes) long_bytes = 2;
  if (short_length == kEightBytes) long_bytes = 8;
  header_.length = long_bytes == 0 ? short_length : 0;
  for (; long_bytes > 0; --long_bytes) header_.length = header_.length << 8 | bytes_[at++];
  header_.minimal = short_length < kTwoBytes || header_.length > (short_length == kTwoBytes ? 125U : 0xffffU);
  impossible_ = header_.length >> 63 != 0;
  if (header_.masked) std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), 4, header_.mask.begin());
}

char* write_header(char* to, Opcode opcode, std::uint64_t length, bool final) {
  *to++ = static_cast<char>((final ? kFinal : 0) | static_cast<std::uint8_t>(opcode));
  int long_bytes = 0;
  if (length < kTwoBytes) {
    *to++ = static_cast<char>(length);
  } else {
    long_bytes = length <= 0xffff ? 2 : 8;
    *to++ = static_cast<char>(long_bytes == 2 ? kTwoBytes : kEightBytes);
  }
  for (; long_bytes > 0; --long_bytes) *to++ = static_cast<char>(length >> (8 * (long_bytes - 1)));
  return to;
}

char* write_close(char* to, CloseCode code, std::string_view reason) {
  reason = reason.substr(0, kMaxControlPayload - 2);
  to = write_header(to, Opcode::kClose, 2 + reason.size());
  *to++ = static_cast<char>(static_cast<std::uint16_t>(code) >> 8);
  *to++ = static_cast<char>(static_cast<std::uint16_t>(code) & 0xff);
  return std::copy(reason.begin(), reason.end(), to);
}

void apply_mask(char* bytes, std::size_t size, const std::array<std::uint8_t, 4>& mask, std::uint64_t offset) {
  std::array<std::uint8_t, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) % 4];
  std::uint64_t word = 0;
  std::memcpy(&word, turned.data(), sizeof(word));
  std::size_t at = 0;
  for (; at + sizeof(word) <= size; at += sizeof(word)) {
    std::uint64_t piece = 0;
    std::memcpy(&piece, bytes + at, sizeof(piece));
    piece ^= word;
    std::memcpy(bytes + at, &piece, sizeof(piece));
  }
  for (; at < size; ++at) bytes[at] = static_cast<char>(static_cast<std::uint8_t>(bytes[at]) ^ turned[at % 8]);
}

}  // namespace gatehouse::http::websocket
