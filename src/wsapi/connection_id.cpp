#include "gatehouse/wsapi/connection_id.hpp"

#include "gatehouse/base/base64url.hpp"
#include "gatehouse/base/ids.hpp"

#include <cstring>

namespace gatehouse::wsapi {
namespace {

constexpr std::size_t kNodeAt = 0;
constexpr std::size_t kWorkerAt = 4;
constexpr std::size_t kSlotAt = 6;
constexpr std::size_t kChanceAt = 10;
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

template <class T>
void put(std::uint8_t* to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

template <class T>
T get(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(static_cast<T>(value << 8) | from[i]);
  return value;
}

}  // namespace

ConnectionId ConnectionId::make(std::uint32_t node, std::uint16_t worker, std::uint32_t slot) {
  ConnectionId id;
  std::uint8_t* const bytes = id.bytes_.data();
  put(bytes + kNodeAt, node);
  put(bytes + kWorkerAt, worker);
  put(bytes + kSlotAt, slot);
  fill_random(bytes + kChanceAt, id.bytes_.size() - kChanceAt);
  return id;
}

std::optional<ConnectionId> ConnectionId::parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  char decoded[base64url_decoded_size(kTextSize)];
  const auto size = decode_base64url(decoded, text);
  ConnectionId id;
  if (!size || *size != id.bytes_.size()) return std::nullopt;
  std::memcpy(id.bytes_.data(), decoded, *size);
  return id;
}

std::uint32_t ConnectionId::node() const { return get<std::uint32_t>(bytes_.data() + kNodeAt); }
std::uint16_t ConnectionId::worker() const { return get<std::uint16_t>(bytes_.data() + kWorkerAt); }
std::uint32_t ConnectionId::slot() const { return get<std::uint32_t>(bytes_.data() + kSlotAt); }

char* ConnectionId::write(char* to) const {
  for (std::size_t at = 0; at < bytes_.size(); at += 3) {
    const std::uint32_t three = static_cast<std::uint32_t>(bytes_[at] << 16 | bytes_[at + 1] << 8 | bytes_[at + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = kAlphabet[three >> shift & 63];
  }
  return to;
}

std::string ConnectionId::to_string() const {
  std::string text(kTextSize, '\0');
  write(text.data());
  return text;
}

}  // namespace gatehouse::wsapi
